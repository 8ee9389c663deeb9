"""From records to rows (写入): in the order in which rows point at each other, in bulk, what is missing only."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.db import models
from shapely.geometry import shape

from jiedao.doors.package.content import Content
from jiedao.doors.package.overrides import changes_of, resolve
from jiedao.doors.package.publish import Publisher
from jiedao.doors.package.records import UnitRecord
from jiedao.doors.package.write_people import People
from jiedao.ground.people.models import Establishment, Link, Post, PostKind, Tie, Unit
from jiedao.ground.places import locate
from jiedao.ground.places.models import Area, Site
from jiedao.ground.terms.models import Term

BATCH = 500
Report = Callable[[str], None]


class Writer:
    """One run over one package. `dry` counts and writes nothing."""

    def __init__(self, content: Content, dry: bool = False, report: Report = lambda line: None) -> None:
        self.content = content
        self.dry = dry
        self.report = report
        self.since = date.fromisoformat(content.since)
        self.new: dict[str, int] = {}
        self.kept: dict[str, int] = {}
        self.fresh_posts: set[str] = set()
        self.fresh_people: set[str] = set()
        # What came of a merger is in force from the day of the merger.
        self.begins = {row.into: date.fromisoformat(row.on) for row in content.former}

    def write(self) -> tuple[dict[str, int], dict[str, int]]:
        areas = self._areas()
        self._terms()
        units = self._units(areas)
        self._former(units)
        posts = self._posts(units, areas)
        self._sites(areas)
        self._organisation(units, posts, areas)
        People(self).write(posts, units)
        publisher = Publisher(self.content, self.dry)
        publisher.lists(areas, units, posts)
        publisher.processes([resolve(code, changes) for code, changes in changes_of(self.content).items()])
        publisher.scores(self.content.score_rules.values())
        self.new |= publisher.new
        self.kept |= publisher.kept
        if not self.dry:
            locate.forget()
        return self.new, self.kept

    def _areas(self) -> dict[str, Area]:
        there = {area.code: area for area in Area.objects.filter(valid_to=None)}
        fresh = []
        for record in self.content.areas:
            if record.code in there:
                continue
            drawn = self.content.shapes.by_code[record.code]
            west, south, east, north = shape(drawn).bounds
            area = Area(
                kind=record.kind, grid_kind=record.grid_kind, code=record.code, name=record.name,
                name_en=record.name_en, parent=there.get(record.parent), path=record.path, valid_from=self.since,
                shape=drawn, west=west, south=south, east=east, north=north,
            )  # fmt: skip
            there[record.code] = area
            fresh.append(area)
        self.add("areas", Area, fresh, len(self.content.areas))
        return there

    def _terms(self) -> None:
        there = set(Term.objects.values_list("table", "code"))
        fresh = [
            Term(
                table=record.table, code=record.code, name=record.name, name_en=record.name_en, facts=record.facts,
                rank=record.rank, source=record.source,
            )
            for record in self.content.terms if (record.table, record.code) not in there
        ]  # fmt: skip
        self.add("terms", Term, fresh, len(self.content.terms))

    def _units(self, areas: dict[str, Area]) -> dict[str, Unit]:
        there = {unit.code: unit for unit in Unit.objects.filter(valid_to=None)}
        fresh = []
        waiting = [record for record in self.content.units if record.code not in there]
        while waiting:
            # Parents first, wherever the file has them; a circle was refused before.
            ready = [record for record in waiting if not record.parent or record.parent in there]
            for record in ready:
                unit = self._unit(record, there.get(record.parent), areas)
                there[record.code] = unit
                fresh.append(unit)
            waiting = [record for record in waiting if record.code not in there]
        self.add("units", Unit, fresh, len(self.content.units))
        return there

    def _unit(self, record: UnitRecord, parent: Unit | None, areas: dict[str, Area]) -> Unit:
        unit = Unit(
            code=record.code, kind=record.kind, level=record.level, name=record.name, name_en=record.name_en,
            second_name=record.second_name, second_name_en=record.second_name_en, side=record.side,
            serves=record.serves, parent=parent, area=areas.get(record.area), duty_phone=record.duty_phone,
            valid_from=self.begins.get(record.code, self.since),
        )  # fmt: skip
        unit.above = [unit.id, *(parent.above if parent else ())]
        return unit

    def _former(self, units: dict[str, Unit]) -> None:
        """The bodies that were merged end on that day, and what came of them says so."""
        there = set(Unit.objects.exclude(valid_to=None).values_list("code", flat=True))
        fresh, into = [], {}
        for record in self.content.former:
            if record.code in there:
                continue
            parent, heir = units.get(record.parent), units[record.into]
            former = Unit(
                code=record.code, kind=record.kind, level=record.level, name=record.name, name_en=record.name_en,
                parent=parent, valid_from=self.since, valid_to=date.fromisoformat(record.on),
            )  # fmt: skip
            former.above = [former.id, *(parent.above if parent else ())]
            heir.came_from = [*heir.came_from, former.id]
            into[heir.code] = heir
            fresh.append(former)
        self.add("former_units", Unit, fresh, len(self.content.former))
        if not self.dry and into:
            Unit.objects.bulk_update(into.values(), ["came_from"], batch_size=BATCH)

    def _posts(self, units: dict[str, Unit], areas: dict[str, Area]) -> dict[str, Post]:
        kinds = {kind.code: kind for kind in PostKind.objects.all()}
        written = self.content.value("units")["post_kinds"]
        fresh_kinds = [
            PostKind(
                code=kind["code"], name=kind["name"], name_en=kind["name_en"],
                second_factor=kind.get("second_factor", False), rank=kind.get("rank", 0),
                desks=kind.get("desks", []),
            )
            for kind in written if kind["code"] not in kinds
        ]  # fmt: skip
        kinds |= {kind.code: kind for kind in fresh_kinds}
        self.kinds = kinds
        self.add("post_kinds", PostKind, fresh_kinds, len(written))
        there = {post.code: post for post in Post.objects.filter(valid_to=None)}
        fresh = [
            Post(
                code=record.code, unit=units[record.unit], kind=kinds[record.kind], name=record.name,
                name_en=record.name_en, area=areas.get(record.area), duty=record.duty, slot=record.slot,
                staff_kind=record.staff_kind, valid_from=self.begins.get(record.unit, self.since),
            )
            for record in self.content.posts if record.code not in there
        ]  # fmt: skip
        self.add("posts", Post, fresh, len(self.content.posts))
        self.fresh_posts = {post.code for post in fresh}
        return there | {post.code: post for post in fresh}

    def _sites(self, areas: dict[str, Area]) -> None:
        there = set(Site.objects.filter(valid_to=None).values_list("code", flat=True))
        fresh = [
            Site(
                code=record.code, kind=record.kind, name=record.name, name_en=record.name_en, address=record.address,
                area=areas.get(record.area), lon=record.lon, lat=record.lat, facts=record.facts, valid_from=self.since,
            )
            for record in self.content.sites if record.code not in there
        ]  # fmt: skip
        self.add("sites", Site, fresh, len(self.content.sites))

    def _organisation(self, units: dict[str, Unit], posts: dict[str, Post], areas: dict[str, Area]) -> None:
        """Posts tied together, posts approved, leaders linked."""
        known = set(Tie.objects.values_list("code", flat=True))
        ties = [
            Tie(
                code=row["code"], leads=self.kinds[row["leads"]], follows=self.kinds[row["follows"]],
                within=row["within"], by_itself=row.get("by_itself", False), source=row.get("source", ""),
            )
            for row in self.content.ties if row["code"] not in known
        ]  # fmt: skip
        self.add("ties", Tie, ties, len(self.content.ties))
        approved = set(Establishment.objects.filter(valid_to=None).values_list("unit__code", "staff_kind"))
        rows = [
            Establishment(
                unit=units[row.unit], staff_kind=row.staff_kind, approved=row.approved, source=row.source,
                moved_from=units.get(row.moved_from), moved=row.moved,
                moved_on=date.fromisoformat(row.moved_on) if row.moved_on else None,
                valid_from=self.begins.get(row.unit, self.since),
            )
            for row in self.content.establishments if (row.unit, row.staff_kind) not in approved
        ]  # fmt: skip
        self.add("establishments", Establishment, rows, len(self.content.establishments))
        linked = {(a, b or "", c or "", d) for a, b, c, d in _links()}
        links = [
            Link(
                post=posts[row.post], area=areas.get(row.area), unit=units.get(row.unit), field=row.field,
                valid_from=self.since,
            )
            for row in self.content.links if (row.post, row.area, row.unit, row.field) not in linked
        ]  # fmt: skip
        self.add("links", Link, links, len(self.content.links))

    def add(self, name: str, model: type[models.Model], rows: Iterable[Any], total: int) -> None:
        rows = list(rows)
        self.new[name], self.kept[name] = len(rows), total - len(rows)
        if not self.dry and rows:
            model._default_manager.bulk_create(rows, batch_size=BATCH)
            self.report(f"{name}: {len(rows)}")


def _links() -> Iterable[tuple[str, str | None, str | None, str]]:
    return Link.objects.filter(valid_to=None).values_list("post__code", "area__code", "unit__code", "field")
