"""Every page that a link leads to (每个页面): nothing in anybody's way, nothing foreign, no colour without a clock, light."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from jiedao.ground.db.home import CHECKOUT
from jiedao.ground.people.models import Account, Tenure
from jiedao.ground.places import redraw
from jiedao.ground.places.models import Site
from jiedao.kit.clock import now, today
from jiedao.lines.patrol import devices, spotting
from jiedao.lines.patrol.actions import spots
from jiedao.lines.patrol.models import Roster, Shift
from jiedao.lines.processes import drafts as processes
from jiedao.stages import verification
from tests import everywhere, organising
from tests.axe import serious, sideways
from tests.browser.conftest import DESK, PHONE, Window
from tests.cast import dispatched, seat
from tests.desks import answered, reported, sent
from tests.everywhere import Page
from tests.listing import keep, proposed
from tests.residents import acting
from tests.test_admission import applied

pytestmark = pytest.mark.browser

SHOTS = CHECKOUT / "var" / "test" / "pages"
LIGHT_ENOUGH = 200_000
"""Bytes of a page without its map (issue: page weight), all files that it loads together."""
NOT_COUNTED = re.compile(r"/static/vendor/(maplibre|echarts)|/outlines/|shapes\.json|board\.json|/places/|/files/")
AXE_OF = 5
"""axe takes two thirds of the time: of each five pages one is asked here, all of them by night."""
LATER = frozenset(
    """
    arrival body_camera certificates_slip duties_compare duties_handed export_file file_view mfa_activate_totp
    mfa_add_webauthn people_rights people_rights_one place_camera problem_new rates_unit report_done rights_decision roster
    scores_line scores_period track
    """.split()
)
"""Pages that stand only after something the scene does not do; the tests of their own capability open them."""
COLOURED = """() => {
  const root = getComputedStyle(document.documentElement);
  const banned = new Set(['soon', 'overdue', 'severe'].map((name) => {
    const hex = root.getPropertyValue('--' + name).trim();
    return `rgb(${[1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join(', ')})`;
  }));
  const isPainted = (element) => {
    const style = getComputedStyle(element);
    const speaks = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const edge = parseFloat(style.borderTopWidth) > 0 && banned.has(style.borderTopColor);
    return (speaks && banned.has(style.color)) || banned.has(style.backgroundColor) || edge;
  };
  const shown = [...document.querySelectorAll('body *')].filter((element) => element.checkVisibility());
  return shown.filter(isPainted).map((element) => `${element.tagName.toLowerCase()}.${element.className}`).slice(0, 3);
}"""
NO_PAGE = frozenset(
    """
    switch_post notices_read pick locate outlines places do contact organisation_csv organisation_xlsx
    organisation_template rates_export rates_unit_export cases_export cases_save cases_forget cases_bulk process_act
    process_begin process_file grids_shapes redraw_board redraw_file redraw_do duties_export duties_remove
    handover_step burden_end report_place report_outlines follow_part follow_close follow_act file file_thumb
    correction draft me_channel me_channel_add me_channel_confirm me_copy me_hours me_look notice precedent_end preview
    process_bring reply_drop report_similar report_worker
    board_instruct command_call command_group command_group_end command_say command_send help_image openid_connect_callback
    openid_connect_login own_receipt paper paper_again paper_code paper_make people_rights_act people_rights_ask
    people_rights_copy people_rights_delete problem_close retention_lift scores_confirm scores_decide scores_drop_rule
    scores_file scores_mark scores_object scores_open scores_publish_rule scores_step scores_write shift_here tile tour
    exports_ask exports_decide session triage_send wall_end wall_make wall_part
    """.split()
)
"""Addresses that answer with a part, a file or a redirect, or only write."""


@pytest.fixture(scope="module")
def scene(site: Any, django_db_blocker: Any) -> Iterator[tuple[str, ...]]:
    """A district where every kind of work is under way and nothing is late."""
    from jiedao.ground.districts import district

    with django_db_blocker.unblock(), district("gulou"):
        yield begun()


@pytest.fixture(scope="module")
def found(scene: tuple[str, ...]) -> list[Page]:
    """Each page by the first role that reaches it."""
    seen: Counter[str] = Counter()
    return [page for role in everywhere.ROLES for page in everywhere.pages(role, scene, seen)]


def begun() -> tuple[str, ...]:
    """Something on every desk; the addresses no link leads to until somebody has begun something."""
    keep()
    checked = answered(sent(off=900))
    verification.ask_check(checked.id, by=acting("dispatcher"))
    new, on_its_way = reported("垃圾没人清运", off=700), sent("drainage", off=300)
    dispatched("lighting", words="第五根灯杆不亮")
    row = applied()
    change = proposed()
    organising.keeper("district", "system_admin", "establishment_officer")
    redraw.prepare(
        by=seat("establishment-establishment_officer"), name="梧桐调整", effective_on=today() + timedelta(days=9)
    )
    patrolled()
    draft = processes.begin("event", by=seat("platform-system_admin"))
    fixed = (path for name, path in everywhere.names().items() if path and name not in NO_PAGE)
    return (
        *fixed,
        f"/case/{new.number}/do/classify/",
        f"/case/{on_its_way.number}/",
        f"/case/{checked.number}/do/callback/",
        f"/admission/{row.case.number}/",
        f"/case/{change.number}/",
        f"/processes/draft/{draft.id}/",
    )


def patrolled() -> None:
    """A turn on duty, a bad spot with a round, a joint patrol, a source: kept by the clerk of a sub-district."""
    by = Account.objects.get(username="clerk").person
    clerk = seat(Tenure.objects.on().get(person=by).post.code)
    spot = spots.mark(spotting.grids(clerk)[0], by=clerk, why="夜间占道", since=today(), until=today())
    spots.begin(spot, "foot", by=clerk)
    head = {"made_at": now(), "published_at": now(), "ends_at": now() + timedelta(hours=8)}
    turn = Roster.objects.create(squad=clerk.post.unit, begins_at=now(), **head)
    Shift.objects.create(roster=turn, person=clerk.person, post=clerk.post, call_sign="巡-01", started_at=now())
    devices.declare("phones", "owntracks", "手机", "Phones")
    spots.plan("夜间巡查", now(), [(Site.objects.on().order_by("code")[0], None)], by=clerk)


def window_of(browser: Any, site: Any, role: str, lang: str, theme: str, **how: Any) -> Iterator[Window]:
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **how)
    host = "gulou.localhost"
    session = everywhere.visitor(role).client.cookies.get("sessionid")
    cookies = {"lang": lang, "theme": theme} | ({"sessionid": session.value} if session else {})
    context.add_cookies([{"name": n, "value": v, "domain": host, "path": "/"} for n, v in cookies.items()])
    window = Window(context.new_page(), site)
    window.weight = weight = []
    window.page.on("requestfinished", lambda request: weight.append(request))
    yield window
    context.close()


def faults_of(window: Window, page: Page, with_axe: bool = True) -> list[str]:
    """What is wrong with one page as it stands in this window."""
    window.weight.clear()
    window.open(page.path)
    told = [*serious(window.page)] if with_axe else []
    if wide := sideways(window.page):
        told.append(f"{wide} px wider than the window")
    if page.name != "design":
        told += [f"the colour of a clock or of severity at {place}" for place in coloured(window.page)]
    if (bytes_ := weight_of(window)) > LIGHT_ENOUGH:
        told.append(f"{bytes_:,} bytes")
    told += window.faults
    window.faults.clear()
    return [f"{page}: {fault}" for fault in told]


def weight_of(window: Window) -> int:
    """Bytes of answers as they travelled, the map's left out."""
    asked = [request for request in window.weight if not NOT_COUNTED.search(request.url)]
    return sum(request.sizes()["responseBodySize"] for request in asked)


