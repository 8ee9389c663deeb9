"""Text (文字): cleaning what people wrote, comparing it, and masking (脱敏) who it would give away.

A list or a page shows `张*`, `138****1234`. In free text nothing of a number stays: whoever is complained about
may hold a list of phones, and four last digits would find the caller in it (R7).
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date

from jiedao.kit.refusal import Refused

MOST = 5000


def clean(text: str, most: int = MOST, *, one_line: bool = False) -> str:
    """What was written, without what nobody meant to write: controls, writing-direction marks, invisible signs.

    NUL and half characters come from programs, not from people, and cannot be stored: refused.
    """
    if len(text) > most:
        raise Refused("too_long", most=most, length=len(text))
    if "\0" in text or _HALF.search(text):
        raise Refused("bad_text")
    text = re.sub(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]", "\n", text)
    kept = _unjoined(text).translate(_MEANT)
    return " ".join(kept.split()) if one_line else kept.strip()


_HALF = re.compile("[\ud800-\udfff]")


def _unjoined(text: str) -> str:
    """Without the joiner of pictures where it joins none: between letters it only hides a number from the mask."""
    if "\u200d" not in text:
        return text
    joins = {"So", "Sk", "Mn"}
    signs = enumerate(text)
    return "".join(s for at, s in signs if s != "\u200d" or (at and unicodedata.category(text[at - 1]) in joins))


class _Meant(dict[int, int | None]):
    """What stays of each sign, filled as signs are met: to ask for the category of each is slow."""

    def __missing__(self, code: int) -> int | None:
        self[code] = code if _is_meant(chr(code)) else None
        return self[code]


def _is_meant(sign: str) -> bool:
    if sign in "\n\t\u200d":
        return True
    if ord(sign) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(sign) <= 0xFDEF:
        return False
    return unicodedata.category(sign) not in {"Cc", "Cf"}


_MEANT = _Meant()


def fold(text: str) -> str:
    """The text for comparison: full width as half width, no capitals, spaces run together."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def shingles(text: str) -> frozenset[str]:
    """The pairs of neighbouring letters, without signs and spaces."""
    letters = "".join(sign for sign in fold(text) if sign.isalnum())
    if len(letters) < 2:
        return frozenset({letters} - {""})
    return frozenset(letters[at : at + 2] for at in range(len(letters) - 1))


def alike(one: str, other: str) -> float:
    """How much two texts say the same, 0 to 1: shared pairs of letters over all pairs."""
    a, b = shingles(one), shingles(other)
    return len(a & b) / len(a | b) if a and b else 0.0


# Surnames of two signs.
_COMPOUND = re.compile(
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|太叔|申屠|公孙|慕容"
    "|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|闾丘|子车|亓官|司寇|巫马|公西|颛孙|壤驷|公良|漆雕|乐正|宰父|谷梁|拓跋|夹谷|轩辕"
    "|令狐|段干|百里|呼延|东郭|南门|羊舌|微生|梁丘|左丘|西门|第五|南荣|东里|东宫|仲长|即墨|达奚|褚师|纳兰|西陵|叶赫|那拉"
    "|爱新|完颜|尔朱|贺兰|屈突|宿勤|沮渠"
)


def mask_name(name: str) -> str:
    """张三丰 → 张*, 诸葛亮 → 诸葛*, John Smith → J*. Empty stays empty."""
    name = fold_width(name).strip()
    if not name:
        return ""
    length = 2 if len(name) > 2 and _COMPOUND.match(name) else 1
    return name[:length] + "*"


def plain_phone(phone: str) -> str:
    """The phone in the one writing we store and look up: digits, no country code. Empty if there are none."""
    digits = re.sub(r"[^0-9]", "", fold_width(phone))
    return re.sub(r"^(?:0086|86)(?=1[3-9][0-9]{9}$|0[1-9][0-9]{9,10}$)", "", digits)


