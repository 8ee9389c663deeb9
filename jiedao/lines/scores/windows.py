"""Windows (统计周期): month, quarter, half, year of a rule, from its hour on the first day to the same hour on the next."""

from datetime import date, datetime, time

from jiedao.kit.clock import SHANGHAI, local
from jiedao.kit.refusal import Refused
from jiedao.lines.scores.rules import Rule

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


def around(day: date, rule: Rule) -> tuple[datetime, datetime]:
    """The window a day lies in, its beginning included, its end not."""
    first = first_day(day, rule)
    begins = time.fromisoformat(rule.begins)
    months = first.year * 12 + first.month - 1 + MONTHS[rule.window]
    following = date(months // 12, months % 12 + 1, 1)
    return datetime.combine(first, begins, SHANGHAI), datetime.combine(following, begins, SHANGHAI)


def first_day(day: date, rule: Rule) -> date:
    months = MONTHS[rule.window]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def name(day: date, rule: Rule) -> str:
    """What a window is called: 2026-11, 2026-Q4, 2026-H2, 2026."""
    first = first_day(day, rule)
    part = (first.month - 1) // MONTHS[rule.window] + 1
    return {"month": f"{first:%Y-%m}", "quarter": f"{first.year}-Q{part}", "half": f"{first.year}-H{part}"}.get(
        rule.window, str(first.year)
    )


def day_of(called: str, rule: Rule) -> date:
    """The first day of the window so called. Refuses `unreadable` for anything else."""
    try:
        year, _, rest = called.partition("-")
        if rule.window == "month":
            found = date(int(year), int(rest), 1)
        else:
            found = date(int(year), (int(rest[1:] or 1) - 1) * MONTHS[rule.window] + 1 if rest else 1, 1)
    except ValueError:
        raise Refused("unreadable", field="period", wants="period") from None
    if name(found, rule) != called or not 2000 < found.year < 2200:
        raise Refused("unreadable", field="period", wants="period")
    return found


def before(day: date, rule: Rule, years: int = 0) -> date:
    """The first day of the window before; with `years`, of the same one so many years ago."""
    first = first_day(day, rule)
    if years:
        return first.replace(year=first.year - years)
    months = first.year * 12 + first.month - 1 - MONTHS[rule.window]
    return date(months // 12, months % 12 + 1, 1)


def at(moment: datetime, rule: Rule) -> date:
    """The first day of the window in which a moment lies: before its hour on the first, still the one before."""
    first = first_day(local(moment).date(), rule)
    return first if moment >= around(first, rule)[0] else before(first, rule)
