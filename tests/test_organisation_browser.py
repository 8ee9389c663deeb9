"""The organisation in a real browser (组织页面浏览器检查): nothing scrolls sideways, axe finds nothing serious."""

from typing import Any

import pytest

from jiedao.ground.districts import district
from tests.axe import serious, sideways
from tests.desks import Colleague
from tests.organising import KEEPER, keeper

pytestmark = pytest.mark.browser

PATHS = (
    "/organisation/",
    "/organisation/?unit=320106001",
    "/organisation/unit/urban/",
    "/organisation/roster/",
    "/organisation/ties/",
    "/organisation/linked/",
    "/organisation/accounts/",
    "/organisation/import/",
    "/organisation/do/appoint/?post=urban-handler-1",
    "/organisation/do/reorganise/",
)


@pytest.mark.nightly
@pytest.mark.parametrize(("width", "lang"), [(1280, "zh-hans"), (390, "en")])
def test_every_page_fits_and_has_no_serious_fault(
    site: Any, browser: Any, django_db_blocker: Any, width: int, lang: str
):
    with django_db_blocker.unblock(), district("gulou"):
        keeper()
        session = Colleague(KEEPER).client.cookies["sessionid"].value
    context = browser.new_context(viewport={"width": width, "height": 900})
    where = {"domain": "gulou.localhost", "path": "/"}
    context.add_cookies([{"name": "sessionid", "value": session, **where}, {"name": "lang", "value": lang, **where}])
    page = context.new_page()
    found = {}
    for path in PATHS:
        page.goto(site.url(path))
        assert page.locator("h1").count() == 1 and "login" not in page.url
        found[path] = (sideways(page), serious(page))
    context.close()

    assert found == dict.fromkeys(PATHS, (0, []))