def mask_phone(phone: str) -> str:
    """138****1234; of a landline its area code and the last four. What is too short for that: stars."""
    if "*" in phone:
        return phone
    digits = plain_phone(phone)
    if len(digits) == 11 and digits[0] == "1":
        return f"{digits[:3]}****{digits[-4:]}"
    if line := re.fullmatch(r"(0(?:10|2[0-9]|[3-9][0-9]{2}))[0-9]{3,4}([0-9]{4})", digits):
        return f"{line[1]}-****{line[2]}"
    return f"****{digits[-4:]}" if len(digits) > 7 else "*" * len(digits)


_COUNT = r"(?:[0-9A-Z]{1,4}|[一二三四五六七八九十百甲乙丙丁]{1,4})"
_HOME = re.compile(
    rf"{_COUNT}?\s*(?:单元|门洞|门(?=\s*[0-9]))|{_COUNT}\s*(?:室|户(?!外)|房(?!产)|层)|[0-9]{{1,2}}\s*楼(?!栋|幢)"
    rf"|(?<=[栋幢座楼号院#])\s*[-—–－/#]?\s*(?:[0-9A-Z]{{1,3}}\s*[-—–－/#]\s*)?[0-9A-Z]{{2,5}}(?![0-9A-Z]*\s*(?:号|栋|幢|座|#|弄|巷|路))"
    rf"|(?<=[0-9A-Z])\s*[-—–－/#]\s*[0-9A-Z]{{1,5}}(?![0-9A-Z]*\s*(?:号|栋|幢|座|路|弄))"
)


def mask_address(address: str) -> str:
    """The address down to the building (楼栋): unit, floor and room go, and all that follows them."""
    plain = fold_width(address).strip()
    found = _HOME.search(plain.upper())
    return (plain[: found.start()] if found else plain).rstrip(" ,，-—–#/（(")


