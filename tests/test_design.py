"""The design: every colour is readable on its grounds, the page shows them all, and only a demo district has it."""

import pytest
from django.test import Client, RequestFactory

from jiedao.doors.web import design
from jiedao.ground.districts.models import District
from jiedao.kit.refusal import Absent

HERE = {"host": "gulou.localhost"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_is_readable_on_every_ground_it_is_written_on(theme):
    assert [str(one) for one in design.measured(theme) if not one.is_enough] == []


@pytest.mark.parametrize(("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#767676", "#ffffff", 4.5)])
def test_contrast_is_that_of_the_standard(one, other, ratio):
    assert design.contrast(one, other) == ratio


def test_the_page_is_there_in_a_demo_district_alone(db):
    real = RequestFactory().get("/design/")
    real.district = District(demo=False)

    assert Client(headers=HERE).get("/design/").status_code == 200
    with pytest.raises(Absent):
        design.page(real)
