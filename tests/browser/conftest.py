"""Fixtures of browser tests (浏览器夹具): a phone, a desk, a browser without scripts, and colleagues at work."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.conftest import Site, _other_database, _serving, free_port, nursed

PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 800}}


def _settled(move: Any) -> Any:
    """A move that returns when the page it led to stands; Playwright's own return when its address is known."""

    @wraps(move)
    def moved(page: Any, *args: Any, **kwargs: Any) -> Any:
        done = move(page, *args, **kwargs)
        page.is_closed() or page.wait_for_load_state("domcontentloaded")
        return done

    return moved


for _move in ("click", "press", "tap"):
    setattr(Page, _move, _settled(getattr(Page, _move)))


class Window:
    """A page that keeps note of what it must not do: ask another host, break the policy, stumble over a script."""

    def __init__(self, page: Any, site: Any) -> None:
        self.page, self.site = page, site
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", lambda said: "Content Security" in said.text and self.faults.append(said.text))
        page.on("request", self.noted)

    def noted(self, request: Any) -> None:
        host = request.url.split("/")[2] if "://" in request.url else ""
        ports = {self.site.port, self.site.live_port}
        ours = {"", *(f"{place}.localhost:{port}" for port in ports for place in ("gulou", "guangming"))}
        if not request.url.startswith(("data:", "blob:")) and host not in ours:
            self.faults.append(f"foreign: {request.url}")

    def open(self, path: str, district: str = "gulou") -> Any:
        self.page.goto(self.site.url(path, district))
        return self.page


@contextmanager
def _window(browser: Any, site: Any, **how: Any) -> Iterator[Window]:
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **how)
    window = Window(context.new_page(), site)
    yield window
    context.close()
    assert window.faults == []


@pytest.fixture
def phone(browser: Any, site: Any) -> Iterator[Window]:
    """A touch screen of 360 × 640."""
    with _window(browser, site, **PHONE) as window:
        yield window


@pytest.fixture
def desk(browser: Any, site: Any) -> Iterator[Window]:
    """A screen of 1280 × 800."""
    with _window(browser, site, **DESK) as window:
        yield window


@pytest.fixture
def plain(browser: Any, site: Any) -> Iterator[Window]:
    """A phone whose scripts never load."""
    with _window(browser, site, java_script_enabled=False, **PHONE) as window:
        yield window


@pytest.fixture(scope="module")
def live_site(
    cluster: Any, template: str, nursery: Any, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Any]:
    """The pages with the live server beside them, each knowing the other's port."""
    port = free_port()
    with (
        _other_database(cluster, template, django_db_blocker) as name,
        _serving("live", PORT=str(port)) as live,
        nursed(nursery, name, port, f"http://{{host}}:{live}"),
    ):
        found = Site(port, name)
        found.live_port = live
        yield found


@pytest.fixture
def at_work(site: Any, django_db_blocker: Any) -> Iterator[Any]:
    """Inside the district that the site serves: what the test does here, the pages show."""
    from jiedao.ground.districts import district

    with django_db_blocker.unblock(), district("gulou") as place:
        yield place
