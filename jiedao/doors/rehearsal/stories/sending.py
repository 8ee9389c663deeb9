"""Sending (派单与等候): merged with a like one, sent to the unit the list names, waited for until all have ended."""

from jiedao.doors.rehearsal.scene import Scene, often
from jiedao.doors.rehearsal.stage import Story, Together, wait
from jiedao.doors.rehearsal.stories import disputes, units
from jiedao.ground.people import Actor
from jiedao.ground.people.models import Unit
from jiedao.kit.ports import chance
from jiedao.record.models import Case
from jiedao.record.queries import duplicates
from jiedao.stages import dispatch, triage

ROUNDS = 6


def merged(scene: Scene, case: Case, clerk: Actor) -> bool:
    """A clerk sees the same thing reported nearby, and lets this one follow that one."""
    case.refresh_from_db()
    like = [near for near in duplicates(case, clerk) if near.same_item]
    return bool(like) and often(0.7) and bool(scene.act(case, triage.merge, like[0].id, by=clerk))


def sent(scene: Scene, case: Case, by: Actor) -> Story:
    """Sends by the list; what the list's unit must not have goes to a department that helps, or to any."""
    case.refresh_from_db()
    if case.phase == "closed" or scene.open_orders(case):
        return
    known, routing = scene.cast.units, case.routing
    lead = next((u for pk, u in known.items() if str(pk) == routing.get("proposed_lead")), None)
    helpers = [u for pk, u in known.items() if str(pk) in routing.get("proposed_helpers", []) and often(0.5)]
    others = [u for u in (*helpers, chance.choice(scene.cast.departments)) if u.level == Unit.Level.DISTRICT]
    for unit in [u for u in (lead, *others) if u]:
        beside = [u for u in helpers if u.id != unit.id] if unit is lead else []
        if scene.act(case, dispatch.dispatch, by=by, lead=unit, helpers=beside, reason="" if unit is lead else "改派"):
            break
    if often(0.02) and (rows := scene.open_orders(case)):
        yield wait(6)
        if scene.act(rows[0], dispatch.recall, by=by, reason="派错单位，撤回重派。"):
            yield wait(4)
            scene.act(case, dispatch.dispatch, by=by, lead=chance.choice(others), reason="重新派单。")


def worked_on(scene: Scene, case: Case, resident: Actor | None) -> Story:
    """Until no order is open: units side by side, and another round where one gave its order back."""
    for _ in range(ROUNDS):
        rows = scene.open_orders(case)
        if not rows:
            return
        yield Together([units.order(scene, case, row) for row in rows])
        yield wait(5)
        if scene.state(case) == "ruling":
            yield scene.stage.office(2)
            disputes.ruled(scene, case)
        if scene.state(case) == "returned":
            yield scene.stage.office(1)
            dispatcher = scene.cast.one("dispatcher")
            scene.act(case, triage.classify, by=dispatcher, item=case.item)
            yield from sent(scene, case, dispatcher)


def until_children_end(scene: Scene, case: Case) -> Story:
    """A case with a whistle still running waits for it, a fortnight at most."""
    for _ in range(28):
        if not case.children.exclude(phase="closed").exists():
            return
        yield scene.stage.office(4)
