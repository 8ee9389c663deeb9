"""The shelf (清单查阅): published lists as anybody may read them: by version, by words, number, department, category."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Prefetch, Q, QuerySet

from jiedao.ground.duties.models import DutyItem, DutyList, Responsibility
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent
from jiedao.kit.text import fold

FOUND = 60


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for. Empty words let everything through."""

    words: str = ""
    category: str = ""
    type: str = ""

    @property
    def is_anything(self) -> bool:
        return bool(self.words or self.category or self.type)


@dataclass(frozen=True)
class Chapter:
    """One category of a list with its items, sub-items right below theirs."""

    name: str
    name_en: str
    items: list[DutyItem] = field(default_factory=list)


@dataclass(frozen=True)
class Reading:
    """A version as it is read: its chapters after the filter, and what one may filter by, with counts."""

    version: DutyList
    chapters: list[Chapter]
    shown: int
    items: int
    parts: int
    categories: list[tuple[str, str, int]]
    types: list[tuple[str, int]]


def lists(day: date | None = None) -> list[DutyList]:
    """Every list in force, district first, with `many` items and `parts` sub-items. One query."""
    order = {"district": 0, "subdistrict": 1, "community": 2}
    top = Count("items", filter=Q(items__parent=None), distinct=True)
    found = DutyList.objects.on(day).select_related("owner").annotate(
        many=top, parts=Count("items", filter=Q(items__parent__isnull=False), distinct=True)
    )  # fmt: skip
    return sorted(
        found, key=lambda one: (one.kind == DutyList.Kind.CATALOGUE, order.get(one.level, 3), one.kind, one.code)
    )


def version(code: str, number: str = "") -> DutyList:
    """A published version: the one in force, or the newest before it is; by its number an older one. `Absent` else."""
    rows = DutyList.objects.filter(code=code, published_on__isnull=False).select_related("owner")
    if number:
        found = (
            rows.filter(version=int(number)).first()
            if number.isascii() and number.isdigit() and len(number) < 6
            else None
        )
    else:
        day = today()
        found = (
            rows.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day).first()
            or rows.order_by("-version").first()
        )
    if found is None:
        raise Absent
    return found


def versions(code: str) -> list[DutyList]:
    """All published versions of a list, the latest first."""
    return list(DutyList.objects.filter(code=code, published_on__isnull=False).order_by("-version"))


def reading(of: DutyList, wanted: Wanted | None = None) -> Reading:
    """A version to be read, filtered. Two queries, whatever its size."""
    wanted = wanted or Wanted()
    rows = list(_rows(of.items.all()))
    above = {row.id: row for row in rows}
    kept = {row.id for row in rows if _fits(row, wanted, above)}
    # Who finds a sub-item reads the item it belongs to as well; who finds an item, its sub-items.
    tops = [row for row in rows if row.parent_id is None]  # type: ignore[attr-defined]
    parts: dict[object, list[DutyItem]] = {}
    for row in rows:
        if row.parent_id is not None:  # type: ignore[attr-defined]
            parts.setdefault(row.parent_id, []).append(row)  # type: ignore[attr-defined]
    chapters: dict[str, Chapter] = {}
    shown = 0
    for top in tops:
        below = [row for row in parts.get(top.id, []) if row.id in kept]
        if top.id not in kept and not below:
            continue
        shown += 1
        chapter = chapters.setdefault(top.category, Chapter(top.category, top.category_en))
        chapter.items.extend([top, *(parts.get(top.id, []) if top.id in kept else below)])
    counts: dict[tuple[str, str], int] = {}
    types: dict[str, int] = {}
    for top in tops:
        counts[top.category, top.category_en] = counts.get((top.category, top.category_en), 0) + 1
        if top.type:
            types[top.type] = types.get(top.type, 0) + 1
    categories = [(zh, en, many) for (zh, en), many in counts.items()]
    return Reading(
        of, list(chapters.values()), shown, len(tops), len(rows) - len(tops), categories, sorted(types.items())
    )


def _rows(rows: QuerySet[DutyItem]) -> QuerySet[DutyItem]:
    """Items with who answers for them and who gave them."""
    said = Responsibility.objects.select_related("unit", "area").defer("area__shape").order_by("-role", "id")
    return (
        rows.select_related("giver")
        .prefetch_related(Prefetch("responsibilities", said, to_attr="said"))
        .order_by("rank", "id")
    )


def _fits(row: DutyItem, wanted: Wanted, above: dict[object, DutyItem]) -> bool:
    if wanted.category and row.category != wanted.category:
        return False
    top = above.get(row.parent_id, row)  # type: ignore[attr-defined]
    if wanted.type and (row.type or top.type) != wanted.type:
        return False
    if not wanted.words:
        return True
    text = fold(" ".join(_words(row)))
    return all(word in text for word in fold(wanted.words).split())


def _words(row: DutyItem) -> Iterable[str]:
    """Everything an item is found by: number, name, category, law, department."""
    yield from (row.code, row.name, row.name_en, row.category, row.category_en, row.words, row.form)
    yield from (str(basis.get("law", "")) for basis in row.basis)
    for said in row.said:  # type: ignore[attr-defined]
        if said.unit:
            yield from (said.unit.name, said.unit.name_en)
    if row.giver:
        yield from (row.giver.name, row.giver.name_en)


def item(code: str, item_code: str, number: str = "") -> DutyItem:
    """One item of a published version with everything its page shows. `Absent` if that version lacks it."""
    return item_of(version(code, number), item_code)


def item_of(of: DutyList, item_code: str) -> DutyItem:
    """The same of a version at hand, a draft too."""
    rows = _rows(of.items.filter(code=item_code)).select_related("giver", "parent", "contact_post__unit")
    found = rows.first()
    if found is None:
        raise Absent
    found.list = of
    return found


def parts(of: DutyItem) -> list[DutyItem]:
    """The sub-items of an item."""
    return list(of.parts.order_by("rank", "id"))


def stands_in(code: str, item_code: str) -> list[DutyList]:
    """The published versions of a list that have an item, the latest first."""
    rows = DutyList.objects.filter(code=code, published_on__isnull=False, items__code=item_code)
    return list(rows.order_by("-version"))


def search(words: str, most: int = FOUND) -> tuple[list[DutyItem], bool]:
    """Items of all lists in force that the words find, and whether there are more. Two queries."""
    rows = DutyItem.objects.filter(list__in=DutyList.objects.on()).select_related("list", "giver", "parent")
    for word in words.split()[:8]:
        units = Responsibility.objects.filter(Q(unit__name__icontains=word) | Q(unit__name_en__icontains=word))
        rows = rows.filter(
            Q(code__icontains=word) | Q(name__icontains=word) | Q(name_en__icontains=word) | Q(words__icontains=word)
            | Q(category__icontains=word) | Q(category_en__icontains=word) | Q(basis__icontains=word)
            | Q(giver__name__icontains=word) | Q(id__in=units.values("item_id"))
        )  # fmt: skip
    said = Responsibility.objects.select_related("unit", "area").defer("area__shape").order_by("-role", "id")
    found = list(
        rows.prefetch_related(Prefetch("responsibilities", said, to_attr="said")).order_by("list__code", "rank", "id")[
            : most + 1
        ]
    )
    return found[:most], len(found) > most
