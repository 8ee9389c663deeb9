"""Crew (网格力量): who serves a grid: its posts and who holds them, the branch, leaders linked to it or to what holds it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q

from jiedao.ground.people.models import Link, Post, Tenure, Unit
from jiedao.ground.places.models import Area
from jiedao.ground.terms.models import Term, terms
from jiedao.kit.clock import today


@dataclass
class Seat:
    """A post of the crew and who holds it today; empty if nobody does. `slot`: the district's word for A and B posts."""

    post: Post
    holders: list[Tenure] = field(default_factory=list)
    slot: Term | None = None


@dataclass
class Branch:
    """A party branch that serves the grid, its posts, and how many grids it serves in all."""

    unit: Unit
    seats: list[Seat]

    @property
    def grids(self) -> int:
        return len(self.unit.serves)


@dataclass
class Crew:
    """Everybody who serves one grid. `around`: posts of the community, there for all of its grids."""

    seats: list[Seat]
    around: list[Seat]
    branches: list[Branch]
    leaders: list[tuple[Link, Seat]]

    @property
    def staff(self) -> int:
        """How many people hold a post of the grid itself."""
        return len({tenure.person_id for seat in self.seats for tenure in seat.holders})


def crew(area: Area, day: date | None = None) -> Crew:
    """Who serves an area on a day. Six queries, whatever the size of the crew."""
    day = day or today()
    codes = area.path.split("/")
    around = codes[-2] if len(codes) > 1 else ""
    branches = list(_branches(area.code, day))
    links = list(
        Link.objects.on(day)
        .filter(area__code__in=codes[1:])
        .select_related("post__kind", "post__unit", "area")
        .order_by("-area__path", "post__kind__rank", "post__code")
    )
    posts: list[Post] = list(
        Post.objects.on(day)  # type: ignore[arg-type]
        .filter(
            Q(area__code__in=[area.code, around]) | Q(unit__in=branches) | Q(pk__in=[link.post_id for link in links])
        )
        .select_related("kind", "area", "unit")
        .order_by("kind__rank", "code")
    )
    held: dict[object, list[Tenure]] = defaultdict(list)
    for tenure in _held(day).filter(post__in=posts).select_related("person").order_by("person__code"):
        held[tenure.post_id].append(tenure)
    slots = terms("slot")
    seats = {post.id: Seat(post, held[post.id], slots.get(post.slot)) for post in posts}
    return Crew(
        [seat for seat in seats.values() if seat.post.area and seat.post.area.code == area.code],
        [seat for seat in seats.values() if around and seat.post.area and seat.post.area.code == around],
        [Branch(unit, [seat for seat in seats.values() if seat.post.unit_id == unit.id]) for unit in branches],
        [(link, seats[link.post_id]) for link in links if link.post_id in seats],
    )


def _branches(code: str, day: date) -> list[Unit]:
    serving = Q(serves__contains=[code]) | Q(area__code=code, kind=Unit.Kind.PARTY)
    return list(Unit.objects.on(day).filter(serving).order_by("code"))  # type: ignore[arg-type]


def _held(day: date):  # type: ignore[no-untyped-def]
    """Tenures that count today: of somebody who has not left, in a post and a unit that have not ended."""
    ended = Q(post__valid_to__lte=day) | Q(post__unit__valid_to__lte=day) | Q(person__left_on__lte=day)
    return Tenure.objects.on(day).filter(post__valid_from__lte=day).exclude(ended)


def staff(day: date | None = None) -> dict[str, int]:
    """How many people hold a post of each grid, by its code. A grid that is not there has nobody. One query."""
    held = _held(day or today()).filter(post__area__kind=Area.Kind.GRID)
    rows = held.values_list("post__area__code").annotate(people=Count("person", distinct=True)).order_by()
    return dict(rows)


def unstaffed(within: str = "", day: date | None = None) -> int:
    """How many grids in force below a path nobody serves. One query."""
    day = day or today()
    grids = Area.objects.on(day).filter(kind=Area.Kind.GRID)
    if within:
        grids = grids.filter(path__startswith=f"{within}/")
    return int(grids.filter(~Exists(_held(day).filter(post__area__code=OuterRef("code")))).count())


@dataclass(frozen=True)
class Strength:
    """Seats of one kind on grids: how many there are, and how many somebody holds."""

    name: str
    name_en: str
    seats: int
    filled: int


def strength(within: str = "", day: date | None = None) -> list[Strength]:
    """The seats of all grids below a path, by kind. One query."""
    day = day or today()
    posts = Post.objects.on(day).filter(area__kind=Area.Kind.GRID)
    if within:
        posts = posts.filter(area__path__startswith=f"{within}/")
    held = Exists(_held(day).filter(post=OuterRef("pk")))
    rows = posts.annotate(held=held).values_list("kind__name", "kind__name_en", "kind__rank")
    counted = rows.annotate(seats=Count("pk"), filled=Count("pk", filter=Q(held=True))).order_by("kind__rank")
    return [Strength(name, name_en, seats, filled) for name, name_en, _, seats, filled in counted]


def branches(within: str = "", day: date | None = None) -> int:
    """How many party branches serve grids below a path. One query."""
    found = Unit.objects.on(day).exclude(serves=[])
    if within:
        codes = (
            Area.objects.on(day)
            .filter(kind=Area.Kind.GRID, path__startswith=f"{within}/")
            .values_list("code", flat=True)
        )
        found = found.filter(serves__overlap=list(codes))
    return int(found.count())


def left_over(day: date | None = None) -> list[Seat]:
    """Posts of grids whose code is in force no more, with their holders: to be assigned to other grids."""
    day = day or today()
    posts = list(
        Post.objects.on(day)
        .filter(area__kind=Area.Kind.GRID)
        .exclude(area__code__in=Area.objects.on(day).filter(kind=Area.Kind.GRID).values("code"))
        .select_related("kind", "area", "unit")
        .order_by("area__path", "kind__rank", "code")
    )
    return _seated(posts, day)


def of_grids(codes: list[str], day: date | None = None) -> list[Seat]:
    """The posts of some grids with their holders, in the order of the tree."""
    day = day or today()
    posts = Post.objects.on(day).filter(area__code__in=codes).select_related("kind", "area", "unit")
    return _seated(list(posts.order_by("area__path", "kind__rank", "code")), day)


def _seated(posts: list, day: date) -> list[Seat]:  # type: ignore[type-arg]
    held: dict[object, list[Tenure]] = defaultdict(list)
    for tenure in _held(day).filter(post__in=posts).select_related("person").order_by("person__code"):
        held[tenure.post_id].append(tenure)
    return [Seat(post, held[post.id]) for post in posts]
