"""From records to rows (写入): in the order in which rows point at each other, in bulk, what is missing only."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import models
from shapely.geometry import shape

from jiedao.doors.package.content import Content
from jiedao.doors.package.overrides import changes_of, resolve
from jiedao.doors.package.publish import Publisher
from jiedao.ground.people.models import Account, Person, Post, PostKind, Tenure, Unit
from jiedao.ground.places import locate
from jiedao.ground.places.models import Area

BATCH = 500


class Writer:
    """One run over one package. `dry` counts and writes nothing."""

    def __init__(self, content: Content, dry: bool = False, report: Callable[[str], None] = lambda line: None) -> None:
        self.content = content
        self.dry = dry
        self.report = report
        self.since = date.fromisoformat(content.since)
        self.new: dict[str, int] = {}
        self.kept: dict[str, int] = {}
        self.fresh_posts: set[str] = set()

    def write(self) -> tuple[dict[str, int], dict[str, int]]:
        areas = self._areas()
        units = self._units(areas)
        posts = self._posts(units, areas)
        self._people(posts)
        publisher = Publisher(self.content, self.dry)
        publisher.lists(areas, units)
        publisher.processes([resolve(code, changes) for code, changes in changes_of(self.content).items()])
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
        self._add("areas", Area, fresh, len(self.content.areas))
        return there

    def _units(self, areas: dict[str, Area]) -> dict[str, Unit]:
        there = {unit.code: unit for unit in Unit.objects.filter(valid_to=None)}
        fresh = []
        waiting = [record for record in self.content.units if record.code not in there]
        while waiting:
            # Parents first, wherever the file has them; a circle was refused before.
            ready = [record for record in waiting if not record.parent or record.parent in there]
            for record in ready:
                parent = there.get(record.parent)
                unit = Unit(
                    code=record.code, kind=record.kind, level=record.level, name=record.name, name_en=record.name_en,
                    parent=parent, area=areas.get(record.area), duty_phone=record.duty_phone, valid_from=self.since,
                )  # fmt: skip
                unit.above = [unit.id, *(parent.above if parent else ())]
                there[record.code] = unit
                fresh.append(unit)
            waiting = [record for record in waiting if record.code not in there]
        self._add("units", Unit, fresh, len(self.content.units))
        return there

    def _posts(self, units: dict[str, Unit], areas: dict[str, Area]) -> dict[str, Post]:
        kinds = {kind.code: kind for kind in PostKind.objects.all()}
        written = self.content.value("units")["post_kinds"]
        fresh_kinds = [
            PostKind(
                code=kind["code"], name=kind["name"], name_en=kind["name_en"],
                second_factor=kind.get("second_factor", False), rank=kind.get("rank", 0),
            )
            for kind in written if kind["code"] not in kinds
        ]  # fmt: skip
        kinds |= {kind.code: kind for kind in fresh_kinds}
        self._add("post_kinds", PostKind, fresh_kinds, len(written))
        there = {post.code: post for post in Post.objects.filter(valid_to=None)}
        fresh = [
            Post(
                code=record.code, unit=units[record.unit], kind=kinds[record.kind], name=record.name,
                name_en=record.name_en, area=areas.get(record.area), valid_from=self.since,
            )
            for record in self.content.posts if record.code not in there
        ]  # fmt: skip
        self._add("posts", Post, fresh, len(self.content.posts))
        self.fresh_posts = {post.code for post in fresh}
        return there | {post.code: post for post in fresh}

    def _people(self, posts: dict[str, Post]) -> None:
        written = self.content.value("people")["people"]
        there = {person.code: person for person in Person.objects.all()}
        fresh = [
            Person(code=row["code"], name=row["name"], name_en=row.get("name_en", ""), phone=row.get("phone", ""))
            for row in written if row["code"] not in there
        ]  # fmt: skip
        everybody = there | {person.code: person for person in fresh}
        tenures = [
            Tenure(person=everybody[row["code"]], post=posts[code], valid_from=self.since)
            for row in written
            for code in row["posts"]
            # Who left a post the district already had does not come back by a second load.
            if row["code"] not in there or code in self.fresh_posts
        ]
        self._add("people", Person, fresh, len(written))
        self._add("tenures", Tenure, tenures, sum(len(row["posts"]) for row in written))
        self._accounts(written, everybody)

    def _accounts(self, written: list[dict[str, Any]], everybody: dict[str, Person]) -> None:
        there = set(Account.objects.values_list("username", flat=True))
        named = [row for row in written if row.get("account")]
        fresh = [
            # Nobody can sign in until a password is set: a package carries none.
            Account(
                username=row["account"], person=everybody[row["code"]], language=row.get("language", ""),
                password=make_password(None),
            )
            for row in named if row["account"] not in there
        ]  # fmt: skip
        self._add("accounts", Account, fresh, len(named))

    def _add(self, name: str, model: type[models.Model], rows: Iterable[Any], total: int) -> None:
        rows = list(rows)
        self.new[name], self.kept[name] = len(rows), total - len(rows)
        if not self.dry and rows:
            model._default_manager.bulk_create(rows, batch_size=BATCH)
            self.report(f"{name}: {len(rows)}")
