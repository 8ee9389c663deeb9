"""Borders of grids (网格边界): split, merge, move: ground is neither lost nor shared; checks find what was seeded."""

from math import hypot

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import box, union_all
from shapely.geometry import LineString, Polygon

from jiedao.ground.places import checks, cuts, geometry, trial
from jiedao.ground.places.locate import Finder
from jiedao.ground.places.plots import Board, Plot, geojson
from jiedao.kit.refusal import Refused

WEST, SOUTH, SIDE = 118.75, 32.05, 0.006
"""A community of nine square grids, half a kilometre wide each, in Gulou."""


def plot(code: str, ground: Polygon, kind: str = "grid", parent: str = "c", grid_kind: str = "integrated") -> Plot:
    path = {"district": "d", "community": "d/c"}.get(kind, f"d/c/{code}")
    return Plot(code, f"网格{code}", f"Grid {code}", kind, grid_kind if kind == "grid" else "", parent, path, ground)


def square(column: int, row: int, wide: int = 1, high: int = 1) -> Polygon:
    return box(WEST + column * SIDE, SOUTH + row * SIDE, WEST + (column + wide) * SIDE, SOUTH + (row + high) * SIDE)


def town() -> Board:
    board = {"c": plot("c", square(0, 0, 3, 3), "community", "d")}
    for row in range(3):
        for column in range(3):
            code = f"c{row}{column}"
            board[code] = plot(code, square(column, row))
    return board


def ground(board: Board) -> float:
    return sum(geometry.square_metres(p.shape) for p in board.values() if p.kind == "grid")


def named(*codes: str) -> list[dict[str, str]]:
    return [{"code": code, "name": "", "name_en": ""} for code in codes]


def faults(board: Board) -> list[str]:
    return [fault.kind for fault in checks.faults(board.values())]


WITHIN = st.floats(0.05, 0.95)
ANGLE = st.floats(0, 6.283)


def across(at: tuple[float, float], angle: float) -> list[list[float]]:
    """A line through a point of the middle grid, long enough to leave it."""
    from math import cos, sin

    x, y = WEST + SIDE * (1 + at[0]), SOUTH + SIDE * (1 + at[1])
    east, north = cos(angle) * SIDE * 2, sin(angle) * SIDE * 2
    return [[x - east, y - north], [x + east, y + north]]


@settings(max_examples=150, deadline=None)
@given(st.tuples(WITHIN, WITHIN), ANGLE)
def test_a_split_keeps_the_ground_and_shares_none_of_it(at, angle):
    before = town()

    after = cuts.applied(
        before, [{"op": "split", "code": "c11", "line": across(at, angle), "into": named("c11", "c99")}]
    )

    assert ground(after) == pytest.approx(ground(before), abs=2)
    assert set(faults(after)) <= {"sliver"}
    one, other = after["c11"].shape, after["c99"].shape
    assert geometry.square_metres(one.intersection(other)) < geometry.SLACK
    assert one.area >= other.area - 1e-12


@settings(max_examples=100, deadline=None)
@given(st.tuples(WITHIN, WITHIN), ANGLE)
def test_what_was_split_and_is_merged_again_is_what_it_was(at, angle):
    before = town()
    line = across(at, angle)
    changes = [
        {"op": "split", "code": "c11", "line": line, "into": named("c11", "c99")},
        {"op": "merge", "codes": ["c99", "c11"], "code": "c11", "name": "", "name_en": ""},
    ]

    after = cuts.applied(before, changes)

    lost = after["c11"].shape.symmetric_difference(before["c11"].shape)
    assert geometry.square_metres(lost) < geometry.SLACK
    assert "c99" not in after


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=9, unique=True))
def test_a_merge_keeps_the_ground_or_is_refused_where_grids_do_not_touch(chosen):
    before = town()
    codes = [f"c{row}{column}" for row, column in chosen]
    touching = union_all([square(column, row) for row, column in chosen]).geom_type == "Polygon"
    change = {"op": "merge", "codes": codes, "code": codes[0], "name": "合并", "name_en": ""}

    if not touching:
        with pytest.raises(Refused, match="not_adjacent"):
            cuts.applied(before, [change])
        return
    after = cuts.applied(before, [change])
    assert ground(after) == pytest.approx(ground(before), abs=2)
    assert faults(after) == []
    assert len(after) == len(before) - len(codes) + 1


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 2), st.integers(1, 2), st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_a_moved_corner_moves_in_every_grid_that_has_it(column, row, east, north):
    before = town()
    there = (WEST + column * SIDE, SOUTH + row * SIDE)
    to = (there[0] + east * SIDE, there[1] + north * SIDE)
    assume(hypot(east, north) > 0.001)

    after = cuts.applied(before, [{"op": "move", "code": f"c{row}{column}", "points": [[there, to]]}])

    assert len(trial.touched(before, after)) == 4
    assert ground(after) == pytest.approx(ground(before), abs=2)
    assert faults(after) == []


@settings(max_examples=100, deadline=None)
@given(st.floats(0.1, 0.9), st.floats(-0.4, 0.4))
def test_a_border_bent_where_it_had_no_corner_bends_for_both_sides(along, bend):
    before = town()
    there = (WEST + SIDE, SOUTH + SIDE * (1 + along))
    assume(abs(bend) > 0.001)

    after = cuts.applied(
        before, [{"op": "move", "code": "c11", "points": [[there, (there[0] + bend * SIDE, there[1])]]}]
    )

    assert trial.touched(before, after) == ["c10", "c11"]
    assert ground(after) == pytest.approx(ground(before), abs=2)
    assert faults(after) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.001, 2.999), st.floats(0.001, 2.999)), max_size=60))
