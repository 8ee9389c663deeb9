"""GCJ-02 and WGS 84 (坐标转换): known points, the way back, and what must not move."""

from math import cos, hypot, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiedao.ground.places.coords import as_wgs84, shape_to_gcj02, shape_to_wgs84, to_gcj02, to_wgs84
from jiedao.kit.refusal import Refused


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """How far two points lie apart; good to a percent over short ways."""
    east = (a[0] - b[0]) * 111_320 * cos(radians(a[1]))
    return hypot(east, (a[1] - b[1]) * 110_950)


def test_a_point_in_beijing_is_shifted_as_the_maps_shift_it():
    assert to_gcj02(116.404, 39.915) == pytest.approx((116.410244, 39.916404), abs=1e-6)


@pytest.mark.parametrize(
    ("ground", "drawn"),
    [
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
    ids=["shanghai", "shenzhen", "beijing"],
)
def test_published_points_are_met_to_a_micrometre_and_back_to_a_millimetre(ground, drawn):
    """The points with which the public library eviltransform is tested in a dozen languages."""
    assert to_gcj02(*ground) == pytest.approx(drawn, abs=1e-11)
    assert metres(to_wgs84(*drawn), ground) < 0.001


def test_degrees_of_the_national_survey_are_taken_as_they_are():
    assert as_wgs84(118.76, 32.06, "cgcs2000") == (118.76, 32.06)


def test_a_shape_drawn_for_a_web_map_comes_back_as_it_was():
    ring = [[118.71, 32.01], [118.72, 32.01], [118.72, 32.02], [118.71, 32.01]]
    shape = {"type": "Polygon", "coordinates": [ring]}

    back = shape_to_wgs84(shape_to_gcj02(shape))

    assert back["coordinates"][0][1] == pytest.approx(ring[1], abs=1e-9)


@pytest.mark.parametrize(
    "place",
    [(118.7697, 32.0670), (114.2831, 30.5788), (109.3959, 24.2870), (113.9359, 22.7488), (105.0655, 29.5853)],
    ids=["gulou", "jianghan", "liunan", "guangming", "neijiang"],
)
def test_the_shift_of_each_district_is_some_hundred_metres(place):
    shifted = metres(place, to_gcj02(*place))

    assert 200 < shifted < 800


@given(st.floats(74, 134), st.floats(18, 53))
def test_there_and_back_again_misses_by_less_than_a_millimetre(lon, lat):
    assert metres(to_wgs84(*to_gcj02(lon, lat)), (lon, lat)) < 0.001


@given(st.floats(74, 134), st.floats(18, 53))
def test_back_and_there_again_misses_by_less_than_a_millimetre(lon, lat):
    assert metres(to_gcj02(*to_wgs84(lon, lat)), (lon, lat)) < 0.001


def test_a_point_outside_the_box_of_the_maps_stays():
    assert to_gcj02(2.3522, 48.8566) == (2.3522, 48.8566)
    assert to_wgs84(-87.6298, 41.8781) == (-87.6298, 41.8781)


def test_a_shape_is_turned_ring_by_ring():
    hole = [[118.71, 32.01], [118.72, 32.01], [118.72, 32.02], [118.71, 32.01]]
    shape = {"type": "MultiPolygon", "coordinates": [[hole], [hole, hole]]}

    turned = shape_to_wgs84(shape)

    assert turned["coordinates"][1][1][2] == pytest.approx(list(to_wgs84(118.72, 32.02)))
    assert shape["coordinates"][0][0] == hole


def test_a_point_keeps_its_place_if_it_came_in_as_wgs84():
    assert as_wgs84(118.76, 32.06) == (118.76, 32.06)
    assert as_wgs84(118.76, 32.06, "gcj02") == to_wgs84(118.76, 32.06)


def test_an_unknown_system_is_refused_by_name():
    with pytest.raises(Refused) as refusal:
        as_wgs84(118.76, 32.06, "bd09")

    assert refusal.value.rule == "unknown_coordinates"
    assert refusal.value.facts["system"] == "bd09"
