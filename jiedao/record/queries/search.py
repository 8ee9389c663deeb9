"""Search (检索): cases by number or words, and what else goes by a name: duties, places, units. Within sight, always."""

from dataclasses import dataclass
from uuid import UUID

from jiedao.ground.people import Actor
from jiedao.kit import grams
from jiedao.kit.text import fold
from jiedao.record.queries import pick, scope, titles
from jiedao.record.queries.worklists import PAGE, CaseRow, rows_of

MOST_WORDS = 8


@dataclass(frozen=True)
class Found:
    """One page of cases, newest first. `more`: there is another page."""

    rows: list[CaseRow]
    more: bool


def cases(actor: Actor, sought: str, page: int = 1, size: int = PAGE) -> Found:
    """Cases in sight whose number begins with what was typed, or that hold every word of it.

    Three queries, whatever the number of rows. Nothing sought, or nothing to go by, finds nothing.
    """
    condition, params = _wanted(sought)
    return _page(actor, condition, params, page, size)


def of_subject(actor: Actor, subject: UUID, page: int = 1, size: int = PAGE) -> Found:
    """The cases in sight that one resident reported, for who has looked the resident up."""
    condition = "c.id IN (SELECT e.case_id FROM record_event e WHERE e.subject_id = %s)"
    return _page(actor, condition, [subject], page, size)


def _wanted(sought: str) -> tuple[str, scope.Params]:
    if titles.is_number(sought):
        return "c.number LIKE %s", [f"{sought}%"]
    terms = fold(sought).split()[:MOST_WORDS]
    wanted = grams.of_words(" ".join(terms))
    if not wanted:
        return "", []
    like = ["%" + term.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%" for term in terms]
    held = "f.grams @> %s::int[]" + " AND f.text LIKE %s" * len(like)
    return f"c.id = f.id AND {held}", [wanted, *like]


def held(sought: str) -> tuple[str, scope.Params]:
    """What `cases` asks, as a condition on the case `c` alone, for lists that are narrowed by words too."""
    condition, params = _wanted(sought)
    if not condition:
        return "FALSE", []
    if "f." not in condition:
        return condition, params
    return f"EXISTS (SELECT 1 FROM record_findable f WHERE {condition})", params


def _page(actor: Actor, condition: str, params: scope.Params, page: int, size: int) -> Found:
    if not condition:
        return Found([], more=False)
    seen, values = scope.seen_by(actor)
    source = "record_case c, record_findable f" if "f." in condition else "record_case c"
    found = scope.rows(
        f"SELECT c.id FROM {source} WHERE {condition} AND {seen} ORDER BY c.id DESC LIMIT %s OFFSET %s",
        [*params, *values, size + 1, (max(page, 1) - 1) * size],
    )
    ids = [row[0] for row in found]
    return Found(rows_of(ids[:size], scope.definitions()) if ids else [], more=len(ids) > size)


@dataclass(frozen=True)
class Named:
    """What else goes by these words, a dozen of each at most."""

    duties: list[pick.Option]
    areas: list[pick.Option]
    sites: list[pick.Option]
    units: list[pick.Option]

    def __bool__(self) -> bool:
        return bool(self.duties or self.areas or self.sites or self.units)


def named(sought: str) -> Named:
    """Duties, areas, sites and units whose name or code holds what was typed. One query each."""
    words = sought.strip()
    if not words:
        return Named([], [], [], [])
    return Named(pick.items(words), pick.areas(words), pick.sites(words), pick.units(words))
