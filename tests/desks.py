"""Desks in tests (测试中的工作台): a colleague signed in at a browser without scripts, and the scenes they work on."""

import re
import time
from html import unescape
from itertools import count
from typing import Any

from allauth.account.internal.flows import login
from allauth.account.internal.userkit import user_id_to_str
from django.test import Client

from jiedao.ground.duties.models import DutyItem
from jiedao.ground.people import Actor
from jiedao.ground.people.contacts import Caller
from jiedao.ground.people.models import Account, Unit
from jiedao.ground.places.locate import centre
from jiedao.ground.places.models import Area
from jiedao.kit.ids import new_id
from jiedao.record.models import Case, DispatchOrder
from jiedao.stages import dispatch, intake, resolution, triage
from tests.residents import HERE, acting

SEWERS = "三号楼下水道堵塞，污水外溢"
PHONE = "13812345678"
_calls = count(1)


class Colleague:
    """Somebody of the demo district, signed in, with the second proof shown where the post asks for one."""

    def __init__(self, username: str, lang: str = "zh-hans", host: dict[str, str] = HERE) -> None:
        self.client = Client()
        self.headers = host
        self.client.cookies["lang"] = lang
        account = Account.objects.get(username=username)
        self.client.force_login(account)
        session = self.client.session
        session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(account)
        session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": time.time()}]
        session.save()

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=self.headers | headers)

    def post(self, path: str, told: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.post(path, {"key": str(new_id())} | (told or {}), headers=self.headers | headers)

    def do(self, number: str, verb: str, **told: Any) -> Any:
        """The answer to a verb done by its form."""
        return self.post(f"/case/{number}/do/{verb}/", told)


def words(answer: Any) -> str:
    """What a page says, without its markup."""
    bare = re.sub(r"(?s)<(script|style|head)\b.*?</\1>|<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", unescape(bare))


def verbs(answer: Any) -> list[str]:
    """The verbs a case page offers, each once, in the order of the page."""
    acts = re.search(r'(?s)<section id="case-acts".*?</section>', answer.content.decode())
    assert acts, answer.content.decode()[:2000]
    return list(dict.fromkeys(re.findall(r"/do/([a-z_]+)/", acts[0])))


def rows(answer: Any) -> list[str]:
    """The case numbers of a list, in its order."""
    return re.findall(r'<tr id="row-([0-9-]+)"', answer.content.decode())


def somewhere(off: float = 0.0) -> tuple[float, float]:
    """A point in the first community of the demo; `off` moves it east, in metres or so."""
    lon, lat = centre(Area.objects.on().filter(kind="grid").order_by("path").first())
    return lon + off / 95_000, lat


def reported(
    text: str = SEWERS, *, kind: str = "help", off: float = 0.0, process: str = "event", **caller: Any
) -> Case:
    """Somebody has reported something."""
    told = intake.Told(words=text, channel="resident", kind=kind, point=somewhere(off), address="解放里 3 号楼")
    # Another number each time: one caller's second report of a matter joins the first.
    by = Caller(**{"name": "张三丰", "phone": f"138{next(_calls):08}"} | caller)
    return intake.report(told, by=Actor("resident"), caller=by, process=process).case


def unit(code: str) -> Unit:
    return Unit.objects.on().get(code=code)


def item(code: str = "sewers") -> DutyItem:
    return DutyItem.objects.get(code=code, list__level="district")


def sent(*units: str, case: Case | None = None, **told: Any) -> Case:
    """A case that was classified, filed and sent: the first unit leads."""
    case, by = case or reported(**told), acting("dispatcher")
    about = {"reported_units": [unit("market")]} if case.shielded else {}
    triage.classify(case.id, by=by, item=item(), **about)
    if case.process.code == "event":
        triage.file(case.id, by=by)
    lead, *helpers = [unit(code) for code in units or ("drainage",)]
    dispatch.dispatch(case.id, by=by, lead=lead, helpers=helpers)
    case.refresh_from_db()
    return case


def order_of(case: Case, code: str = "drainage") -> DispatchOrder:
    return case.orders.get(unit__code=code, answered_at=None)


def answered(case: Case, username: str = "drainage", code: str = "drainage") -> Case:
    """Signed, spoken about, answered."""
    order, by = order_of(case, code), acting(username)
    resolution.acknowledge(order, by=by)
    resolution.contact(order, by=by, way="platform" if case.shielded else "phone", text="您好，下午到场")
    resolution.reply(order, by=by, outcome="done", text="管道已疏通")
    case.refresh_from_db()
    return case
