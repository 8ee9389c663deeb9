"""Residents in tests (测试中的居民): a browser without scripts, what it sends, and colleagues who move the case on."""

import io
import re
from typing import Any

from django.test import Client
from PIL import Image

from jiedao.ground.duties.models import DutyItem
from jiedao.ground.people import Actor, posts
from jiedao.ground.people.models import Account, Unit
from jiedao.ground.places.models import Area
from jiedao.kit.ids import new_id
from jiedao.record.models import Case, DispatchOrder
from jiedao.stages import dispatch, resolution, triage, verification

HERE = {"host": "gulou.localhost"}
THERE = {"host": "jianghan.localhost"}
LAMP = "三号楼前的路灯从上周起不亮，晚上看不见路"


class Resident:
    """Somebody with a browser and no account. Each has an address of his own unless one is given."""

    def __init__(self, address: str = "127.0.0.1", host: dict[str, str] = HERE) -> None:
        self.client = Client(REMOTE_ADDR=address)
        self.headers = host

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=self.headers | headers)

    def post(self, path: str, told: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.post(path, told or {}, headers=self.headers | headers)

    def report(self, **told: Any) -> Any:
        """The answer to a report, after its redirect."""
        given = {"words": LAMP, "address": "解放里 5 号", "key": str(new_id())} | told
        answer = self.client.post("/report/", given, headers=self.headers)
        return self.get(answer.headers["Location"]) if answer.status_code == 302 else answer

    def reported(self, **told: Any) -> tuple[str, str]:
        """Number and code of a report that arrived."""
        page = self.report(**told)
        assert page.status_code == 200, re.findall(r"<li>.*</li>", page.text)
        return shown(page.text, "number"), shown(page.text, "code")

    def follow(self, number: str, code: str) -> Any:
        return self.post("/follow/", {"number": number, "code": code})

    def act(self, verb: str, **given: Any) -> Any:
        return self.post(f"/follow/{verb}/", {"key": str(new_id())} | given)


def shown(page: str, name: str) -> str:
    found = re.search(rf'id="{name}">([^<]+)<', page)
    assert found, page
    return found[1]


def verbs(page: str) -> list[str]:
    """What a followed request offers, in the order of the page."""
    return re.findall(r'id="act-([a-z_]+)"', page)


def photo(colour: str = "grey", name: str = "lamp.jpg", **exif: Any) -> io.BytesIO:
    file = io.BytesIO()
    picture = Image.new("RGB", (64, 48), colour)
    picture.save(file, "JPEG", **exif)
    file.seek(0)
    file.name = name
    return file


def acting(username: str) -> Actor:
    """A colleague of the demo district in the first post of his account."""
    person = Account.objects.select_related("person").get(username=username).person
    assert person is not None
    return Actor.at(posts.held_by(person)[0], person)


def case_of(number: str) -> Case:
    return Case.objects.select_related("process").get(number=number)


def sent_to_urban(number: str) -> DispatchOrder:
    """The case filed (if it is an event) and sent to the urban management bureau, as its lead."""
    case, by = case_of(number), acting("dispatcher")
    item = DutyItem.objects.filter(list__kind="duty", list__level="district").first()
    area = Area.objects.filter(kind="grid").order_by("path").first()
    about = {"reported_nobody": True} if case.shielded else {}
    triage.classify(case.id, by=by, item=item, area=area, **about)
    if case.process.code == "event":
        triage.file(case.id, by=by)
    lead = acting("urban").post.unit
    dispatch.dispatch(case.id, by=by, lead=Unit.objects.get(pk=lead.above[-1] if not lead else lead.id))
    return case.orders.get(answered_at=None)


def replied(number: str, text: str = "灯已换好") -> DispatchOrder:
    """Acknowledged, spoken about, answered by the bureau."""
    order, by = sent_to_urban(number), acting("urban")
    way = "platform" if order.case.shielded else "phone"
    resolution.acknowledge(order, by=by)
    resolution.contact(order, by=by, way=way, text="您好，我们今晚到现场")
    if order.case.process.code == "call":
        resolution.start(order, by=by)
    resolution.reply(order, by=by, outcome="done", text=text)
    return order


def closed(number: str, text: str = "灯已换好") -> Case:
    """All the way to the end."""
    replied(number, text)
    case, by = case_of(number), acting("dispatcher")
    verification.ask_check(case.id, by=by)
    if case.process.code == "event":
        verification.check(case.id, by=acting("inspector"), way="site", agrees=True, text="亮了")
    else:
        verification.callback(case.id, by=acting("callback"), reached=False)
    verification.close(case.id, by=by, text="")
    case.refresh_from_db()
    return case
