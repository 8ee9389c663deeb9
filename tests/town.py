"""A town of the tests' own (测试小城): units, posts and people with every standing towards one case."""

from jiedao.ground.people import Actor
from jiedao.ground.people.models import Person, Post, PostKind, Unit
from jiedao.ground.places.models import Area
from jiedao.kit.clock import now, today
from jiedao.kit.ids import new_id
from jiedao.kit.refusal import Refused
from jiedao.record import flow
from jiedao.record.drawing import shipped_text
from jiedao.record.models import Assignment, Case, DispatchOrder, ProcessVersion


class Town:
    """A district centre, its leaders, three departments, a sub-district with its offices, another one."""

    def __init__(self) -> None:
        district = self.area("district", "999999")
        self.street_area = self.area("subdistrict", "999999001", district)
        other_area = self.area("subdistrict", "999999002", district)
        self.grid = self.area("grid", "999999001001", self.street_area)
        self.centre = self.unit("centre", "centre", area=district)
        self.leaders = self.unit("leaders", "leadership", area=district)
        self.water, self.power, self.park = (self.unit(name, "department") for name in ("water", "power", "park"))
        self.heard = self.unit("heard", "department")
        self.street = self.unit("street", "subdistrict", area=self.street_area)
        self.street_leaders = self.unit("street-leaders", "leadership", self.street, self.street_area)
        self.street_centre = self.unit("street-centre", "centre", self.street, self.street_area)
        self.street_office = self.unit("street-office", "office", self.street)
        self.community = self.unit("community", "community", self.street, self.grid)
        self.elsewhere = self.unit("elsewhere", "subdistrict", area=other_area)
        self.elsewhere_centre = self.unit("elsewhere-centre", "centre", self.elsewhere, other_area)
        self.elsewhere_leaders = self.unit("elsewhere-leaders", "leadership", self.elsewhere, other_area)

    def area(self, kind: str, code: str, parent: Area | None = None) -> Area:
        path = f"{parent.path}/{code}" if parent else code
        return Area.objects.create(kind=kind, code=code, name=code, parent=parent, path=path, valid_from=today())

    def unit(self, name: str, kind: str, parent: Unit | None = None, area: Area | None = None) -> Unit:
        unit = Unit(
            code=f"T-{name}",
            kind=kind,
            level="subdistrict" if parent or kind == "subdistrict" else "district",
            name=name,
            parent=parent,
            area=area,
            valid_from=today(),
        )
        unit.above = [unit.id, *(parent.above if parent else [])]
        unit.save(force_insert=True)
        return unit

    def sits(self, kind: str, unit: Unit, area: Area | None = None, person: Person | None = None) -> Actor:
        """Somebody new in a new post; or the same person in another one."""
        kind_row, _ = PostKind.objects.get_or_create(code=kind, defaults={"name": kind, "name_en": kind})
        post = Post.objects.create(
            code=str(new_id()), unit=unit, kind=kind_row, name=kind, area=area, valid_from=today()
        )
        return Actor.at(post, person or Person.objects.create(code=str(new_id())[:36], name="某人"))

    def open(self, code: str, text: str = "", **columns: object) -> Case:
        version = ProcessVersion.objects.create(
            code=f"t_{code}", version=1, document=text or shipped_text(code), published_at=now()
        )
        columns = {"channel": "hotline", "title": "路面积水", "area": self.grid, "area_path": self.grid.path} | columns
        case, _ = flow.open(version, version.definition.opens_with, by=Actor.system("test"), said={}, **columns)
        return case

    def order(self, case: Case, unit: Unit, role: str = "lead", **times: object) -> DispatchOrder:
        sent = min((time for time in times.values() if hasattr(time, "year")), default=now())
        times = {"sent_at": sent} | times
        return DispatchOrder.objects.create(case=case, unit=unit, role=role, **times)

    def stage(self, code: str, cast: dict[str, tuple[str, str, list[str]]]) -> tuple[Case, dict]:
        """A case with an order to the water bureau and one to the power station; the cast with their orders."""
        sent = any(standing == "sender" for _, standing, _ in cast.values())
        case = self.open(code, from_unit=self.street if sent else None)
        lead, helper = self.order(case, self.water), self.order(case, self.power, "helper")
        asked = any(standing == "heard" for _, standing, _ in cast.values())
        of_role = {"helper": helper, "heard": self.order(case, self.heard, "heard") if asked else None}
        actors = {
            letter: self.member(case, standing, (posts or [""])[0], lead)
            for letter, (_, standing, posts) in cast.items()
        }
        return case, {letter: (a, of_role.get(cast[letter][1], lead)) for letter, a in actors.items()}

    def member(self, case: Case, standing: str, post: str, lead: DispatchOrder) -> Actor:
        if standing == "system":
            return Actor.system("ticker")
        if standing == "reporter" and not post:
            return Actor.resident(new_id(), case.id)
        leading = post in ("party_secretary", "director", "deputy_director")
        places = {
            "any": self.park,
            "reporter": self.elsewhere,
            "checker": self.park,
            "overseer": self.leaders,
            "lead": self.water,
            "assignee": self.water,
            "helper": self.power,
            "heard": self.heard,
            "own_area": self.street_office if post == "subdistrict_clerk" else self.community,
            "centre": self.street_centre if post == "subdistrict_clerk" else self.centre,
            "sender": self.street_leaders if leading else self.street_office,
        }
        own = {"subdistrict_clerk": self.street_area}.get(post) if standing == "own_area" else None
        actor = self.sits(post or "volunteer", places[standing], own)
        if standing == "reporter":
            case.reporters = [*case.reporters, actor.person.id]
        if standing == "assignee":
            Assignment.objects.create(order=lead, person=actor.person, asked_at=now())
        return actor


def may(case: Case, verb: str, actor: Actor, order: DispatchOrder | None) -> bool:
    """Whether the verb is this actor's in this state. A condition that fails, or words that miss, come after that."""
    try:
        flow.permit(case, verb, by=actor, said={}, order=order)
    except Refused as refusal:
        return refusal.rule not in ("not_now", "not_yours")
    return True


def at(case: Case, state: str, **columns: object) -> Case:
    """The case put into a state, as if the road there had been walked."""
    phase = case.process.definition.state(state).phase
    for name, value in ({"state": state, "phase": phase} | columns).items():
        setattr(case, name, value)
    case.save(update_fields=["state", "phase", *columns])
    return case
