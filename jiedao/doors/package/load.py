"""Loading a package (装载区包): read, check, compare with what the district has, then one transaction.

Rows that are there already stay as they are, so what a district has edited is kept; what is missing is added. A list
version or a process version that was published is never changed: a new one follows it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection, transaction

from jiedao.doors.package.content import SHIPPED as HOME
from jiedao.doors.package.content import Content, read
from jiedao.doors.package.rules import check
from jiedao.doors.package.shapes import gaps
from jiedao.doors.package.write import Writer
from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.kit.refusal import Refused

Report = Callable[[str], None]


@dataclass
class Plan:
    """What loading would do. `new` and `kept` count rows by table; nothing is written yet."""

    content: Content
    new: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def changes_nothing(self) -> bool:
        return not any(self.new.values())


def known() -> list[str]:
    """Names of the packages that come with the program."""
    return sorted(path.parent.name for path in HOME.glob("*/package.yaml"))


def folder_of(name: str) -> Path:
    """The folder of a shipped package. Refuses `no_such_package`."""
    if name not in known():
        raise Refused("no_such_package", name=name[:40], known=known())
    return HOME / name


def read_checked(folder: Path) -> Content:
    """The package of a folder. Refuses `broken_package` with every problem, each with file, line and rule."""
    content = read(folder)
    problems = content.problems or check(content)
    if problems:
        raise Refused(
            "broken_package",
            package=folder.name,
            problems=[str(problem) for problem in problems[:100]],
            count=len(problems),
        )
    return content


def plan(folder: Path, place: District | None = None) -> Plan:
    """What loading a package would do. Without a district everything is new."""
    content = read_checked(folder)
    made = Plan(content)
    for code, left in gaps(content).items():
        made.notes.append(f"{code}: {left} m² are covered by none of its parts")
    if place:
        with district(place), transaction.atomic():
            made.new, made.kept = Writer(content, dry=True).write()
    return made


def load(folder: Path, place: District, report: Report = lambda line: None, content: Content | None = None) -> Plan:
    """Writes what is missing in the district, all or nothing. `content` if somebody has read the folder just now."""
    content = content or read_checked(folder)
    if content.value("package")["code"] != place.code:
        raise Refused("package_of_another_district", package=folder.name, district=place.name)
    made = Plan(content)
    with district(place), transaction.atomic():
        alone(place)
        made.new, made.kept = Writer(content, report=report).write()
    return made


def alone(place: District) -> None:
    """Two loads at once would both find a row missing; the second waits for the first and finds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{place.schema_name}:package"])
