"""What a package holds (区包内容): every file spelled out into plain records that point at each other by code."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jiedao.doors.package import fill, organisation
from jiedao.doors.package.read import (
    COMMON,
    FILES,
    LAWS,
    MAY_BE_ABSENT,
    SHAPES,
    Document,
    Problem,
    Shapes,
    Step,
    absent,
    read_shapes,
)
from jiedao.doors.package.records import (
    AreaRecord,
    EstablishmentRecord,
    FormerUnit,
    LinkRecord,
    PersonRecord,
    Place,
    PostRecord,
    SiteRecord,
    TermRecord,
    UnitRecord,
)

SHIPPED = Path(__file__).resolve().parents[2] / "packages"


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
    people: list[PersonRecord] = field(default_factory=list)
    terms: list[TermRecord] = field(default_factory=list)
    sites: list[SiteRecord] = field(default_factory=list)
    establishments: list[EstablishmentRecord] = field(default_factory=list)
    links: list[LinkRecord] = field(default_factory=list)
    former: list[FormerUnit] = field(default_factory=list)

    def value(self, name: str) -> Any:
        return self.documents[name].value

    @property
    def since(self) -> str:
        """The day from which everything in the package is in force."""
        return str(self.value("package")["since"])

    @property
    def ties(self) -> list[dict[str, Any]]:
        written: list[dict[str, Any]] = self.value("organisation").get("ties", [])
        return written

    @cached_property
    def lists(self) -> list[tuple[dict[str, Any], Place]]:
        """Every version of every list, from whichever file it stands in."""
        return [
            (row, (name, ("lists", i)))
            for name in self.list_files
            for i, row in enumerate(self.value(name).get("lists", ()))
        ]

    @cached_property
    def categories(self) -> dict[str, dict[str, str]]:
        return {
            code: row for name in self.list_files for code, row in (self.value(name).get("categories") or {}).items()
        }

    @property
    def list_files(self) -> list[str]:
        return [name for name in self.documents if name == "lists" or name.startswith("lists/")]

    @property
    def score_rules(self) -> dict[str, str]:
        """Texts of score rules by code: those of every district, or the package's own of that code in their place."""
        return score_rules(SHIPPED) | score_rules(self.folder)

    def problem(self, rule: str, at: Place, **facts: Any) -> Problem:
        return self.documents[at[0]].problem(rule, *at[1], **facts)


