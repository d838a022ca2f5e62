from hypothesis import given
from hypothesis import strategies as st

from saegeo_core.rendering.terminal.sparkline import BLOCKS, at_most, logarithms, sparkline

values = st.lists(st.none() | st.floats(-1e9, 1e9))


def test_low_and_high_are_the_first_and_last_block():
    assert sparkline([0, 1, None, 2, 8], 0, 8) == "▁▂ ▃█"


def test_a_constant_is_drawn():
    assert sparkline([5, 5], 5, 5) == "▁▁"


@given(values, st.integers(1, 100))
def test_merging_keeps_the_peak_and_the_order(given_values, width):
    merged = at_most(given_values, width)
    present = [value for value in given_values if value is not None]
    assert len(merged) == min(width, len(given_values))
    assert max((value for value in merged if value is not None), default=None) == max(present, default=None)
    assert len(sparkline(merged, min(present, default=0), max(present, default=1))) == len(merged)
    assert len(given_values) > width or merged == given_values


def test_logarithms_leave_out_what_is_too_small_to_show():
    assert logarithms([100, 10, 1, 0, -1, None], decades=1) == [2, 1, None, None, None, None]
    assert logarithms([], decades=1) == []
    assert set(BLOCKS) >= set(sparkline([1], 1, 1))
