"""How reports come in (来件): found in a grid, seen by a resident, told on the telephone."""

from jiedao.doors.rehearsal.cast import GRID
from jiedao.doors.rehearsal.matters import KINDS, caller
from jiedao.doors.rehearsal.scene import Scene, often
from jiedao.doors.rehearsal.stage import Story, wait
from jiedao.doors.rehearsal.stories import calls, events, residents
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import Caller
from jiedao.ground.places.locate import locate
from jiedao.kit.clock import local
from jiedao.kit.ports import chance
from jiedao.record.models import Case
from jiedao.stages import intake


def found_in_grid(scene: Scene) -> Story:
    """A grid worker finds something; a third of it is solved on the spot."""
    told, item = scene.matters.told(scene.stage.now, "grid", Case.Kind.FINDING)
    area = locate(*told.point, local(scene.stage.now).date()) if told.point else None
    worker = (scene.cast.at(area.path, *GRID) if area else None) or scene.cast.one(*GRID)
    taken = scene.act(None, intake.report, told, by=worker)
    if taken is None:
        return
    case = scene.stage.opened(taken.case)
    yield wait(10)
    if often(0.3):
        scene.act(case, intake.solve_on_site, by=worker, text="现场已清理，商户已提醒。")
        return
    yield from events.road(scene, case, item, None)


def seen_by_resident(scene: Scene) -> Story:
    """A resident reports what he saw; four of five leave no name."""
    told, item = scene.matters.told(scene.stage.now, "resident", Case.Kind.FINDING)
    left = Caller(*caller()) if often(0.2) else None
    taken = scene.act(None, intake.report, told, by=Actor("resident"), caller=left)
    if taken is None:
        return
    case = scene.stage.opened(taken.case)
    resident = Actor.resident(taken.event.id, case.id)
    scene.stage.aside(residents.follows(scene, case, resident))
    yield from events.road(scene, case, item, resident)


def call(scene: Scene) -> Story:
    """Somebody rings the hotline, or writes, and wants an answer."""
    kind = chance.choices([k for k, _ in KINDS], [w for _, w in KINDS])[0]
    channel = "hotline" if often(0.7) else "resident"
    told, item = scene.matters.told(scene.stage.now, channel, kind)
    name, phone = caller()
    clerk = scene.cast.one("hotline_clerk") if channel == "hotline" else Actor("resident")
    ring = Caller(name, phone, may_ring=often(0.9), proven=channel == "hotline")
    taken = scene.act(None, intake.report, told, by=clerk, caller=ring, process="call")
    if taken is None or taken.joined:
        return
    case = scene.stage.opened(taken.case)
    resident = Actor.resident(taken.event.id, case.id)
    scene.stage.aside(residents.follows(scene, case, resident))
    if often(0.03):
        again = scene.act(None, intake.report, told, by=scene.cast.one("hotline_clerk"), caller=ring, process="call")
        if again and not again.joined:
            scene.stage.opened(again.case)
    yield from calls.road(scene, case, item, resident)