def coloured(page: Any) -> list[str]:
    """Elements painted amber, red or plum; where nothing is late or severe there must be none."""
    return list(page.evaluate(COLOURED))


@pytest.mark.parametrize("half", [0, 1])
def test_a_page_is_in_nobodys_way(browser, site, at_work, found, half):
    pages = found[half::2]
    how = {"lang": "zh-hans", "theme": "light", **DESK} if half else {"lang": "en", "theme": "dark", **PHONE}
    told = []
    for role in everywhere.ROLES:
        for window in window_of(browser, site, role, **how):
            for page in (page for page in pages if page.role == role):
                told += faults_of(window, page, with_axe=crc32(page.name.encode()) % AXE_OF == 0)

    assert told == []


def test_every_address_is_reached_by_a_link_or_is_no_page(found):
    ours = set(everywhere.names()) - NO_PAGE - LATER

    assert sorted(ours - {page.name for page in found}) == []


@pytest.mark.nightly
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("lang", ["zh-hans", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", ["phone", "desk"])
def test_every_page_of_every_role_in_every_dress(browser, site, at_work, scene, lang, theme, width):
    how = PHONE if width == "phone" else DESK
    told = []
    for role in everywhere.ROLES:
        for window in window_of(browser, site, role, lang, theme, **how):
            for page in everywhere.pages(role, scene):
                told += faults_of(window, page)
                shot = Path(SHOTS / f"{page.name}-{role or 'visitor'}-{lang}-{theme}-{width}.png")
                shot.parent.mkdir(parents=True, exist_ok=True)
                window.page.screenshot(path=shot, full_page=True)

    assert told == []
