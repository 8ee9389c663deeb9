"""Child cases (关联案件): a procedure of another kind that grew out of a case, with its own process and clocks."""

from typing import Any

from jiedao.ground.people import Actor
from jiedao.record import flow, versions
from jiedao.record.models import Case, DispatchOrder, Entry


def opened(
    case: Case, process: str, *, by: Actor, said: dict[str, Any], order: DispatchOrder | None = None, **columns: Any
) -> Case:
    """Opens a child of a held case and says so on both. The caller has the permission of the parent's definition."""
    version = versions.process(process)
    columns = {
        "kind": case.kind,
        "channel": case.channel,
        "title": case.title,
        "words": case.words,
        "item": case.item,
        "area": case.area,
        "area_path": case.area_path,
        "lon": case.lon,
        "lat": case.lat,
        "address": case.address,
        "severity": case.severity,
        "reported_units": case.reported_units,
        "has_caller": False,
    } | columns
    child, _ = flow.open(
        version,
        version.definition.opens_with,
        by=by,
        said=said | {"parent": case.number},
        parent=case,
        grown_from=order,
        **columns,
    )
    flow.note(case, "open_child", by=by, said={"child": child.number, "process": process}, order=order)
    return child


def ended(entry: Entry) -> None:
    """Listener: a child's end reaches its parent as a line, so that whoever waits there sees it."""
    child = entry.case
    if child.parent_id is None or child.phase != "closed":
        return
    with flow.hold(child.parent_id) as parent:
        if not parent.entries.filter(verb="child_ended", facts__child=child.number).exists():
            said = {"child": child.number, "process": child.process.code, "state": child.state}
            flow.note(parent, "child_ended", by=Actor.system("flow"), said=said)
