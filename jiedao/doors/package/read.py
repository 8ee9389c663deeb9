"""Reading a package (读取区包): YAML and GeoJSON files to plain values that know the line they stand in.

Every file has a JSON Schema beside this module; whatever breaks it is a `Problem` with file, line and rule, and all
of a package's problems are found before any is told.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

FILES = ("package", "areas", "units", "people", "lists", "processes", "terms", "organisation", "sites")
MAY_BE_ABSENT = frozenset({"lists", "terms", "organisation", "sites"})
SHAPES = "areas.geojson"
LAWS = "laws"
COMMON = "common terms"
MOST_BYTES = 4_000_000
_SCHEMAS = Path(__file__).parent / "schemas"
Step = str | int


@dataclass(frozen=True)
class Problem:
    """What is wrong and where. `rule` has a name, `facts` what its sentence needs."""

    file: str
    line: int
    rule: str
    facts: dict[str, Any]

    def __str__(self) -> str:
        told = ", ".join(f"{name} {value}" for name, value in self.facts.items())
        return f"{self.file}:{self.line}: {self.rule.replace('_', ' ')}" + (f": {told}" if told else "")


class _Loader(yaml.CSafeLoader):
    """YAML without guesses: a date stays the words that were written, and `13:30` is no number."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag.rpartition(":")[2] not in ("timestamp", "int", "float")]
    for first, rules in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(0|[1-9][0-9]{0,8})$"), list("-0123456789"))


MOST_SOUND = 512
_sound: set[tuple[str, bytes]] = set()
"""Schema and text of files that had no fault: a package is read several times on its way in, nearly all of it unchanged."""


class Document:
    """One file: `value`, and the line of any place in it."""

    def __init__(self, path: Path, name: str = "") -> None:
        self.name = name or f"{path.parent.name}/{path.name}"
        self.value: Any = None
        self.problems: list[Problem] = []
        self.digest = b""
        self._root: yaml.Node | None = None
        self._read(path)

    def line(self, *path: Step) -> int:
        """The line (from 1) of a place, or of the nearest thing above it that exists."""
        node = self._root
        found = node.start_mark.line + 1 if node else 1
        for step in path:
            node = _below(node, step)
            if node is None:
                return found
            found = node.start_mark.line + 1
        return found

    def problem(self, rule: str, *path: Step, **facts: Any) -> Problem:
        return Problem(self.name, self.line(*path), rule, facts)

    def _read(self, path: Path) -> None:
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            self.problems.append(Problem(self.name, 1, "file_missing", {}))
            return
        except UnicodeDecodeError as broken:
            self.problems.append(Problem(self.name, 1, "not_utf8", {"byte": broken.start}))
            return
        if len(text) > MOST_BYTES:
            self.problems.append(Problem(self.name, 1, "file_too_large", {"most": MOST_BYTES}))
            return
        self.digest = hashlib.sha256(text.encode()).digest()
        try:
            self._parse(text)
        except yaml.MarkedYAMLError as broken:
            mark = broken.problem_mark or broken.context_mark
            self.problems.append(
                Problem(self.name, mark.line + 1 if mark else 1, "not_yaml", {"why": broken.problem or ""})
            )
        except (yaml.YAMLError, RecursionError) as broken:
            self.problems.append(Problem(self.name, 1, "not_yaml", {"why": type(broken).__name__}))

    def _parse(self, text: str) -> None:
        loader = _Loader(text)
        try:
            self._root = loader.get_single_node()
            if self._root is None:
                self.problems.append(Problem(self.name, 1, "file_empty", {}))
                return
            self._doubled(self._root)
            # Aliases could make a small file a huge value; a package needs none.
            self.value = None if self.problems else loader.construct_document(self._root)
        finally:
            loader.dispose()

    def _doubled(self, node: yaml.Node, seen: set[int] | None = None) -> None:
        """YAML lets the later of two equal keys win without a word; here that is a mistake, and so is an alias."""
        seen = set() if seen is None else seen
        if id(node) in seen:
            self.problems.append(Problem(self.name, node.start_mark.line + 1, "alias", {}))
            return
        if isinstance(node, yaml.MappingNode):
            seen.add(id(node))
            keys: set[str] = set()
            for key, value in node.value:
                if key.value in keys:
                    at = key.start_mark.line + 1
                    self.problems.append(Problem(self.name, at, "key_twice", {"key": str(key.value)}))
                keys.add(key.value)
                self._doubled(value, seen)
        elif isinstance(node, yaml.SequenceNode):
            seen.add(id(node))
            for value in node.value:
                self._doubled(value, seen)

    def check(self, schema: str) -> list[Problem]:
        """What the file's schema finds, each at its line."""
        if self.problems or (schema, self.digest) in _sound:
            return self.problems
        found = []
        for error in _validator(schema).iter_errors(self.value):
            path = [*error.absolute_path, *_unexpected(error)]
            facts = {"why": _reason(error), "at": ".".join(str(step) for step in error.absolute_path)}
            found.append(self.problem("schema", *path, **facts))
        if not found and len(_sound) < MOST_SOUND:
            _sound.add((schema, self.digest))
        return found


