"""The text of a message (通知文字): number, verb, unit, until when, link. No title, no words of anybody: they hold persons.

What leaves the house may lie in a chat group; whoever wants to know more opens the case, within his sight.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.urls import reverse

from jiedao.kit.clock import local
from jiedao.record import queries
from jiedao.record.queries.scope import rows

SHOWN = 20
"""Lines of one message; the rest is a number and waits in the inbox."""

_WORDS = {
    "zh": {
        "due": "时限已过",
        "soon": "时限将到",
        "question": "业务咨询",
        "answer": "您的咨询有了答复",
        "correction": "有同事请求更正本人信息",
        "corrected": "您的更正请求有了答复",
        "group": "编组里有新喊话",
        "group_call": "编组打开了视频通话",
        "score_up": "评分已公示，可以查看和申诉",
        "score_sent": "派驻人员考核结果已送达",
        "score_decided": "您的评分申诉有了结果",
        "export": "您要的导出清单已生成",
        "export_failed": "您要的导出清单没有生成",
        "export_asked": "有一份未遮盖的导出待您同意",
        "export_refused": "您申请的未遮盖导出没有同意",
        "until": "{} 前",
        "more": "另有 {} 条，见通知页",
        "subject": "{district}：{n} 条通知",
        "one": "{district}：1 条通知",
        "code": "{district}：验证码 {code}，{minutes} 分钟内有效。不是您本人要求的，不用理会。",
        "proof": "{district}：验证通知渠道",
    },
    "en": {
        "due": "Limit passed",
        "soon": "Limit runs out soon",
        "question": "Question about a power",
        "answer": "Your question was answered",
        "correction": "A colleague asks for a correction of personal data",
        "corrected": "Your request for a correction was answered",
        "group": "Your group was spoken to",
        "group_call": "Your group has opened a video call",
        "score_up": "Scores are on notice, to read and to contest",
        "score_sent": "The appraisal of people you sent is there",
        "score_decided": "Your objection to a score was decided",
        "export": "The list you asked for is ready",
        "export_failed": "The list you asked for was not made",
        "export_asked": "A list in the clear waits for your yes or no",
        "export_refused": "Your list in the clear was refused",
        "until": "until {}",
        "more": "{} more on the page of notices",
        "subject": "{district}: {n} notices",
        "one": "{district}: 1 notice",
        "code": "{district}: your code is {code}, good for {minutes} minutes. If you did not ask for it, leave it.",
        "proof": "{district}: prove this channel",
    },
}


@dataclass(frozen=True)
class Line:
    """What one notice says outside."""

    number: str
    verb: str
    ring: str
    process_id: UUID | None
    unit: tuple[str, str]
    due_at: datetime | None
    link: str


_LINES = """
SELECT COALESCE(c.number, ''), n.verb, n.ring, c.process_id, COALESCE(u.name, ''), COALESCE(u.name_en, ''),
  (SELECT min(d.due_at) FROM record_deadline d
   WHERE d.case_id = c.id AND d.stopped_at IS NULL AND d.paused_since IS NULL
     AND (d.order_id IS NULL OR EXISTS (SELECT 1 FROM record_dispatchorder o WHERE o.id = d.order_id
          AND (n.unit_id IS NULL OR o.unit_id = n.unit_id)))), n.link
FROM notify_notice n LEFT JOIN record_case c ON c.id = n.case_id LEFT JOIN record_entry e ON e.id = n.entry_id
LEFT JOIN people_unit u ON u.id = COALESCE(e.unit_id, n.from_unit_id)
WHERE n.id = ANY(%s::uuid[]) ORDER BY n.at, n.id
"""


def lines(notices: list[UUID]) -> list[Line]:
    """The notices as lines, the oldest first."""
    return [Line(*row[:4], (row[4], row[5]), row[6], row[7]) for row in rows(_LINES, [notices])]


def told(notices: list[UUID], language: str) -> tuple[str, str]:
    """Subject and body of one message about these notices."""
    said, known = _WORDS[language], queries.definitions()
    found = lines(notices)
    body = [_line(line, language, known) for line in found[:SHOWN]]
    if len(found) > SHOWN:
        body.append(said["more"].format(len(found) - SHOWN))
    if base := site():
        body.append(f"{base}{reverse('notices')}?tab=unread")
    subject = said["one" if len(found) == 1 else "subject"].format(district=_district(language), n=len(found))
    return subject, "\n".join(body)


def proof(code: str, minutes: int, language: str) -> tuple[str, str]:
    """Subject and body of the message that proves a channel."""
    said, here = _WORDS[language], _district(language)
    return said["proof"].format(district=here), said["code"].format(district=here, code=code, minutes=minutes)


def _line(line: Line, language: str, known: dict[UUID, queries.Definition]) -> str:
    said = _WORDS[language]
    if line.ring or line.process_id is None:
        verb = said.get(line.ring or line.verb, line.verb)
    else:
        verb = known[line.process_id].verb_label(line.verb)[language]
    unit = line.unit[0] if language == "zh" else line.unit[1] or line.unit[0]
    parts = [line.number, verb, unit]
    if line.due_at:
        here = local(line.due_at)
        at = f"{here.month}月{here.day}日 {here:%H:%M}" if language == "zh" else f"{here.day} {here:%b %H:%M}"
        parts.append(said["until"].format(at))
    if base := site():
        parts.append(base + (reverse("case", args=[line.number]) if line.number else line.link))
    return " · ".join(part for part in parts if part)


def site() -> str:
    """Where the pages of this district are found from outside; empty if nobody has said so: then no link is sent."""
    return str(settings.SITE_URL).replace("{district}", connection.tenant.label).rstrip("/")


def _district(language: str) -> str:
    place = connection.tenant
    return str(place.name if language == "zh" else place.name_en or place.name)
