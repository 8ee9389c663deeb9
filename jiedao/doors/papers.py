"""Papers (申请材料): what an application for admission asks for, for its page and for the verb that corrects it."""

from jiedao.doors.fields import Field, asked, choices

TYPES = choices(
    licence="行政许可|Licence",
    penalty="行政处罚|Penalty",
    coercion="行政强制|Coercion",
    collection="行政征收|Collection",
    payment="行政给付|Payment",
    inspection="行政检查|Inspection",
    confirmation="行政确认|Confirmation",
    reward="行政奖励|Reward",
    ruling="行政裁决|Ruling",
    service="公共服务|Service",
    other="其他|Other",
)
LEVELS = choices(subdistrict="街道|Sub-district", community="社区|Community")

PAPERS: tuple[Field, ...] = (
    asked("name", "line", "事项名称", "Name of the work"),
    asked("name_en", "line", "事项英文名称", "Its name in English"),
    asked("list_code", "word", "列入哪张清单", "On which list"),
    asked("type", "choice", "权力类型", "Type of power", choices=TYPES),
    asked("why", "long", "申请事由", "Why it is to be passed down"),
    asked(
        "basis",
        "basis",
        "法律依据",
        "Legal basis",
        hint={"zh": "一行一条，如：城市绿化条例 第22条", "en": "One a line: the law, a space, the article’s number"},
    ),
    asked("object", "line", "服务或管理对象", "Whom it is about"),
    asked("procedure", "long", "办理程序", "Procedure"),
    asked("limit", "limit", "办理时限", "Time to do it"),
    asked("result", "line", "办理结果", "Result"),
    asked(
        "people",
        "number",
        "给每个承接单位的人员（名）",
        "People for each receiver",
    ),
    asked("money", "money", "给每个承接单位的经费（元/年）", "Money for each receiver, yuan a year"),
    asked("technique", "long", "技术支持", "Technical support"),
    asked("training", "long", "业务培训", "Training"),
    asked("start_on", "date", "计划开始日期", "Planned start"),
    asked("receivers", "codes", "承接单位", "Receivers", hint={"zh": "不选即全部", "en": "None chosen means all"}),
)
