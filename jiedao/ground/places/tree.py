"""The tree of areas (区划树): sub-districts, communities and grids as one list, each with how many grids it holds."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet

from jiedao.ground.places.models import Area
from jiedao.kit.clock import today
from jiedao.kit.refusal import Absent


@dataclass
class Node:
    """An area above the grids, with its parts and its grids in figures."""

    code: str
    name: str
    name_en: str
    kind: str
    path: str
    parts: list["Node"] = field(default_factory=list)
    integrated: int = 0
    exclusive: int = 0
    unstaffed: int = 0

    @property
    def grids(self) -> int:
        return self.integrated + self.exclusive


@dataclass(frozen=True)
class Wanted:
    """What of the grids is asked for: below a path, of a sort, by words, only some codes."""

    within: str = ""
    kind: str = ""
    words: str = ""
    codes: frozenset[str] | None = None


def grids(wanted: Wanted, day: date | None = None) -> QuerySet[Area]:
    """The grids in force that are asked for, in the order of the tree, without their shapes."""
    found = Area.objects.on(day).filter(kind=Area.Kind.GRID).select_related("parent").defer("shape", "parent__shape")
    if wanted.within:
        found = found.filter(path__startswith=f"{wanted.within}/")
    if wanted.kind in Area.GridKind.values:
        found = found.filter(grid_kind=wanted.kind)
    if wanted.words:
        named = Q(name__icontains=wanted.words) | Q(name_en__icontains=wanted.words)
        found = found.filter(named | Q(code__startswith=wanted.words) | Q(parent__name__icontains=wanted.words))
    if wanted.codes is not None:
        found = found.filter(code__in=wanted.codes)
    return found.order_by("path")


def tree(staffed: Collection[str], day: date | None = None) -> Node:
    """The district with everything down to the communities. One query."""
    rows = Area.objects.on(day).order_by("path").values_list("code", "name", "name_en", "kind", "path", "grid_kind")
    nodes: dict[str, Node] = {}
    top: Node | None = None
    for code, name, name_en, kind, path, grid_kind in rows:
        if kind == Area.Kind.GRID:
            _count(nodes, path, grid_kind, code in staffed)
            continue
        node = nodes[path] = Node(code, name, name_en, kind, path)
        above = nodes.get(path.rpartition("/")[0])
        if above is not None:
            above.parts.append(node)
        top = top or node
    if top is None:
        raise Absent
    return top


def _count(nodes: Mapping[str, Node], path: str, grid_kind: str, is_staffed: bool) -> None:
    above = path
    while above := above.rpartition("/")[0]:
        node = nodes.get(above)
        if node is None:
            continue
        node.exclusive += grid_kind == Area.GridKind.EXCLUSIVE
        node.integrated += grid_kind != Area.GridKind.EXCLUSIVE
        node.unstaffed += not is_staffed


def grid(code: str, day: date | None = None) -> Area:
    """The grid of a code on a day; for a code that has ended, its last row. `Absent` if there never was one."""
    rows = Area.objects.filter(code=code, kind=Area.Kind.GRID).select_related("parent")
    found = (
        rows.filter(pk__in=Area.objects.on(day or today()).values("pk")).first() or rows.order_by("-valid_from").first()
    )
    if found is None:
        raise Absent
    return found


def history(area: Area) -> list[Area]:
    """All rows of the same code and those they came from, the latest first."""
    rows = {row.id: row for row in Area.objects.filter(code=area.code).defer("shape")}
    wanted = {pk for row in rows.values() for pk in row.came_from} - set(rows)
    came = Area.objects.filter(pk__in=wanted).defer("shape") if wanted else []
    went = Area.objects.filter(came_from__overlap=list(rows)).exclude(pk__in=list(rows)).defer("shape")
    rows |= {row.id: row for row in (*came, *went)}
    return sorted(rows.values(), key=lambda row: (row.valid_from, row.code), reverse=True)
