"""Importing a package (导入区包): first a plan of what is added, changed and ended, then one transaction.

The plan is the import itself, undone again: what it tells is what will happen. What the package no longer has ends today;
people it does not name stay as they are.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from jiedao.doors.package.bring_people import PeopleStep
from jiedao.doors.package.bring_rows import RowsStep
from jiedao.doors.package.content import Content
from jiedao.doors.package.load import alone, read_checked
from jiedao.doors.package.write import Writer
from jiedao.ground.districts import district
from jiedao.ground.districts.models import District
from jiedao.ground.journal import notes
from jiedao.ground.people.models import Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import today
from jiedao.kit.refusal import Refused

Report = Callable[[str], None]
DISTRICT_FACTS = ("name", "name_en", "city", "city_en", "office_hours", "switches", "demo")


@dataclass(frozen=True)
class Line:
    """One line of a plan: `added`, `changed` or `ended`, in which table, which code, and what of it."""

    table: str
    what: str
    code: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        sign = {"added": "+", "changed": "~", "ended": "-"}[self.what]
        return f"{sign} {self.table} {self.code}" + (f": {', '.join(self.fields)}" if self.fields else "")


@dataclass
class Brought:
    """What an import would do, or did. `counts` sums what is added in bulk, by table."""

    content: Content
    lines: list[Line] = field(default_factory=list)
    added: dict[str, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.lines and not any(self.added.values())

    def tell(self, table: str, what: str, code: str, *fields: str) -> None:
        self.lines.append(Line(table, what, code, fields))

    def summary(self) -> dict[str, dict[str, int]]:
        """Counts by table: added, changed, ended."""
        found: dict[str, Counter[str]] = {}
        for name, count in self.added.items():
            if count:
                found.setdefault(name, Counter())["added"] += count
        for line in self.lines:
            found.setdefault(line.table, Counter())[line.what] += 1
        return {name: dict(counts) for name, counts in sorted(found.items())}


def bring(folder: Path, place: District, *, yes: bool = False, report: Report = lambda line: None) -> Brought:
    """The plan of an import; with `yes` it is carried out.

    Refuses `broken_package`, `package_of_another_district`, `change_pending`, `unit_has_open_work`.
    """
    content = read_checked(folder)
    facts = content.value("package")
    if facts["code"] != place.code:
        raise Refused("package_of_another_district", package=facts["name"], code=facts["code"], district=place.name)
    brought = Brought(content)
    with district(place), transaction.atomic():
        alone(place)
        _refuse_pending()
        _run(brought, place, report)
        if yes and not brought.is_empty:
            _note(brought)
        if not yes:
            transaction.set_rollback(True)
    return brought


def _run(brought: Brought, place: District, report: Report) -> None:
    """Changed places first, so that what is new finds them; what ends goes last, when nothing points at it any more."""
    content = brought.content
    _district(brought, place)
    report("areas")
    rows = RowsStep(brought)
    rows.move_areas()
    writer = Writer(content, report=report)
    new, _ = writer.write()
    brought.added |= {name: count for name, count in new.items() if name not in ("responsibilities",)}
    report("changes")
    rows.change()
    report("people")
    PeopleStep(brought, writer).change()
    report("ends")
    rows.end()


def _district(brought: Brought, place: District) -> None:
    facts = brought.content.value("package")
    changed = [name for name in DISTRICT_FACTS if name in facts and getattr(place, name) != facts[name]]
    if not changed:
        return
    row = District.objects.get(pk=place.pk)
    for name in changed:
        setattr(row, name, facts[name])
    row.save(update_fields=changed)
    brought.tell("district", "changed", place.code, *changed)


def _refuse_pending() -> None:
    """A redraw or merger that is prepared for a later day would be crossed by an import of today."""
    for model in (Area, Unit):
        ahead = model.objects.filter(valid_from__gt=today()) | model.objects.filter(valid_to__gt=today())
        first = ahead.order_by("valid_from").first()
        if first is not None:
            day = first.valid_from if first.valid_from > today() else first.valid_to
            raise Refused("change_pending", code=first.code, name=first.name, day=day.isoformat())


def _note(brought: Brought) -> None:
    """One line in the journal, on the district's own area: how much, by table; the rows tell the rest."""
    top = Area.objects.on().get(kind=Area.Kind.DISTRICT)
    notes.change("package", top.id, "import", system="package", counts=brought.summary())
