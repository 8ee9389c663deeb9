"""The page of the design: every component without a serious fault, in both themes and sizes, on both widths."""

import pytest

from tests.axe import serious, sideways


@pytest.mark.parametrize("query", ["", "?theme=dark", "?size=elder&lang=en"])
def test_the_components_have_no_serious_fault_and_fit_both_widths(phone, desk, query):
    for window in (phone, desk):
        page = window.open(f"/design/{query}")

        assert serious(page) == []
        assert sideways(page) == 0