class _Nothing(Document):
    """A file that need not be there, and is not."""

    def _read(self, path: Path) -> None:
        self.value = {}

    def check(self, schema: str) -> list[Problem]:
        return []


def absent(path: Path) -> Document:
    """A file that may be missing; then it says nothing."""
    return Document(path) if path.exists() else _Nothing(path)


def _below(node: yaml.Node | None, step: Step) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child: yaml.Node = node.value[step]
        return child
    return None


@lru_cache(maxsize=16)
def _validator(name: str) -> Draft202012Validator:
    schema = json.loads((_SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def _unexpected(error: Any) -> list[str]:
    """The first key that should not be there, so that its line is told and not that of the whole."""
    if error.validator != "additionalProperties" or not isinstance(error.instance, dict):
        return []
    return [key for key in error.instance if key not in error.schema.get("properties", {})][:1]


def _reason(error: Any) -> str:
    """The validator's sentence, without a whole file quoted in it."""
    said = str(error.message)
    return said if len(said) <= 160 else f"{said[:80]} … {said[-70:]}"


@dataclass
class Shapes:
    """The GeoJSON file: geometry by area code, and the line of each."""

    name: str
    by_code: dict[str, dict[str, Any]]
    lines: dict[str, int]
    problems: list[Problem]
    origin: str = ""

    def problem(self, rule: str, code: str, **facts: Any) -> Problem:
        return Problem(self.name, self.lines.get(code, 1), rule, {"area": code, **facts})


def read_shapes(path: Path) -> Shapes:
    """The shapes of a package, in WGS 84, one feature to a line so that a mistake can be found."""
    shapes = Shapes(f"{path.parent.name}/{path.name}", {}, {}, [])
    try:
        text = path.read_text(encoding="utf-8")
        collection = json.loads(text)
    except FileNotFoundError:
        shapes.problems.append(Problem(shapes.name, 1, "file_missing", {}))
        return shapes
    except (ValueError, RecursionError) as broken:
        line = getattr(broken, "lineno", 1)
        shapes.problems.append(Problem(shapes.name, line, "not_json", {"why": str(broken)[:120]}))
        return shapes
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.search(r'"id": ?"([^"]{1,20})"', line):
            shapes.lines.setdefault(found[1], number)
    # The schema says what is wrong and where, at a second for a thousand shapes; what is plainly sound is not asked.
    for error in () if _plainly_sound(collection) else _validator("shapes").iter_errors(collection):
        at = next((step for step in error.absolute_path if isinstance(step, int)), None)
        feature = collection["features"][at] if at is not None else {}
        code = feature.get("id", "") if isinstance(feature, dict) else ""
        shapes.problems.append(shapes.problem("schema", str(code), why=_reason(error)))
    if shapes.problems:
        return shapes
    shapes.origin = collection["origin"]
    for feature in collection["features"]:
        if feature["id"] in shapes.by_code:
            shapes.problems.append(shapes.problem("code_twice", feature["id"]))
        shapes.by_code[feature["id"]] = feature["geometry"]
    return shapes


def _plainly_sound(collection: Any) -> bool:
    """Whether every feature is a polygon as the schema wants it, told by the shortest questions."""
    if not isinstance(collection, dict) or set(collection) != {"type", "origin", "system", "features"}:
        return False
    whole = {**collection, "features": collection["features"][:1]}
    return next(_validator("shapes").iter_errors(whole), None) is None and all(
        isinstance(feature, dict)
        and feature.keys() <= {"type", "id", "properties", "geometry"}
        and feature.get("type") == "Feature"
        and isinstance(feature.get("properties", {}), dict)
        and re.fullmatch("[0-9]{6,18}", str(feature.get("id"))) is not None
        and _plain_polygon(feature.get("geometry"))
        for feature in collection["features"]
    )


def _plain_polygon(geometry: Any) -> bool:
    if not isinstance(geometry, dict) or geometry.keys() != {"type", "coordinates"} or geometry["type"] != "Polygon":
        return False
    rings = geometry["coordinates"]
    return (
        isinstance(rings, list)
        and bool(rings)
        and all(
            isinstance(ring, list) and 4 <= len(ring) <= 5000 and all(_plain_spot(spot) for spot in ring)
            for ring in rings
        )
    )


def _plain_spot(spot: Any) -> bool:
    return (
        isinstance(spot, list)
        and len(spot) == 2
        and all(type(number) in (int, float) for number in spot)
        and -180 <= spot[0] <= 180
        and -90 <= spot[1] <= 90
    )