class _Widths(dict[int, str]):
    """Full-width and other shapes of a sign to its plain one, each to exactly one, so that positions stay."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKC", chr(code))
        self[code] = plain if len(plain) == 1 else chr(code)
        return self[code]


class _Capitals(_Widths):
    def __missing__(self, code: int) -> str:
        capital = _PLAIN[code].upper()
        self[code] = capital if len(capital) == 1 else _PLAIN[code]
        return self[code]


_PLAIN = _Widths()
_CAPITALS = _Capitals()
_NUMERALS = _Capitals(
    zip(map(ord, "〇零○一二三四五六七八九壹贰叁肆伍陆柒捌玖幺"), "0001234567891234567891", strict=True)
)
# The 一 of 一直 belongs to the sentence, not to the number before it.
_WORDY = re.compile("[一二三四五六七八九](?=[直个天次下样般家共些起定旦位名层楼点年月再只条辆])")


def _readings(text: str) -> tuple[str, str]:
    """The text as the patterns read it, sign for sign: in plain capitals, and with 一三八 as 138 besides."""
    return text.translate(_CAPITALS), _WORDY.sub("□", text).translate(_NUMERALS)


def fold_width(text: str) -> str:
    return text.translate(_PLAIN)


def mask_free(text: str, known: str = "") -> str:
    """The text with every number and name that would lead to a person replaced by what it was: 电话[手机号].

    Case numbers, dates, amounts, articles of law and public numbers (12345, 400-…) stay. What carries neither
    a known form nor a cue before it is missed; the tests list such misses. `known`: a name that is known to belong to
    somebody, wherever it stands.
    """
    found = [(*match.span("it"), "[姓名]") for match in _NAMED.finditer(fold_width(text))]
    for read in _readings(text):
        taken = list(found)  # what the first reading found stands
        for mark, written, holds in _MARKS if _RUN.search(read) else _SHORT_MARKS:
            for match in written.finditer(read):
                begin, end = match.span("it")
                if holds(match["it"]) and not any(begin < b and a < end for a, b, _ in taken):
                    found.append((begin, end, mark))
    parts, at = [], 0
    for begin, end, mark in sorted(found, key=lambda each: (each[0], -each[1], each[2])):
        if begin >= at:
            parts += [text[at:begin], mark]
        at = max(at, end)
    masked = "".join([*parts, text[at:]])
    return masked.replace(known, "[姓名]") if len(known.strip()) > 1 else masked


def _digits(found: str) -> str:
    return re.sub(r"[^0-9]", "", found)


def _always(found: str) -> bool:
    return True


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        return 1850 < date(int(year), int(month), int(day)).year < 2100
    except ValueError:
        return False


def _is_identity(found: str) -> bool:
    digits = re.sub(r"[^0-9X]", "", found)
    if len(digits) == 18:
        return _is_date(digits[6:10], digits[10:12], digits[12:14])
    # A grid's code has fifteen digits too, with a street's number where the birthday stands: those begin low.
    return digits[6:8] >= "25" and _is_date("19" + digits[6:8], digits[8:10], digits[10:12])


def _is_card(found: str) -> bool:
    digits = [int(sign) for sign in _digits(found)]
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_mobile(found: str) -> bool:
    """Not a date between two numbers, and not a row of measurements."""
    if re.search(r"(?<![0-9])(?:19|20)[0-9]{2}([-./])[0-9]{1,2}\1[0-9]{1,2}(?![0-9])", found):
        return False
    signs = set(re.sub(r"[0-9 +()\ufe0f\u20e3]", "", found))
    lengths = [len(group) for group in re.findall(r"[0-9]+", found)]
    return len(signs) < 2 and (len(lengths) < 6 or len(set(lengths[1:-1])) == 1)


def _is_private(found: str) -> bool:
    """A number after the word telephone: not a date, and not one everybody may ring."""
    digits = _digits(found)
    return not (len(digits) == 8 and _is_date(digits[:4], digits[4:6], digits[6:])) and digits[:3] not in {"400", "800"}


def _is_plate(found: str) -> bool:
    return len(_digits(found)) > 1


_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    "常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴"
    "霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟"
)
_NAMED = re.compile(
    r"(?:我叫|我的名字[是叫]?|本人姓名|姓名|(?:联系|投诉|举报|反映|来电|报案|申请)人(?=[:是]))[:是叫 ]{0,3}"
    rf"(?P<it>[{_SURNAMES}][\u4e00-\u9fff]{{1,3}}?)(?=[^\u4e00-\u9fff]|电话|手机|联系|身份|住在|家住|$)"
)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

# What the patterns below are made of. A gap is what people put between the digits of one number.
_PARTS = {
    "GAP": r"[ \t\-‐‑‒–—―−~.·・•/_\ufe0f\u20e3]",
    "DOT": r"[ ·・•.\-]",
    "AFTER": r"[^\n0-9A-Z,。;编单案工日时年月]{0,6}?",
    "IS": r"(?:号码|号|ID|NO)?[ :是为叫加我=-]{0,4}",
    "AREA": r"(?:10|2[0-9]|[3-9][0-9]{2})",
    "LINE": r"[1-9][0-9]{2,3}GAP{0,2}[0-9]{4}(?:GAP?(?:转|分机|EXT|-)GAP?[0-9]{1,6})?",
    "RING": r"(?:电话|手机|座机|固话|联系方式|来电|致电|TEL|PHONE|MOBILE)(?:号码|号)?",
    "PAPER": r"(?:护照|通行证|台胞证|居住证|军官证)(?:号码|号)?",
    "BANK": r"(?:卡号|银行卡|账号|帐号|账户|帐户)",
    "CHAT": r"(?:微信|薇信|威信|(?<![A-Z])(?:WEIXIN|WECHAT|WX|VX|V信))",
    "PLATE": rf"(?:[{_PROVINCES}]DOT{{0,2}}[A-Z]|WJDOT?[{_PROVINCES}]?)DOT{{0,2}}",
}
_WRITTEN: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("邮箱", r"(?P<it>[A-Z0-9._%+-]{1,64} ?(?:@|[(\[]AT[)\]]) ?[A-Z0-9-]{1,63}(?:\.[A-Z0-9-]{1,63}){1,5})", _always),
    (
        "证件号",
        r"(?:身份证|证件|(?<![A-Z])ID)(?:号码|号|NO)?AFTER(?P<it>[0-9](?:GAP{0,2}[0-9X]){14,17})(?![0-9])",
        _always,
    ),
    ("证件号", r"PAPER[^\n0-9A-Z]{0,4}(?P<it>[A-Z]{0,3}[0-9]{6,12})", _always),
    ("证件号", r"(?<![0-9])(?P<it>[1-9](?:GAP{0,2}[0-9]){16}GAP{0,2}[0-9X])(?![0-9])", _is_identity),
    ("证件号", r"(?<![0-9A-Z])(?P<it>[1-8][0-9]{14})(?![0-9A-Z])", _is_identity),
    ("卡号", r"BANKAFTER(?P<it>[0-9](?:GAP?[0-9]){11,18})(?![0-9])", _always),
    (
        "卡号",
        r"(?<![0-9])(?P<it>(?:6[0-9]|4[0-9]|5[1-5]|3[57]|9[0-9])[0-9]{2}(?:[ -]?[0-9]){12,15})(?![0-9])",
        _is_card,
    ),
    ("手机号", r"(?<![0-9])(?P<it>(?:1[3-9][0-9]{9}){2,3})(?![0-9])", _always),
    (
        "手机号",
        r"(?<![0-9])(?P<it>(?:\(?(?:\+|00)?86\)?GAP{0,2})?\(?1GAP{0,3}[3-9]GAP{0,3}[0-9]\)?(?:GAP{0,3}[0-9]){8})(?![0-9])",
        _is_mobile,
    ),
    ("电话", r"(?<![0-9.])(?P<it>\(?(?:\+?86GAP?)?0AREA\)?GAP{0,3}LINE)(?![0-9])", _always),
    ("电话", r"(?P<it>\(?\+86\)?GAP?AREAGAP{0,2}LINE)(?![0-9])", _always),
    ("电话", r"RINGAFTER(?P<it>[0-9](?:GAP?[0-9]){6,12}(?:[、,;或和 ]{1,2}[2-8][0-9]{6,7})*)(?![0-9])", _is_private),
    (
        "车牌",
        r"(?P<it>PLATE[0-9A-Z](?:DOT?[0-9A-Z]){3}(?:DOT?[挂学警港澳领试超]|(?:DOT?[0-9A-Z]){1,2}))(?![0-9A-Z])",
        _is_plate,
    ),
    ("微信号", r"CHATIS(?P<it>[A-Z0-9][-_A-Z0-9]{5,19})", _always),
    ("QQ号", r"(?:(?<![A-Z])QQ|扣扣)IS(?P<it>[1-9][0-9]{4,11})(?![0-9])", _always),
)


def _spelt_out(written: str) -> re.Pattern[str]:
    """The pattern with its parts put in; parts hold parts, two deep."""
    for _ in range(2):
        for name, part in _PARTS.items():
            written = written.replace(name, part)
    return re.compile(written, re.ASCII)


_MARKS = tuple((f"[{mark}]", _spelt_out(written), holds) for mark, written, holds in _WRITTEN)

# Six digits or more, with as much between them as any pattern above allows. Most texts have none and need not be
# searched for phones, papers and cards: that is half the time of an import.
_RUN = _spelt_out(r"[0-9](?:(?:GAP|[()]){0,4}[0-9X]){5}")
_SHORT_MARKS = tuple(each for each in _MARKS if each[0] in {"[邮箱]", "[车牌]", "[微信号]", "[QQ号]"})
