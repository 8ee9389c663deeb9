"""Kinds by words (诉求类型预判): what a report is likely to be where nobody said; a clerk sees and changes it."""

from jiedao.record.models import Case

# In this order: who complains and asks at once is shielded first (R7). Words that open such appeals in real hotlines.
_CUES: tuple[tuple[Case.Kind, tuple[str, ...]], ...] = (
    (Case.Kind.DENUNCIATION, ("举报", "检举", "report wrongdoing", "whistleblow")),
    (Case.Kind.COMPLAINT, ("投诉", "控告", "态度恶劣", "不作为", "乱收费", "complain")),
    (Case.Kind.SUGGESTION, ("建议", "希望能够增设", "suggest")),
    (Case.Kind.CONSULT, ("咨询", "请问", "如何办理", "怎么办理", "how do i", "how can i")),
    (Case.Kind.HELP, ("求助", "帮帮", "请求帮助", "please help")),
)


def likely(words: str) -> Case.Kind:
    """The kind the words speak of. A finding where they give no cue."""
    return told_by(words)[0]


def told_by(words: str) -> tuple[Case.Kind, str]:
    """The kind the words speak of, and the word that says so; no word where a finding is only what is left."""
    plain = words.casefold()
    for kind, cues in _CUES:
        for cue in cues:
            if cue in plain:
                return kind, cue
    return Case.Kind.FINDING, ""