def test_many_points_at_once_fall_where_each_falls_alone(spots):
    board = town() | {"x": plot("x", square(1, 1, 1, 1).buffer(-SIDE / 4), grid_kind="exclusive")}
    plots = list(board.values())
    finder = Finder([p.shape for p in plots], [6 + p.is_exclusive if p.kind == "grid" else 4 for p in plots])
    points = [(WEST + x * SIDE, SOUTH + y * SIDE) for x, y in spots]

    together = finder.many((x for x, _ in points), (y for _, y in points))

    alone = [finder.one(*point) for point in points]
    ranks = [6 + p.is_exclusive if p.kind == "grid" else 4 for p in plots]
    assert [ranks[found] for found in together] == [ranks[found] for found in alone]


def test_a_line_that_does_not_cross_is_refused():
    with pytest.raises(Refused) as refusal:
        cuts.cut(square(0, 0), LineString([(WEST, SOUTH), (WEST + SIDE / 2, SOUTH + SIDE / 2)]))

    assert refusal.value.rule == "line_does_not_cut"


def test_grids_that_touch_at_a_corner_only_are_not_merged():
    change = {"op": "merge", "codes": ["c00", "c11"], "code": "c00", "name": "", "name_en": ""}

    with pytest.raises(Refused) as refusal:
        cuts.applied(town(), [change])

    assert refusal.value.rule == "not_adjacent"
    assert refusal.value.facts["step"] == 1


def test_neighbours_drawn_a_hand_apart_are_merged_without_a_crack():
    board = town()
    apart = board["c01"].shape
    board["c01"] = plot("c01", Polygon([(x + 1e-6, y) for x, y in apart.exterior.coords]))

    after = cuts.applied(board, [{"op": "merge", "codes": ["c00", "c01"], "code": "c00", "name": "", "name_en": ""}])

    assert after["c00"].shape.geom_type == "Polygon"
    assert not after["c00"].shape.interiors


def test_a_border_that_would_cross_itself_is_refused_by_code():
    there = [WEST + SIDE, SOUTH + SIDE]

    with pytest.raises(Refused) as refusal:
        cuts.applied(
            town(), [{"op": "move", "code": "c11", "points": [[there, [WEST + 2.9 * SIDE, SOUTH + 1.5 * SIDE]]]}]
        )

    assert refusal.value.rule == "shape_broken"


def test_a_point_off_every_border_is_refused():
    with pytest.raises(Refused) as refusal:
        cuts.applied(
            town(), [{"op": "move", "code": "c11", "points": [[[WEST + SIDE / 2, SOUTH + SIDE / 2], [WEST, SOUTH]]]}]
        )

    assert refusal.value.rule == "border_not_here"


def test_seeded_faults_are_all_found_and_nothing_else():
    board = town()
    assert faults(board) == []
    bow = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    board["c00"] = plot("c00", Polygon([(WEST + x * SIDE, SOUTH + y * SIDE) for x, y in bow.exterior.coords]))
    board["c11"] = plot("c11", box(WEST + SIDE, SOUTH + SIDE, WEST + 2.1 * SIDE, SOUTH + 2 * SIDE))
    board["c20"] = plot("c20", box(WEST - 0.1 * SIDE, SOUTH + 2 * SIDE, WEST + SIDE, SOUTH + 3 * SIDE))
    board["c22"] = plot("c22", box(WEST + 2.2 * SIDE, SOUTH + 2 * SIDE, WEST + 3 * SIDE, SOUTH + 3 * SIDE))
    board["c02"] = plot("c02", union_all([square(2, 0), box(WEST + 0.5 * SIDE, SOUTH + 1.4 * SIDE, WEST + 0.9 * SIDE, SOUTH + 1.4 * SIDE + 1e-5)]))  # fmt: skip  # noqa: E501

    found = {(fault.kind, fault.codes) for fault in checks.faults(board.values(), staffed={"c00"})}

    told = {pair for pair in found if pair[0] != "unstaffed"}
    assert told == {
        ("broken", ("c00",)),
        ("overlap", ("c11", "c12")),
        ("overlap", ("c02", "c10")),
        ("outside", ("c20",)),
        ("gap", ("c",)),
        ("sliver", ("c02",)),
    }
    assert len(found - told) == 8


def test_an_exclusive_grid_lies_inside_an_integrated_one_and_not_on_its_like():
    board = town()
    board["x1"] = plot("x1", square(1, 1).buffer(-SIDE / 4), grid_kind="exclusive")
    assert faults(board) == []

    board["x2"] = plot("x2", square(1, 1).buffer(-SIDE / 3), grid_kind="exclusive")
    assert faults(board) == ["overlap"]


def test_a_trial_counts_ground_people_and_matters_before_and_after():
    before = town()
    line = [[WEST + 1.5 * SIDE, SOUTH], [WEST + 1.5 * SIDE, SOUTH + 3 * SIDE]]
    after = cuts.applied(before, [{"op": "split", "code": "c11", "line": line, "into": named("c11", "c99")}])
    spots = [(WEST + 1.2 * SIDE, SOUTH + 1.5 * SIDE)] * 3 + [(WEST + 1.8 * SIDE, SOUTH + 1.5 * SIDE)] * 4

    rows = {row.code: row for row in trial.compare(before, after, spots, {"c11": 2})}

    assert (rows["c11"].before.spots, rows["c11"].before.load) == (7, 3.5)
    assert {rows["c11"].after.spots, rows["c99"].after.spots} == {3, 4}
    assert rows["c99"].state == "new" and rows["c99"].after.load is None
    assert trial.faults(before, after) == []


def test_a_shape_is_stored_at_a_centimetre_and_read_back_the_same():
    told = geojson(Polygon([(118.123456789, 32.1), (118.2, 32.1), (118.2, 32.2)]))

    assert told["coordinates"][0][0] == [118.1234568, 32.1]
