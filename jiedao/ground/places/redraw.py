"""Redraw (网格调整): borders of grids prepared, changed, tried, published with a date, or dropped.

A published redraw ends rows of areas on its day and begins new ones that name the rows they came from. Nothing of
today changes, and what happened before keeps the row it happened in.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from shapely.geometry import LineString

from jiedao.ground.journal import notes, receipts
from jiedao.ground.people.actor import Actor
from jiedao.ground.people.models import Unit
from jiedao.ground.places import codes, cuts, following, plots, trial
from jiedao.ground.places.cuts import Change
from jiedao.ground.places.models import Redraw
from jiedao.ground.places.plots import Board
from jiedao.ground.terms import competence
from jiedao.kit.clock import now, today
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Absent, Refused
from jiedao.kit.text import clean

WHAT = "grids"
MOST = 2_000
"""Changes in one redraw: more than the grids of a district."""

LONGEST = 80
"""Characters of a name."""


@dataclass
class Draft:
    """A redraw under the lock of its row, with the boards of its day."""

    redraw: Redraw
    by: Actor

    @property
    def before(self) -> Board:
        return plots.board(self.redraw.effective_on)

    @property
    def after(self) -> Board:
        return cuts.applied(self.before, self.redraw.changes)

    def add(self, change: Change) -> None:
        """Adds a change if it can be done; refuses what the actor does not keep."""
        if len(self.redraw.changes) >= MOST:
            raise Refused("too_many_changes", most=MOST)
        after = self.after
        result = cuts.applied(after, [change])
        for code in trial.touched(after, result):
            _require(self.by, (result.get(code) or after[code]).parent)
        self.redraw.changes.append(change)
        self.redraw.save(update_fields=["changes"])
        self.note("change", op=change["op"], step=len(self.redraw.changes))

    def note(self, verb: str, **facts: Any) -> None:
        person, post = self.by.person, self.by.post
        notes.change(
            "redraw",
            self.redraw.id,
            verb,
            person_id=person.id if person else None,
            post_id=post.id if post else None,
            system=self.by.name,
            **facts,
        )


def found(pk: UUID) -> Redraw:
    """A redraw, whatever became of it. `Absent` if there is none."""
    row = Redraw.objects.filter(pk=pk).first()
    if row is None:
        raise Absent
    return row


def every() -> list[Redraw]:
    """All redraws that were not dropped: drafts first, then the published by their day, the latest first."""
    rows = Redraw.objects.filter(dropped_at=None).order_by("-effective_on", "-made_at")
    return sorted(rows, key=lambda row: row.published_at is not None)


def boards(row: Redraw) -> tuple[Board, Board]:
    """Grids as they are on the day of a draft and as it would make them; of a published one, as it was and made them."""
    if row.published_at is None:
        before = plots.board(row.effective_on)
        return before, cuts.applied(before, row.changes)
    return plots.board(row.effective_on - timedelta(days=1)), plots.board(row.effective_on)


@contextmanager
def _held(pk: UUID, by: Actor) -> Iterator[Draft]:
    """A draft to be changed. Two keepers at once would otherwise both write the list of changes."""
    competence.require(by, WHAT)
    with receipts.whole():
        row = Redraw.objects.select_for_update().filter(pk=pk).first()
        if row is None:
            raise Absent
        if row.published_at or row.dropped_at:
            raise Refused("redraw_settled", redraw=row.name)
        yield Draft(row, by)


def _require(by: Actor, parent: str) -> None:
    """Whoever keeps only what belongs to the own body keeps the grids of its communities."""
    unit = Unit.objects.on().filter(code=parent).first()
    competence.require(by, WHAT, unit)  # type: ignore[arg-type]


def prepare(*, by: Actor, name: str, effective_on: date) -> Redraw:
    """Begins a redraw, empty."""
    competence.require(by, WHAT)
    with receipts.whole():
        row = Redraw(
            id=new_id(),
            name=_name(name),
            effective_on=_later(effective_on),
            made_at=now(),
            made_by=by.person.id if by.person else new_id(),
        )
        row.save(force_insert=True)
        Draft(row, by).note("prepare", effective_on=effective_on.isoformat())
    return row


def reschedule(pk: UUID, *, by: Actor, name: str, effective_on: date) -> None:
    """Another name or day for a draft. The changes are tried against the grids of that day."""
    with _held(pk, by) as draft:
        draft.redraw.name, draft.redraw.effective_on = _name(name), _later(effective_on)
        draft.after  # noqa: B018 -- refuses what does not fit that day
        draft.redraw.save(update_fields=["name", "effective_on"])
        draft.note("reschedule", effective_on=effective_on.isoformat())


def split(pk: UUID, *, by: Actor, code: str, line: Sequence[Sequence[float]], names: Sequence[str] = ()) -> None:
    """A grid cut by a line. The largest piece keeps the code; the others get the next ones and the names given."""
    with _held(pk, by) as draft:
        after = draft.after
        plot = cuts.drawn(after, code)
        pieces = cuts.cut(plot.shape, LineString(_points(line, 2)))
        taken = codes.ever_used() | set(after)
        into = [{"code": plot.code, "name": plot.name, "name_en": plot.name_en}]
        for nth in range(1, len(pieces)):
            new = codes.following(plot.parent, plot.grid_kind, taken)
            taken.add(new)
            named = _name(names[nth - 1]) if len(names) >= nth and names[nth - 1].strip() else f"{plot.name}-{nth + 1}"
            into.append({"code": new, "name": named[:LONGEST], "name_en": _english(plot.name_en, nth)})
        draft.add({"op": "split", "code": code, "line": _points(line, 2), "into": into})


def _english(name: str, nth: int) -> str:
    return f"{name}-{nth + 1}"[:120] if name else ""


def merge(pk: UUID, *, by: Actor, codes: Sequence[str], keeps: str = "", name: str = "", name_en: str = "") -> None:
    """Neighbours made one, under the code and name of one of them."""
    with _held(pk, by) as draft:
        after = draft.after
        merged = list(dict.fromkeys(codes))
        kept = cuts.grid(after, keeps or (merged[0] if merged else ""))
        if kept.code not in merged:
            raise Refused("unknown_grid", given=kept.code)
        told = {"code": kept.code, "name": _name(name or kept.name), "name_en": (name_en or kept.name_en)[:120]}
        draft.add({"op": "merge", "codes": merged, **told})


def move(pk: UUID, *, by: Actor, code: str, points: Sequence[tuple[Sequence[float], Sequence[float]]]) -> None:
    """Points of a grid's border moved, from where to where; its neighbours move along."""
    with _held(pk, by) as draft:
        draft.add({"op": "move", "code": code, "points": [_points(pair, 2) for pair in points]})


