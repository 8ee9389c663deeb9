"""When a notice goes out (送达时机): at once, with the hour, once a day; not in somebody's quiet hours unless it pierces.

All figures are terms of the district: `notice_kind` (which verbs, at what pace), `notice_rule` (`quiet`, `pierce`,
`daily`, `retry`, `code`), `channel`.
"""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from jiedao.ground.terms.models import Term, tables
from jiedao.kit.clock import local

PACES = ("now", "hourly", "daily", "off")
KINDS, RULES, CHANNELS = "notice_kind", "notice_rule", "channel"
OTHER = "other"


@dataclass(frozen=True)
class Rules:
    """What the district has decided about telling; read in one query."""

    kinds: dict[str, Term] = field(default_factory=dict)
    channels: dict[str, Term] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def kind_of(self, verb: str) -> str:
        """Which kind of notice a verb makes."""
        return next((code for code, term in self.kinds.items() if verb in term.facts.get("verbs", [])), OTHER)

    def pace(self, kind: str, wished: dict[str, str]) -> str:
        """The pace of a kind: as wished, else as the district has it."""
        wish = wished.get(kind, "")
        if wish in PACES:
            return wish
        return str(self.kinds[kind].facts.get("pace", "now")) if kind in self.kinds else "daily"

    def may_pierce(self, kind: str) -> bool:
        return bool(kind in self.kinds and self.kinds[kind].facts.get("pierces"))

    def pierces(self, severity: int, limits: list[str]) -> bool:
        """Whether a matter is let through at night: as severe as the rule says, or on a limit that counts the nights."""
        rule = self.facts.get("pierce", {})
        units = tuple(rule.get("limits", []))
        return severity >= int(rule.get("severity", 99)) or any(text.split()[-1] in units for text in limits)

    def hours(self) -> "Hours":
        quiet, daily = self.facts.get("quiet", {}), self.facts.get("daily", {})
        return Hours(_time(quiet.get("from")), _time(quiet.get("to")), _time(daily.get("at")) or time(8, 30))

    def waits(self) -> list[timedelta]:
        """How long after each failure the next try comes; after the last one it is given up."""
        return [timedelta(minutes=int(n)) for n in self.facts.get("retry", {}).get("minutes", [1, 5, 30, 120, 720])]


@dataclass(frozen=True)
class Hours:
    """Somebody's hours: quiet from and to, None where there are none; when the daily message comes."""

    quiet_from: time | None
    quiet_to: time | None
    daily_at: time


def rules() -> Rules:
    """The district's. Empty where it has none: then nothing leaves the house."""
    found = tables(KINDS, RULES, CHANNELS)
    open_ = {code: term for code, term in found[CHANNELS].items() if not term.facts.get("off")}
    return Rules(found[KINDS], open_, {code: term.facts for code, term in found[RULES].items()})


def due(at: datetime, pace: str, hours: Hours, *, pierces: bool = False) -> datetime | None:
    """When what happened at a moment is told. None where it never is."""
    if pace == "off":
        return None
    if pace == "now":
        return at if pierces else after_quiet(at, hours)
    if pace == "hourly":
        whole = local(at).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return after_quiet(whole, hours)
    first = local(at).replace(
        hour=hours.daily_at.hour, minute=hours.daily_at.minute, second=0, microsecond=0
    )  # fmt: skip
    return first if first > at else first + timedelta(days=1)


def after_quiet(at: datetime, hours: Hours) -> datetime:
    """The moment itself, or the end of the quiet hours it falls into. Hours may run over midnight."""
    begins, ends = hours.quiet_from, hours.quiet_to
    if begins is None or ends is None or begins == ends:
        return at
    here = local(at)
    now = here.time()
    inside = begins <= now < ends if begins < ends else now >= begins or now < ends
    if not inside:
        return at
    end = here.replace(hour=ends.hour, minute=ends.minute, second=0, microsecond=0)
    return end if end > here else end + timedelta(days=1)


def _time(text: object) -> time | None:
    return time.fromisoformat(str(text)) if text else None
