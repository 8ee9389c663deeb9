"""What an import changes and ends among areas, units, posts, terms, sites and approved posts (导入：变更与终止)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from shapely.geometry import shape

from jiedao.doors.package.records import AreaRecord
from jiedao.ground.duties.models import Responsibility
from jiedao.ground.people.models import Establishment, Link, Post, PostKind, Tenure, Tie, Unit
from jiedao.ground.places.models import Area, Site
from jiedao.ground.terms.models import Term
from jiedao.kit.clock import today
from jiedao.kit.refusal import Refused
from jiedao.record.models import DispatchOrder

if TYPE_CHECKING:
    from jiedao.doors.package.bring import Brought

BATCH = 500
_HERE = {"areas": Area, "units": Unit, "posts": Post, "sites": Site}


class RowsStep:
    """The part of an import that is about things, not people."""

    def __init__(self, brought: "Brought") -> None:
        self.brought = brought
        self.content = brought.content

    def move_areas(self) -> None:
        """An area whose border, kind or place in the tree is another ends, and a new row of its code begins (G1)."""
        there = {area.code: area for area in Area.objects.on().select_related("parent")}
        for record in self.content.areas:
            area = there.get(record.code)
            if area is None:
                continue
            fields = [name for name in ("name", "name_en") if getattr(area, name) != getattr(record, name)]
            for name in fields:
                setattr(area, name, getattr(record, name))
            if fields:
                area.save(update_fields=fields)
                self.brought.tell("areas", "changed", area.code, *fields)
            drawn = self.content.shapes.by_code[record.code]
            if area.shape != drawn or area.grid_kind != record.grid_kind or area.path != record.path:
                self.brought.tell("areas", "changed", area.code, "border")
                there[record.code] = self._redrawn(area, record, drawn, there.get(record.parent))

    def _redrawn(self, area: Area, record: AreaRecord, drawn: dict[str, Any], parent: Area | None) -> Area:
        west, south, east, north = shape(drawn).bounds
        facts: dict[str, Any] = {
            "grid_kind": record.grid_kind, "path": record.path, "parent": parent, "shape": drawn, "west": west,
            "south": south, "east": east, "north": north,
        }  # fmt: skip
        if area.valid_from >= today():
            Area.objects.filter(pk=area.pk).update(**facts)
            return Area.objects.get(pk=area.pk)
        Area.objects.filter(pk=area.pk).update(valid_to=today())
        new = Area(
            kind=area.kind, code=area.code, name=area.name, name_en=area.name_en, valid_from=today(),
            came_from=[area.id], **facts,
        )  # fmt: skip
        new.save(force_insert=True)
        # Everything in force goes along; cases keep the row they happened in.
        Area.objects.filter(parent=area, valid_to=None).update(parent=new)
        for model in (Unit, Post, Site, Link):
            model.objects.filter(area=area, valid_to=None).update(area=new)  # type: ignore[attr-defined]
        Responsibility.objects.filter(area=area, item__list__valid_to=None).update(area=new)
        return new

    def change(self) -> None:
        self._terms()
        self._units()
        self._posts()
        self._sites()
        self._ties()
        self._establishments()

    def _set(self, table: str, row: Any, code: str, **facts: Any) -> None:
        """Saves what differs, and tells it."""
        changed = [name for name, value in facts.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, facts[name])
        if changed:
            row.save(update_fields=changed)
            self.brought.tell(table, "changed", code, *(name.removesuffix("_id") for name in changed))

    def _terms(self) -> None:
        there = {(term.table, term.code): term for term in Term.objects.all()}
        for said in self.content.terms:
            facts = {"name": said.name, "name_en": said.name_en, "facts": said.facts, "rank": said.rank}
            row = there[said.table, said.code]
            self._set("terms", row, f"{said.table} {said.code}", **facts, source=said.source)
        kinds = {kind.code: kind for kind in PostKind.objects.all()}
        for kind in self.content.value("units")["post_kinds"]:
            facts = {"name": kind["name"], "name_en": kind["name_en"], "rank": kind.get("rank", 0)}
            second = kind.get("second_factor", False)
            desks = kind.get("desks", [])
            self._set("post_kinds", kinds[kind["code"]], kind["code"], **facts, second_factor=second, desks=desks)

    def _units(self) -> None:
        there = {unit.code: unit for unit in Unit.objects.on()}
        areas = dict(Area.objects.on().values_list("code", "id"))
        for said in self.content.units:
            parent = there.get(said.parent)
            self._set(
                "units", there[said.code], said.code, kind=said.kind, level=said.level, name=said.name,
                name_en=said.name_en, second_name=said.second_name, second_name_en=said.second_name_en, side=said.side,
                serves=said.serves, duty_phone=said.duty_phone, parent_id=parent.id if parent else None,
                area_id=areas.get(said.area),
            )  # fmt: skip
        self._lines_of_command(there)

    def _lines_of_command(self, units: dict[str, Unit]) -> None:
        """`above` follows a unit that hangs elsewhere now, and all below it."""
        by_id = {unit.id: unit for unit in units.values()}
        moved = []
        for unit in units.values():
            above, over = [unit.id], by_id.get(unit.parent_id)
            while over is not None:
                above.append(over.id)
                over = by_id.get(over.parent_id)
            if unit.above != above:
                unit.above = above
                moved.append(unit)
        Unit.objects.bulk_update(moved, ["above"], batch_size=BATCH)

    def _posts(self) -> None:
        there = {post.code: post for post in Post.objects.on()}
        units = dict(Unit.objects.on().values_list("code", "id"))
        kinds = dict(PostKind.objects.values_list("code", "id"))
        areas = dict(Area.objects.on().values_list("code", "id"))
        for said in self.content.posts:
            self._set(
                "posts", there[said.code], said.code, unit_id=units[said.unit], kind_id=kinds[said.kind],
                name=said.name, name_en=said.name_en, area_id=areas.get(said.area), duty=said.duty, slot=said.slot,
                staff_kind=said.staff_kind,
            )  # fmt: skip

    def _sites(self) -> None:
        there = {site.code: site for site in Site.objects.on()}
        areas = dict(Area.objects.on().values_list("code", "id"))
        for said in self.content.sites:
            self._set(
                "sites", there[said.code], said.code, kind=said.kind, name=said.name, name_en=said.name_en,
                address=said.address, area_id=areas.get(said.area), lon=said.lon, lat=said.lat, facts=said.facts,
            )  # fmt: skip

    def _ties(self) -> None:
        kinds = dict(PostKind.objects.values_list("code", "id"))
        there = {tie.code: tie for tie in Tie.objects.all()}
        for said in self.content.ties:
            self._set(
                "ties", there[said["code"]], said["code"], leads_id=kinds[said["leads"]],
                follows_id=kinds[said["follows"]], within=said["within"], by_itself=said.get("by_itself", False),
                source=said.get("source", ""),
            )  # fmt: skip
        for code in there.keys() - {said["code"] for said in self.content.ties}:
            there[code].delete()
            self.brought.tell("ties", "ended", code)

    def _establishments(self) -> None:
        """Another number of approved posts is a new row from today, the former ends."""
        units = dict(Unit.objects.on().values_list("code", "id"))
        rows = Establishment.objects.on().select_related("unit")
        there = {(row.unit.code, row.staff_kind): row for row in rows}
        for said in self.content.establishments:
            row = there.pop((said.unit, said.staff_kind))
            facts = {
                "approved": said.approved, "moved_from_id": units.get(said.moved_from), "moved": said.moved,
                "source": said.source,
            }  # fmt: skip
            changed = [name for name, value in facts.items() if getattr(row, name) != value]
            if str(row.moved_on or "") != said.moved_on:
                changed.append("moved_on")
            if changed:
                Establishment.objects.filter(pk=row.pk).update(valid_to=today())
                Establishment(
                    unit=row.unit,
                    staff_kind=row.staff_kind,
                    moved_on=said.moved_on or None,
                    valid_from=today(),
                    **facts,
                ).save(force_insert=True)
                code = f"{said.unit} {said.staff_kind}"
                self.brought.tell("establishments", "changed", code, *(name.removesuffix("_id") for name in changed))
        self._close("establishments", {f"{unit} {kind}": row for (unit, kind), row in there.items()})

    def end(self) -> None:
        """What the package no longer has ends today. Refuses `unit_has_open_work`."""
        said = {"areas": self.content.areas, "units": self.content.units, "posts": self.content.posts}
        said |= {"sites": self.content.sites}
        gone: dict[str, dict[str, Any]] = {}
        for table, model in _HERE.items():
            codes = {record.code for record in said[table]}
            gone[table] = {row.code: row for row in model.objects.on() if row.code not in codes}  # type: ignore[attr-defined]
        busy = DispatchOrder.objects.open().filter(unit__in=gone["units"].values()).values_list("unit__code", flat=True)
        if codes_ := sorted(set(busy)):
            raise Refused("unit_has_open_work", units=codes_[:20])
        Tenure.objects.on().filter(post__in=gone["posts"].values()).update(valid_to=today())
        linked = {(link.post, link.area, link.unit, link.field) for link in self.content.links}
        links = {}
        for row in Link.objects.on().select_related("post", "area", "unit"):
            key = (row.post.code, row.area.code if row.area else "", row.unit.code if row.unit else "", row.field)
            if key not in linked:
                links[" ".join(part for part in key if part)] = row
        self._close("links", links)
        for table in ("posts", "sites", "units", "areas"):
            self._close(table, gone[table])

    def _close(self, table: str, rows: dict[str, Any]) -> None:
        for code, row in sorted(rows.items()):
            # A span is at least a day; what began today is in force until tomorrow.
            row.valid_to = max(today(), row.valid_from + timedelta(days=1))
            self.brought.tell(table, "ended", code)
        _save(rows.values())


def _save(rows: Iterable[Any]) -> None:
    rows = list(rows)
    if rows:
        type(rows[0]).objects.bulk_update(rows, ["valid_to"], batch_size=BATCH)
