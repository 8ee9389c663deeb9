"""The neighbour (邻区): somebody of another district gets in nowhere; made from the URL table, so that none is forgotten."""

import uuid

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from jiedao.ground.districts import district
from jiedao.record.models import Case
from tests import cast
from tests.desks import Colleague
from tests.residents import HERE

THERE = {"host": "jianghan.localhost"}

PUBLIC = {
    "home": "what everybody may read",
    "report": "anybody may report, to the district of the host",
    "report_done": "shows what this session has just reported",
    "report_place": "which area of this district a point lies in",
    "report_outlines": "outlines of this district",
    "report_similar": "open findings of this district by kind and place, nobody's words",
    "report_worker": "a script, the same for everybody",
    "report_offline": "an empty form",
    "public": "published figures, small counts closed",
    "public_list": "published rows, small counts closed",
    "public_scores": "published scores of units, small counts closed",
    "offices": "offices with their streets and phones are for everybody",
    "locate": "which area of this district a point lies in",
    "outlines": "outlines of this district",
    "follow": "opens with number and code alone",
    "follow_part": "opens with number and code alone",
    "follow_close": "opens with number and code alone",
    "follow_act": "opens with number and code alone",
    "design": "shows nothing of a district",
    "wall": "asks for a pairing; counts and numbers, nobody's words",
    "help": "the manual is for everybody",
    "help_page": "the manual is for everybody",
    "help_image": "the manual is for everybody",
    "duties": "published lists are for everybody",
    "duties_search": "published lists are for everybody",
    "duties_list": "published lists are for everybody",
    "duties_item": "published lists are for everybody; questions beside it for colleagues of this district alone",
    "duties_compare": "published lists are for everybody",
    "duties_handed": "published lists are for everybody",
    "duties_export": "published lists are for everybody",
}
"""Pages without sign-in, each with why that is right. Anything else must ask who is there."""


def patterns(resolver=None, before=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern, before + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield before + str(pattern.pattern), pattern.name or ""


OURS = [
    (route, name) for route, name in patterns() if not route.startswith(("accounts/", "static/", "^static", "api/"))
]


def filled(route: str, number: str) -> str:
    """An address with the case's number and things that are nobody's."""
    given = {
        "<str:number>": number,
        "<slug:verb>": "note",
        "<slug:what>": "units",
        "<str:code>": "urban",
        "<uuid:attachment_id>": str(uuid.UUID(int=7)),
        "<uuid:redraw_id>": str(uuid.UUID(int=8)),
        "<slug:op>": "split",
    }
    for name, value in given.items():
        route = route.replace(name, value)
    return "/" + route


@pytest.fixture
def theirs(in_gulou):
    """A case of Gulou, and somebody who is signed in at Jianghan."""
    number = cast.dispatched("lighting").number
    with district("jianghan"):
        return number, Colleague("dispatcher", host=THERE)


@pytest.mark.parametrize(("route", "name"), [pair for pair in OURS if pair[1] not in PUBLIC])
def test_a_session_of_the_neighbour_opens_no_page_here(theirs, route, name):
    number, neighbour = theirs

    answer = neighbour.get(filled(route, number), **HERE)

    stranger = Client().get(filled(route, number), headers=HERE)
    assert answer.status_code == stranger.status_code
    assert answer.status_code in (302, 403, 404, 405)
    assert number not in answer.content.decode()


@pytest.mark.parametrize(("route", "name"), [pair for pair in OURS if "<str:number>" in pair[0]])
def test_a_number_of_here_is_unknown_over_there(theirs, route, name):
    number, neighbour = theirs

    answer = neighbour.get(filled(route, number))
    unknown = neighbour.get(filled(route, "26-99999"))

    assert answer.status_code == unknown.status_code
    assert answer.status_code in (404, 405)


def test_there_is_a_page_that_the_neighbour_might_have_opened(theirs):
    number, _ = theirs
    assert Case.objects.filter(number=number).exists()

    assert number in Colleague("dispatcher").get(f"/case/{number}/").content.decode()


def test_the_table_of_public_pages_lists_nothing_that_is_gone():
    assert set(PUBLIC) - {name for _, name in OURS} == set()