def score_rules(folder: Path) -> dict[str, str]:
    """The texts in a folder's `scores`, each by the name of its file."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((folder / "scores").glob("*.yaml"))}


def read(folder: Path) -> Content:
    """Reads all files of a package; what refers to what is checked by `rules`."""
    documents = {
        name: absent(folder / f"{name}.yaml") if name in MAY_BE_ABSENT else Document(folder / f"{name}.yaml")
        for name in FILES
    }
    for path in sorted((folder / "lists").glob("*.yaml")):
        documents[f"lists/{path.stem}"] = Document(path, f"{folder.name}/lists/{path.name}")
    documents[LAWS] = Document(_beside(folder, "laws.yaml"))
    documents[COMMON] = Document(_beside(folder, "terms.yaml"))
    shapes = read_shapes(folder / SHAPES)
    problems = [problem for name, document in documents.items() for problem in document.check(_schema(name))]
    content = Content(folder, documents, shapes, problems + shapes.problems)
    if not content.problems:
        content.areas = list(_areas(content))
        content.units = list(_units(content))
        content.posts = list(_posts(content))
        content.terms = list(organisation.terms(content))
        content.sites = list(organisation.sites(content))
        content.establishments = list(organisation.establishments(content))
        content.links = list(organisation.links(content))
        content.former = list(organisation.former_units(content))
        content.people = list(fill.people(content))
    return content


def _beside(folder: Path, name: str) -> Path:
    """What all packages share stands beside the folder; a package from elsewhere uses what comes with the program."""
    near = folder.parent / name
    return near if near.exists() else SHIPPED / name


def _schema(name: str) -> str:
    """Which schema a file keeps to: the common terms are terms, and every file of lists has lists."""
    return "terms" if name == COMMON else name.partition("/")[0]


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
    grid = kind == "grid"
    return AreaRecord(
        row["code"], kind, row["name"], row.get("name_en", ""), parent, f"{path}/{row['code']}", ("areas", (*at, "code")),
        grid_kind=row["kind"] if grid else "", layout=row.get("layout", "" if grid else kind), crew=row.get("crew", ""),
    )  # fmt: skip


def _units(content: Content) -> Iterator[UnitRecord]:
    """The units written down, then those a layout gives to every area of a kind."""
    written = content.value("units")
    for i, unit in enumerate(written["units"]):
        yield _unit(unit, unit["code"], unit["level"], unit.get("parent", ""), unit.get("area", ""), ("units", i))
    for area in content.areas:
        for i, office in enumerate(_layout(content, area)):
            code = _office_code(area, office)
            body = area.parent if area.kind == "community" else ""
            above = body if code == area.code else _words(office.get("parent", area.code), area)
            if office.get("under"):
                above = f"{area.code}-{office['under']}"
            place = area.code if office.get("area") else ""
            yield _unit(_filled(office, area), code, area.kind, above, place, ("layouts", area.layout, i))


def _unit(row: dict[str, Any], code: str, level: str, parent: str, area: str, at: tuple[Step, ...]) -> UnitRecord:
    return UnitRecord(
        code, row["kind"], level, row["name"], row.get("name_en", ""), parent, area, ("units", at),
        duty_phone=row.get("duty_phone", ""), second_name=row.get("second_name", ""),
        second_name_en=row.get("second_name_en", ""), side=row.get("side", ""), serves=list(row.get("serves", ())),
    )  # fmt: skip


def _posts(content: Content) -> Iterator[PostRecord]:
    written = content.value("units")
    kinds = {kind["code"]: kind for kind in written["post_kinds"]}
    for i, unit in enumerate(written["units"]):
        yield from _seats(unit["code"], unit["code"], unit.get("posts", ()), kinds, ("units", ("units", i)))
    for i, row in enumerate(written.get("posts", ())):
        begin = row.get("at", row["unit"])
        yield from _seats(begin, row["unit"], [{"area": row.get("at", ""), **row}], kinds, ("units", ("posts", i)))
    for area in content.areas:
        at: Place = ("units", ("layouts", area.layout))
        for office in _layout(content, area):
            code = _office_code(area, office)
            yield from _seats(code, code, [_filled(post, area) for post in office.get("posts", ())], kinds, at)
        if area.kind == "grid":
            for crew in written.get("layouts", {}).get("grid", ()):
                if _serves(crew, area):
                    # A grid has no unit: its people belong to the community and see their grid.
                    posts = [{"area": area.code, **_filled(_as_row(post), area)} for post in crew["posts"]]
                    yield from _seats(area.code, area.parent, posts, kinds, ("units", ("layouts", "grid")))


def _serves(crew: dict[str, Any], grid: AreaRecord) -> bool:
    """Whether a grid has this crew: of its kind, and everywhere unless the crew has a name that the grid asks for."""
    if crew.get("kind", grid.grid_kind) != grid.grid_kind:
        return False
    return crew["crew"] == grid.crew if "crew" in crew else True


def _as_row(post: str | dict[str, Any]) -> dict[str, Any]:
    """`handler*3` is three seats of a kind."""
    if not isinstance(post, str):
        return post
    kind, _, many = post.partition("*")
    return {"kind": kind, "count": int(many)} if many else {"kind": kind}


def _seats(begin: str, unit: str, posts: Any, kinds: dict[str, Any], at: Place) -> Iterator[PostRecord]:
    """The posts of a unit; with a count they are numbered, `<unit>-handler-1` to `-3`."""
    for row in map(_as_row, posts):
        kind = row["kind"]
        many, first = row.get("count", 0), row.get("first", 1)
        suffixes = [f"-{n}" for n in range(first, first + many)] if many else [""]
        known = kinds.get(kind, {"name": kind, "name_en": kind})
        for suffix in suffixes:
            yield PostRecord(
                row.get("whole", f"{begin}-{row.get('code', kind)}{suffix}"), unit, kind, row.get("name", known["name"]),
                row.get("name_en", known["name_en"]), row.get("area", ""), at, duty=row.get("duty", ""),
                slot=row.get("slot", ""), staff_kind=row.get("staff_kind", ""), stationed=row.get("stationed"),
            )  # fmt: skip


def _layout(content: Content, area: AreaRecord) -> list[dict[str, Any]]:
    """What every area of a kind gets. Districts and grids get no units."""
    if area.kind not in ("subdistrict", "community"):
        return []
    layout: list[dict[str, Any]] = content.value("units").get("layouts", {}).get(area.layout, [])
    return layout


def _office_code(area: AreaRecord, office: dict[str, Any]) -> str:
    return f"{area.code}-{office['code']}" if office.get("code") else area.code


def _filled(row: Any, area: AreaRecord) -> Any:
    """A layout's words for one area. Not `format`: a package is data and must not reach into objects."""
    if isinstance(row, dict):
        return {
            key: _words(value, area, english=key.endswith("_en")) if isinstance(value, str) else _filled(value, area)
            for key, value in row.items()
        }
    if isinstance(row, list):
        return [_filled(value, area) for value in row]
    return _words(row, area) if isinstance(row, str) else row


def _words(words: str, area: AreaRecord, *, english: bool = False) -> str:
    name = (area.name_en or area.name) if english else area.name
    return words.replace("{area}", name).replace("{code}", area.code).replace("{parent}", area.parent)
