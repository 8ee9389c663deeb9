"""Sending several to several (优化派人): the least way in all, never a pair that may not be, shown beside nearest-first."""

import numpy as np
import pytest

from jiedao.lines.patrol.matching import FAR, greedy, pairs_of


@pytest.mark.parametrize(
    ("ways", "pairs", "metres", "nearest_first"),
    [
        ([[100, 110], [105, 900]], [(0, 1), (1, 0)], 215, 1000),
        ([[100, 300], [200, 250]], [(0, 0), (1, 1)], 350, 350),
        ([[FAR, 300], [200, FAR]], [(0, 1), (1, 0)], 500, 500),
        ([[100, 200, 300]], [(0, 0)], 100, 100),
        ([[100], [50]], [(1, 0)], 50, 50),
        ([[FAR], [FAR]], [], 0, 0),
    ],
)
def test_the_pairs_have_the_least_way_in_all(ways, pairs, metres, nearest_first):
    ways = np.array(ways, float)
    found = pairs_of(ways)

    assert found == pairs
    assert sum(ways[row][column] for row, column in found) == metres
    assert greedy(ways, [row for row, _ in found]) == nearest_first
