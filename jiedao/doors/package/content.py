"""What a package holds (区包内容): every file spelled out into plain records that point at each other by code."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jiedao.doors.package.read import FILES, LAWS, SHAPES, Document, Problem, Shapes, Step, read_shapes

Place = tuple[str, tuple[Step, ...]]
"""File and path in it, for the line of a problem."""


@dataclass
class AreaRecord:
    code: str
    kind: str
    name: str
    name_en: str
    parent: str
    path: str
    at: Place
    grid_kind: str = ""


@dataclass
class UnitRecord:
    code: str
    kind: str
    level: str
    name: str
    name_en: str
    parent: str
    area: str
    duty_phone: str
    at: Place


@dataclass
class PostRecord:
    code: str
    unit: str
    kind: str
    name: str
    name_en: str
    area: str
    at: Place


@dataclass
class Content:
    """One package, read. `problems` is empty if every file could be read and kept to its schema."""

    folder: Path
    documents: dict[str, Document]
    shapes: Shapes
    problems: list[Problem]
    areas: list[AreaRecord] = field(default_factory=list)
    units: list[UnitRecord] = field(default_factory=list)
    posts: list[PostRecord] = field(default_factory=list)

    def value(self, name: str) -> Any:
        return self.documents[name].value

    @property
    def since(self) -> str:
        """The day from which everything in the package is in force."""
        return str(self.value("package")["since"])

    def problem(self, rule: str, at: Place, **facts: Any) -> Problem:
        return self.documents[at[0]].problem(rule, *at[1], **facts)


def read(folder: Path) -> Content:
    """Reads all files of a package; what refers to what is checked by `rules`."""
    documents = {name: Document(folder / f"{name}.yaml") for name in FILES}
    documents[LAWS] = Document(folder.parent / f"{LAWS}.yaml")
    shapes = read_shapes(folder / SHAPES)
    problems = [problem for name, document in documents.items() for problem in document.check(name)]
    content = Content(folder, documents, shapes, problems + shapes.problems)
    if not content.problems:
        content.areas = list(_areas(content))
        content.units = list(_units(content))
        content.posts = list(_posts(content))
    return content


def _areas(content: Content) -> Iterator[AreaRecord]:
    package = content.value("package")
    top = package["code"]
    yield AreaRecord(top, "district", package["name"], package.get("name_en", ""), "", top, ("package", ("code",)))
    for i, sub in enumerate(content.value("areas")["subdistricts"]):
        here: tuple[Step, ...] = ("subdistricts", i)
        yield _area(sub, "subdistrict", top, top, here)
        path = f"{top}/{sub['code']}"
        for j, community in enumerate(sub.get("communities", ())):
            there: tuple[Step, ...] = (*here, "communities", j)
            yield _area(community, "community", sub["code"], path, there)
            for k, grid in enumerate(community.get("grids", ())):
                spot: tuple[Step, ...] = (*there, "grids", k)
                yield _area(grid, "grid", community["code"], f"{path}/{community['code']}", spot)


def _area(row: dict[str, Any], kind: str, parent: str, path: str, at: tuple[Step, ...]) -> AreaRecord:
    grid_kind = row["kind"] if kind == "grid" else ""
    below = f"{path}/{row['code']}"
    return AreaRecord(
        row["code"], kind, row["name"], row.get("name_en", ""), parent, below, ("areas", (*at, "code")), grid_kind
    )


def _units(content: Content) -> Iterator[UnitRecord]:
    """The units written down, then those a layout gives to every area of a kind."""
    written = content.value("units")
    for i, unit in enumerate(written["units"]):
        yield UnitRecord(
            unit["code"], unit["kind"], unit["level"], unit["name"], unit.get("name_en", ""), unit.get("parent", ""),
            unit.get("area", ""), unit.get("duty_phone", ""), ("units", ("units", i)),
        )  # fmt: skip
    for area in content.areas:
        for i, office in enumerate(_layout(content, area.kind)):
            code = _office_code(area, office)
            body = "" if area.kind == "subdistrict" else area.parent
            yield UnitRecord(
                code, office["kind"], area.kind, _filled(office["name"], area.name),
                _filled(office.get("name_en", ""), area.name_en), area.code if code != area.code else body,
                area.code if office.get("area") else "", "", ("units", ("layouts", area.kind, i)),
            )  # fmt: skip


def _posts(content: Content) -> Iterator[PostRecord]:
    written = content.value("units")
    kinds = {kind["code"]: kind for kind in written["post_kinds"]}
    for i, unit in enumerate(written["units"]):
        yield from _seats(unit["code"], unit["code"], "", unit.get("posts", ()), kinds, ("units", ("units", i)))
    for area in content.areas:
        at: Place = ("units", ("layouts", area.kind))
        for office in _layout(content, area.kind):
            code = _office_code(area, office)
            yield from _seats(code, code, "", office.get("posts", ()), kinds, at)
        if area.kind == "grid":
            for crew in written.get("layouts", {}).get("grid", ()):
                # A grid has no unit: its people belong to the community and see their grid.
                yield from _seats(area.code, area.parent, area.code, crew["posts"], kinds, at)


def _seats(
    begin: str, unit: str, area: str, posts: list[Any], kinds: dict[str, Any], at: Place
) -> Iterator[PostRecord]:
    """The posts of a unit. `handler*3` is three seats, `<unit>-handler-1` to `-3`."""
    for post in posts:
        if isinstance(post, str):
            kind, _, many = post.partition("*")
            suffixes = [f"-{n}" for n in range(1, int(many) + 1)] if many else [""]
            named: dict[str, Any] = {}
        else:
            kind, suffixes, named = post["kind"], [""], post
        known = kinds.get(kind, {"name": kind, "name_en": kind})
        for suffix in suffixes:
            yield PostRecord(
                f"{begin}-{named.get('code', kind)}{suffix}", unit, kind, named.get("name", known["name"]),
                named.get("name_en", known["name_en"]), named.get("area", area), at,
            )  # fmt: skip


def _layout(content: Content, kind: str) -> list[dict[str, Any]]:
    """What every area of a kind gets. Districts and grids get no units."""
    if kind not in ("subdistrict", "community"):
        return []
    layout: list[dict[str, Any]] = content.value("units").get("layouts", {}).get(kind, [])
    return layout


def _office_code(area: AreaRecord, office: dict[str, Any]) -> str:
    return f"{area.code}-{office['code']}" if office.get("code") else area.code


def _filled(words: str, name: str) -> str:
    """Not `format`: a package is data and must not reach into objects."""
    return words.replace("{area}", name)
