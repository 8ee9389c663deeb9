"""Exporting score rules (导出评分规则): the texts in force that are the district's own, as they were published."""

from jiedao.doors.package.content import SHIPPED, score_rules


def scores() -> dict[str, str]:
    """`scores/<code>.yaml` for every rule that is not, word for word, the one that comes with the program."""
    from jiedao.lines.scores import rulebook  # noqa: PLC0415 -- app ready

    shared = score_rules(SHIPPED)
    # A text written in a form has a browser's line ends; a file has its own.
    texts = {version.code: version.document.replace("\r\n", "\n") for version in rulebook.newest()}
    return {f"scores/{code}.yaml": text for code, text in texts.items() if text != shared.get(code)}
