"""What one picks from (选取): units, duty items and areas by name or code, and items that the words suggest."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.people.models import Person, Post, Tenure, Unit
from jiedao.ground.places.models import Area, Site
from jiedao.kit.clock import today
from jiedao.kit.ids import is_uuid
from jiedao.kit.text import fold
from jiedao.record.models import Case, DispatchOrder

SHOWN = 12


@dataclass(frozen=True)
class Option:
    """One thing to pick. `why` holds the words for which it is proposed, `note` a second line."""

    value: str
    name: str
    name_en: str = ""
    note: str = ""
    note_en: str = ""
    why: list[str] = field(default_factory=list)

    @property
    def above(self) -> dict[str, str]:
        """The second line as a thing with two names."""
        return {"name": self.note, "name_en": self.note_en}


def _named(words: str) -> Q:
    return Q(name__icontains=words) | Q(name_en__icontains=words) | Q(code__istartswith=words)


def units(words: str) -> list[Option]:
    """Units in force by part of a name or by code; departments before sub-districts before communities."""
    found = Unit.objects.on().exclude(kind=Unit.Kind.PARTY).select_related("parent")
    if words:
        found = found.filter(_named(words))
    levels = {"district": 0, "subdistrict": 1, "community": 2}
    rows: list[Any] = list(found.order_by("level", "code")[: SHOWN * 10])
    return [_unit(u) for u in sorted(rows, key=lambda u: levels[u.level])[:SHOWN]]


def units_by(values: list[str]) -> list[Option]:
    """Units by id or code, in the order given."""
    ids = [v for v in values if is_uuid(v)]
    found: list[Any] = list(
        Unit.objects.filter(Q(id__in=ids) | Q(code__in=values, valid_to=None)).select_related("parent")
    )
    place = {value: at for at, value in enumerate(values)}
    found.sort(key=lambda u: place.get(str(u.id), place.get(u.code, 0)))
    return [_unit(u) for u in found]


def _unit(unit: Any) -> Option:
    parent = unit.parent
    return Option(
        str(unit.id), unit.name, unit.name_en, parent.name if parent else "", parent.name_en if parent else ""
    )


def items(words: str, case: Case | None = None) -> list[Option]:
    """Items of the lists in force by name, everyday word or code; without words, those the case's text speaks of."""
    rows: dict[str, DutyItem] = {}
    found = DutyItem.objects.filter(list__in=DutyList.objects.on(), list__kind=DutyList.Kind.DUTY).select_related(
        "list"
    )
    for item in sorted(found.order_by("code"), key=lambda one: one.list.level != Unit.Level.DISTRICT):
        rows.setdefault(item.code, item)
    if words:
        sought = fold(words)
        near = [i for i in rows.values() if sought in fold(f"{i.code} {i.name} {i.name_en} {i.words} {i.category}")]
        return [_item(item) for item in near[:SHOWN]]
    text = fold(f"{case.title} {case.words}") if case else ""
    scored = [(item, [w for w in [item.name, *item.words.split()] if fold(w) in text]) for item in rows.values()]
    hits = sorted(((i, w) for i, w in scored if w), key=lambda pair: -sum(len(w) for w in pair[1]))
    return [_item(item, why) for item, why in hits[:3]]


def items_by(values: list[str]) -> list[Option]:
    """Items by code."""
    found = DutyItem.objects.filter(code__in=values, list__in=DutyList.objects.on()).select_related("list")
    return list({item.code: _item(item) for item in found}.values())


def _item(item: DutyItem, why: list[str] | None = None) -> Option:
    return Option(item.code, item.name, item.name_en, item.category, item.category_en, why or [])


def areas(words: str) -> list[Option]:
    """Areas in force by part of a name or by code, the larger first."""
    found = Area.objects.on().select_related("parent")
    if words:
        found = found.filter(_named(words))
    return [_area(a) for a in found.order_by("path")[:SHOWN]]