def add(pk: UUID, *, by: Actor, parent: str, grid_kind: str, shape: Change, named: Change) -> None:
    """A new grid. `named`: name, name_en, and a code, else the next free one of its sort."""
    with _held(pk, by) as draft:
        taken = codes.ever_used() | set(draft.after)
        code = named.get("code", "")
        own = codes.check(code, parent, grid_kind) if code else codes.following(parent, grid_kind, taken)
        if own in taken:
            raise Refused("code_taken", code=own)
        told = {"code": own, "name": _name(named["name"]), "name_en": named.get("name_en", "")[:120]}
        draft.add({"op": "add", "parent": parent, "grid_kind": grid_kind, "shape": shape, **told})


def end(pk: UUID, *, by: Actor, code: str) -> None:
    """A grid that is no more."""
    with _held(pk, by) as draft:
        draft.add({"op": "end", "code": code})


def rename(pk: UUID, *, by: Actor, code: str, to: str = "", name: str = "", name_en: str = "") -> None:
    """Another name or number for the same ground. A code that was ever in use is not given again."""
    with _held(pk, by) as draft:
        plot = cuts.grid(draft.after, code)
        if to and to != code:
            codes.check(to, plot.parent, plot.grid_kind)
            if to in codes.ever_used():
                raise Refused("code_taken", code=to)
        told = {"to": to or code, "name": _name(name or plot.name), "name_en": (name_en or plot.name_en)[:120]}
        draft.add({"op": "rename", "code": code, **told})


def take_back(pk: UUID, *, by: Actor) -> None:
    """Takes the last change back."""
    with _held(pk, by) as draft:
        if not draft.redraw.changes:
            raise Refused("nothing_changed")
        op = draft.redraw.changes.pop()["op"]
        draft.redraw.save(update_fields=["changes"])
        draft.note("take_back", op=op, step=len(draft.redraw.changes) + 1)


def load(pk: UUID, *, by: Actor, changes: Sequence[Change]) -> None:
    """Changes read from a file, all or none."""
    with _held(pk, by) as draft:
        for change in changes:
            if change["op"] == "add" and not change["code"]:
                taken = codes.ever_used() | set(draft.after)
                change["code"] = codes.following(change["parent"], change["grid_kind"], taken)
            draft.add(change)


def drop(pk: UUID, *, by: Actor) -> None:
    """Gives a draft up. It is kept, and shown no more."""
    with _held(pk, by) as draft:
        draft.redraw.dropped_at = now()
        draft.redraw.save(update_fields=["dropped_at"])
        draft.note("drop")


def publish(pk: UUID, *, by: Actor) -> None:
    """Ends the rows that change on the day and begins the new ones. Refuses borders that do not fit."""
    with _held(pk, by) as draft:
        _alone()
        row, before, after = draft.redraw, draft.before, draft.after
        _later(row.effective_on)
        changed = trial.touched(before, after)
        if not changed:
            raise Refused("nothing_changed")
        for parent in {(after.get(code) or before[code]).parent for code in changed}:
            _require(by, parent)
        if wrong := [fault for fault in trial.faults(before, after) if fault.stops]:
            first = wrong[0]
            raise Refused("borders_do_not_fit", count=len(wrong), first=first.kind, areas=list(first.codes))
        ended = following.end_rows(before, changed, row.effective_on)
        begun = following.begin_rows(after, changed, row.effective_on)
        following.lead(ended, begun, after)
        row.published_at, row.published_by = now(), by.person.id if by.person else None
        row.save(update_fields=["published_at", "published_by"])
        draft.note("publish", effective_on=row.effective_on.isoformat(), ended=sorted(ended), begun=sorted(begun))
    following.forget()


def _alone() -> None:
    """Two redraws published at once would both end the same row; the second waits and finds it ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{connection.schema_name}:areas"])


def _later(day: date) -> date:
    """A day on which a redraw may begin: from tomorrow on, for what happened this morning has its grid already."""
    if day <= today():
        raise Refused("effective_too_soon", day=day.isoformat(), first=(today() + timedelta(days=1)).isoformat())
    if day > today() + timedelta(days=3 * 366):
        raise Refused("effective_too_late", day=day.isoformat())
    return day


def _name(text: str) -> str:
    name = clean(text, LONGEST, one_line=True)
    if not name:
        raise Refused("name_missing")
    return name


def _points(given: Sequence[Sequence[float]], least: int) -> list[list[float]]:
    made = [[round(float(lon), plots.DIGITS), round(float(lat), plots.DIGITS)] for lon, lat in given]
    if len(made) < least:
        raise Refused("line_too_short", least=least)
    for lon, lat in made:
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise Refused("outside_world", lon=lon, lat=lat)
    return made
