"""Moving open cases (改用新版流程): by command alone, and only where the new version knows every state they are in."""

from dataclasses import dataclass

from jiedao.ground.people import Actor
from jiedao.lines.processes.drafts import in_force
from jiedao.record import flow
from jiedao.record.models import Case

VERB = "adopt"


@dataclass
class Moved:
    """What the command did. `left`: numbers of cases whose state the version in force does not have."""

    moved: int
    left: list[str]


def move_open(code: str, *, dry: bool = False) -> Moved:
    """Open cases of earlier versions go on under the version in force, each with a line that says so.

    Limits that run stay as they were promised; the next ones are those of the new version.
    """
    target = in_force(code)
    known = target.definition.states
    waiting = Case.objects.filter(process__code=code).exclude(process=target).exclude(phase="closed").order_by("pk")
    done = Moved(0, [])
    by = Actor.system("processes")
    for pk, number, state in list(waiting.values_list("pk", "number", "state")):
        if state not in known:
            done.left.append(number)
            continue
        if not dry:
            with flow.hold(pk) as case:
                if case.state not in known or case.phase == "closed":
                    done.left.append(number)
                    continue
                said = {"from": case.process.version, "to": target.version}
                flow.note(case, VERB, by=by, said=said, process=target, phase=known[case.state].phase)
        done.moved += 1
    return done
