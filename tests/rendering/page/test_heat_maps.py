"""Grids of layer and L0, their colors, and the table that they are made of."""

import re

import pytest

from saegeo_core import Interval
from saegeo_core.rendering.page.color_scale import ColorScale
from saegeo_core.rendering.page.heat_maps import heat_maps
from saegeo_core.rendering.page.reading_order import in_reading_order
from saegeo_core.rendering.page.summary_table import headlines_of, summary_rows


@pytest.fixture
def maps(every_kind):
    """The heat maps of SAEs of these layers, L0 and values."""
    like = every_kind()

    def of(*saes):
        reports = []
        for layer, l0, value in saes:
            id = f"layer_{layer}/average_l0_{l0}"
            known = {"spec": f"a:{id}", "release": "a", "sae_id": id, "layer": layer, "l0": l0, "digest": id}
            interval = Interval(low=value - 1, high=value + 1, method="jackknife")
            metric = like.metric().model_copy(update={"estimate": value, "interval": interval})
            reports.append(like.model_copy(update={"sae": like.sae.model_copy(update=known), "measured": (metric,)}))
        shown = in_reading_order(reports, ())
        return heat_maps(headlines_of(shown), summary_rows(shown, {}))

    return of


def told(map):
    """For each row of the grid the values of its cells, dashes between those of one cell."""
    return [["-".join(re.search(r": (\d+)", one.told)[1] for one in cell) for cell in row] for row in map.cells]


def test_layers_that_share_their_l0_have_a_row_for_each(maps):
    [map] = maps((0, 10, 1), (0, 12, 2), (1, 10, 3), (1, 12, 4))
    assert (map.layers, map.bands) == ([0, 1], ["12", "10"])
    assert told(map) == [["2", "4"], ["1", "3"]]
    assert map.family == "a:layer_*/l0_*"
    assert map.cells[0][1][0].report_id == "every-kind-a-layer_1-average_l0_12"


def test_other_l0_are_read_in_factors_of_two_side_by_side_where_they_meet(maps):
    [map] = maps((2, 10, 1), (2, 33, 2), (10, 11, 3), (10, 64, 4), (10, 65, 5), (10, 13, 6))
    assert (map.layers, map.bands) == ([2, 10], ["64 to 128", "32 to 64", "8 to 16"])
    assert told(map) == [["", "4-5"], ["2", ""], ["1", "3-6"]]


@pytest.mark.parametrize(
    "saes",
    [
        [(0, 10, 1), (0, 20, 2)],  # one layer
        [(0, 10, 1), (1, 20, 2), (2, 30, 3)],  # one L0 in each: a line, no grid
        [(0, 10, 1), (0, 20, 2), (1, 20, 3)],
        [(0, None, 1), (0, 20, 2), (1, None, 3), (1, 20, 4)],
    ],
)
def test_where_there_is_no_grid_there_is_no_map(maps, saes):
    assert maps(*saes) == []


def rgb(color):
    return [int(part) for part in re.findall(r"\d+", color)]


def test_colors_go_from_dark_to_light_and_by_the_logarithm_over_decades():
    even, wide = ColorScale.of([1, 2, 3]), ColorScale.of([1, 100])
    assert (even.is_log, wide.is_log) == (False, True)
    assert even.ends == ("1", "3")
    assert even.colors([1, 3]) == [even.strip[0], even.strip[-1]]
    assert wide.colors([10]) == even.colors([2])
    lightness = [sum(rgb(color)) for color in even.strip]
    assert lightness == sorted(lightness)


def test_values_on_both_sides_of_zero_are_colored_away_from_it():
    scale = ColorScale.of([-1, 2])
    assert scale.ends == ("-2", "2")
    assert max(rgb(scale.colors([0])[0])) - min(rgb(scale.colors([0])[0])) < 5  # gray
    assert len({*scale.colors([-2, 0, 2])}) == 3


def test_equal_values_have_one_color():
    assert len({*ColorScale.of([5, 5]).colors([5, 5])}) == 1
