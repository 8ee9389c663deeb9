"""Appraisals (评分考核): periods opened, rated, computed, put up, contested, corrected, frozen, each by the verbs of the desk."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from jiedao.doors.notify import listeners
from jiedao.doors.rehearsal.cast import HANDLERS
from jiedao.doors.rehearsal.scene import Scene, often
from jiedao.doors.rehearsal.stage import Story
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.clock import local
from jiedao.kit.ports import chance
from jiedao.lines.patrol import scope
from jiedao.lines.patrol.actions import briefing
from jiedao.lines.scores import desk, objections, periods, rulebook, subjects, windows
from jiedao.lines.scores.figures import opened
from jiedao.lines.scores.models import Objection, Period
from jiedao.lines.scores.rules import Rule

RATERS = ("community_secretary", "squad_head", "director", "deputy_director", "office_head", *HANDLERS)

MONTHS: dict[str, tuple[tuple[str, int], ...]] = {
    "gulou": (("three_rates", 2), ("three_rates", 1), ("case_indicators", 1), ("whistles", 1), ("three_rates", 0)),
    "guangming": (("mobile_staff", 1), ("road_presence", 1)),
}
"""Which rules are played for which month, by how many months it lies back."""
YEARS = {
    "jianghan": ("two_way_departments", "two_way_streets"),
    "gulou": ("department_year",),
    "neijiang": ("stationed_heads",),
    "liunan": ("department_appraisal",),
}
"""Which rules are played for the last full year."""

CHECKS = 4
"""How often an inspector looks for each squad in the month."""
MOST = 3
"""How many bodies rate one line: those that had to do with it."""
FIGURES = {
    "three_rates": ("resolution", "response", "satisfaction"),
    "case_indicators": ("on_time_handling", "closing"),
    "whistles": ("completion",),
    "road_presence": ("presence",),
}
"""The figures of a rule whose lost points a unit contests, the first that lost any."""

UPHELD = ("该件经复核不在本单位职责清单内，派单当日未附主办依据，不应计入本期。",
          "职责清单截图 1 份、派单记录 1 份（演示）", "经核对职责清单，该事项确不由该单位主办，予以剔除。")  # fmt: skip
DISMISSED = ("该件已按期办结，诉求人口头表示认可。", "现场照片 2 张、签收单 1 份（演示）",
             "回访记录为未解决，照片不能证明诉求人所述问题已消除，维持原评分。")  # fmt: skip
WEATHER = ("办理期间遇连续降雨，现场无法作业。", "气象记录 1 份（演示）", "气象记录与该件办理时段不符，维持原评分。")
ANEW = ("该项得分与平时记录不符，请重新核对。", "考勤与工作日志各 1 份（演示）", "日志可以证明，请评分方重新打分。")
ANEW_UNIT = (
    "评分与全年双向派单办理情况不符，请重新核对。",
    "全年派单办结清单 1 份（演示）",
    "清单属实，请评分方重新打分。",
)


@dataclass(frozen=True)
class Keepers:
    """Who computes, who publishes and freezes, who reads objections: three people."""

    first: Actor
    second: Actor
    reader: Actor

    @classmethod
    def of(cls, scene: Scene) -> "Keepers":
        return cls(scene.cast.one("dispatcher"), scene.cast.one("supervisor"), scene.cast.one("district_leader"))


def plan(label: str, scene: Scene) -> None:
    """Puts the periods of a district on the agenda: each is opened shortly before its window ends."""
    ends, keepers = scene.stage.ends, Keepers.of(scene)
    for code, back in MONTHS.get(label, ()):
        _put(scene, keepers, code, _day(ends, code, back))
        if code == "road_presence":
            rule = rulebook.text_of(rulebook.in_force(code))
            scene.stage.plan(windows.around(_day(ends, code, back), rule)[0], looked_for(scene))
    for code in YEARS.get(label, ()):
        _put(scene, keepers, code, date(local(ends).year - 1, 1, 1))


def _day(ends: datetime, code: str, back: int) -> date:
    rule = rulebook.text_of(rulebook.in_force(code))
    day = windows.at(ends, rule)
    for _ in range(back):
        day = windows.before(day, rule)
    return day


def _put(scene: Scene, keepers: Keepers, code: str, day: date) -> None:
    rule = rulebook.text_of(rulebook.in_force(code))
    begins, ends = windows.around(day, rule)
    at = max(begins, ends - timedelta(days=6 if rule.by_marks else 2))
    if at >= scene.stage.ends:
        at = scene.stage.ends - timedelta(hours=1)
    scene.stage.plan(at, told(scene, keepers, code, windows.name(day, rule)))


def told(scene: Scene, keepers: Keepers, code: str, called: str) -> Story:
    """One period from its opening to its end, as far as the days go."""
    period = scene.act(None, periods.open_period, code, called, by=keepers.first)
    if period is None:
        return
    rule = periods.rule_of(period)
    if rule.by_marks:
        yield scene.stage.office(6)
        rated(scene, period, rule)
    yield period.ends_at - scene.stage.now
    yield scene.stage.office(2)
    if not scene.act(None, periods.merge, period, by=keepers.first):
        return
    yield scene.stage.office(4)
    if published := scene.act(None, periods.publish, period, by=keepers.second):
        listeners.scores_up(published)
    yield scene.stage.office(7)
    if rule.by_marks:
        yield from contested_marks(scene, keepers, period, rule)
    else:
        yield from contested(scene, keepers, period, rule)
    period.refresh_from_db()
    if period.objections_until:
        yield period.objections_until - scene.stage.now
        yield scene.stage.office(2)
        if frozen := scene.act(None, periods.freeze, period, by=keepers.second):
            listeners.scores_final(frozen)
            confirmed(scene, keepers, frozen, rule)


def looked_for(scene: Scene) -> Story:
    """Somebody of the sub-district looks for its squads on the road, again and again; most are met."""
    clerks = scene.cast.everybody("subdistrict_clerk", "inspector")[:40]
    inspector = max(clerks, key=lambda by: len(scope.squads(by, scope.CHECK)))
    mine = scope.squads(inspector, scope.CHECK)
    squads = [unit for unit in scene.cast.units.values() if unit.kind == Unit.Kind.SQUAD and unit.id in mine]
    for _ in range(CHECKS):
        for squad in squads:
            yield scene.stage.office(4)
            met = often(0.92)
            scene.act(None, briefing.spot_check, squad, by=inspector, place="主干道路口（演示）", met=met)


def contested(scene: Scene, keepers: Keepers, period: Period, rule: Rule) -> Story:
    """Two units contest an order each: one is upheld and taken out, the other is dismissed; both with reasons."""
    lost = _lost(scene, period, rule)
    for (reason, evidence, why), kind, upheld in ((UPHELD, "not_on_list", True), (DISMISSED, "wrong_fact", False)):
        unit, order, number = next(lost, (None, "", ""))
        by = scene.cast.of_unit(unit, "unit_head", "squad_head", "handler") if unit else None
        if unit is None or by is None:
            return
        if kind not in rule.exclusions:
            (reason, evidence, why), kind = WEATHER, list(rule.exclusions)[-1]
        raised = scene.act(
            None, objections.raise_, period, unit.code, by=by, reason=reason, evidence=evidence, kind=kind,
            number=number, order_id=UUID(order),
        )  # fmt: skip
        yield scene.stage.office(6)
        if raised:
            scene.act(None, objections.decide, raised, by=keepers.reader, upheld=upheld, reasons=why)


def _lost(scene: Scene, period: Period, rule: Rule) -> Iterator[tuple[Unit, str, str]]:
    """Orders that cost their unit something: one of each unit first, then further ones; each order once."""
    rows = periods.frozen_rows(periods.latest(period))
    found: dict[str, tuple[int, Unit, str, str]] = {}
    for unit in periods.units_of(rule):
        nth = 0
        for figure in FIGURES[rule.code]:
            for row, gives, _ in opened(rows, rule, unit.code, figure).rows:
                if not gives and row[1] not in found:
                    found[row[1]] = nth, unit, row[1], row[2]
                    nth += 1
    for _, unit, order, number in sorted(found.values(), key=lambda one: (one[0], one[1].code, one[3])):
        yield unit, order, number


def rated(scene: Scene, period: Period, rule: Rule) -> None:
    """Every rater marks every line that is his."""
    raters: dict[tuple[UUID | None, UUID | None], list[Actor]] = {}
    for subject in subjects.lines(period):
        placed = (subject.command.id if subject.command else None, subject.home.id if subject.home else None)
        if placed not in raters:
            raters[placed] = _raters(scene, subject, rule)
        for by in chance.sample(raters[placed], min(MOST, len(raters[placed]))):
            side = subjects.side_of(by, subject, rule)
            if side:
                scene.act(None, subjects.mark, period, subject.code, by=by, points=_points(rule, side[0], by))


def _raters(scene: Scene, subject: subjects.Subject, rule: Rule) -> list[Actor]:
    """One for each body that rates a line."""
    found: dict[tuple[str, UUID], Actor] = {}
    for by in scene.cast.everybody(*RATERS):
        side = subjects.side_of(by, subject, rule)
        if side and (side[0], side[1].id) not in found:
            found[side[0], side[1].id] = by
    return list(found.values())


def _points(rule: Rule, side: str, by: Actor) -> dict[str, str]:
    """Marks as they are given: most of them high, some of them not."""
    lowest = chance.choice((62, 74, 80, 85, 88))
    return {aspect: str(min(100, lowest + chance.randint(0, 14))) for aspect in rule.raters[side].aspects}


def contested_marks(scene: Scene, keepers: Keepers, period: Period, rule: Rule) -> Story:
    """Who stands lowest contests the line; it is upheld, the rater marks anew, and a new statement follows."""
    figures = periods.latest(period).figures
    scored = [(float(line["score"]), code) for code, line in figures.items() if line.get("score")]
    if not scored:
        return
    subject = subjects.line(period, min(scored)[1])
    by = _speaker(scene, subject)
    reason, evidence, why = ANEW if rule.about_persons else ANEW_UNIT
    raised = by and scene.act(None, objections.raise_, period, subject.code, by=by, reason=reason, evidence=evidence)
    if not isinstance(raised, Objection):
        return
    yield scene.stage.office(6)
    scene.act(None, objections.decide, raised, by=keepers.reader, upheld=True, reasons=why)
    yield scene.stage.office(3)
    for rater in _raters(scene, subject, rule)[-1:]:
        side = subjects.side_of(rater, subject, rule)
        if side:
            points = dict.fromkeys(rule.raters[side[0]].aspects, "86")
            scene.act(None, subjects.mark, period, subject.code, by=rater, points=points, why="复核后重新打分")
    scene.act(None, objections.renew, raised, by=keepers.reader)


def _speaker(scene: Scene, subject: subjects.Subject) -> Actor | None:
    """Who speaks for a line: the person, or somebody of the unit."""
    if subject.unit is not None:
        return scene.cast.of_unit(subject.unit, "unit_head", "handler", "office_head", "director")
    everybody = scene.cast.everybody()
    return next((one for one in everybody if one.person and one.person.id == subject.person_id), None)


def confirmed(scene: Scene, keepers: Keepers, period: Period, rule: Rule) -> None:
    """A named person confirms the grades of the first body; the others are advice still."""
    if not rule.grades:
        return
    statement, first = periods.latest(period), None
    for subject in subjects.lines(period):
        first = first or subject.command
        if subject.command == first and statement.figures.get(subject.code, {}).get("grade"):
            scene.act(None, desk.confirm, statement, subject.code, by=keepers.second)