def areas_below(path: str) -> list[Option]:
    """The areas right below one, by its path."""
    return [
        _area(a) for a in Area.objects.on().filter(parent__path=path).select_related("parent").order_by("path")[:SHOWN]
    ]


def areas_by(values: list[str]) -> list[Option]:
    """Areas in force by code or id."""
    ids = [v for v in values if is_uuid(v)]
    return [_area(a) for a in Area.objects.on().filter(Q(id__in=ids) | Q(code__in=values)).select_related("parent")]


def _area(area: Area) -> Option:
    above = area.parent
    return Option(area.code, area.name, area.name_en, above.name if above else "", above.name_en if above else "")


def sites(words: str) -> list[Option]:
    """Sites in use by part of a name or address, or by code; the area each lies in as its second line."""
    found = Site.objects.on().filter(_named(words) | Q(address__icontains=words)).select_related("area")
    return [
        Option(
            site.code,
            site.name,
            site.name_en,
            site.area.name if site.area else "",
            site.area.name_en if site.area else "",
        )
        for site in found.order_by("kind", "code")[:SHOWN]
    ]


def posts(words: str) -> list[Option]:
    """Seats in force by part of their name or their unit's, or by code."""
    found = Post.objects.on().select_related("unit")
    if words:
        found = found.filter(_named(words) | Q(unit__name__icontains=words) | Q(unit__name_en__icontains=words))
    return [_post(post) for post in found.order_by("unit__code", "kind__rank", "code")[:SHOWN]]


def posts_by(values: list[str]) -> list[Option]:
    """Seats in force by code or id."""
    ids = [v for v in values if is_uuid(v)]
    return [_post(p) for p in Post.objects.on().filter(Q(id__in=ids) | Q(code__in=values)).select_related("unit")]


def _post(post: Any) -> Option:
    return Option(post.code, f"{post.unit.name} · {post.name}", f"{named_en(post.unit)} · {named_en(post)}", post.code)


def persons(words: str) -> list[Option]:
    """People who work here by part of their name or by code."""
    found = Person.objects.filter(left_on=None)
    if words:
        found = found.filter(_named(words))
    return _persons(list(found.order_by("code")[:SHOWN]))


def persons_by(values: list[str]) -> list[Option]:
    """People who work here by code or id."""
    ids = [v for v in values if is_uuid(v)]
    return _persons(list(Person.objects.filter(Q(id__in=ids) | Q(code__in=values), left_on=None)))


def _persons(found: list[Person]) -> list[Option]:
    """With the seats they hold, for two people may bear one name."""
    rows: Any = Tenure.objects.on().filter(person__in=found).select_related("post__unit").order_by("valid_from")
    held: dict[UUID, list[Any]] = {}
    for row in rows:
        held.setdefault(row.person_id, []).append(row.post)
    made = []
    for person in found:
        seats = held.get(person.id, [])[:3]
        note = "、".join(f"{post.unit.name} {post.name}" for post in seats)
        note_en = ", ".join(f"{named_en(post.unit)} {named_en(post)}" for post in seats)
        told = (f"{person.code} {note}".strip(), f"{person.code} {note_en}".strip())
        made.append(Option(person.code, person.name, person.name_en or person.name, *told))
    return made


def named_en(thing: Any) -> str:
    return str(thing.name_en or thing.name)


def seats(order: DispatchOrder) -> tuple[list[Post], list[Person]]:
    """Posts and persons of an order's unit and of the units below it, for an assignment."""
    day = today()
    found: list[Any] = list(
        Post.objects.on(day).filter(unit__above__contains=[order.unit_id]).select_related("unit").order_by("code")[:200]
    )
    rows: Any = (
        Tenure.objects.on(day).filter(post__in=[p.id for p in found]).select_related("person").order_by("person__code")
    )
    return found, list({row.person_id: row.person for row in rows}.values())
