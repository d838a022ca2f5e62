"""Which stored reports tell of features: one rule for cards and for the map."""

from saegeo_core.comparison.feature_table import feature_table
from saegeo_core.comparison.telling_reports import one_of_each_analysis, telling
from saegeo_core.inspecting.stored_facts import StoredFacts

EARLY, LATE = "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"


def test_calibrated_reports_go_before_published_ones_and_small_seeds_before_others(saying):
    paper, second, first = saying(preset="paper", created=LATE), saying(seed=1, created=LATE), saying(seed=0)
    other_parameter, other_analysis = saying(parameters={"k": 2}, created=LATE), saying("two", preset="paper")
    reports = [paper, second, first, other_parameter, other_analysis]
    assert telling(reports) == [first, other_parameter, other_analysis]
    assert one_of_each_analysis(reports) == {"one": other_parameter, "two": other_analysis}
    assert telling([paper]) == [paper]


def test_of_other_seeds_the_last_one_made_does_not_replace_the_first(saying):
    first, second = saying(seed=0, created=EARLY), saying(seed=1, created=LATE)
    assert one_of_each_analysis([second, first]) == {"one": first}


def test_of_other_parameters_the_one_made_last_stands_on_the_card_in_whatever_order(saying):
    old, new = saying(parameters={"k": 2}, created=EARLY), saying(parameters={"k": 1}, created=LATE)
    assert one_of_each_analysis([old, new]) == one_of_each_analysis([new, old]) == {"one": new}
    again = saying(parameters={"k": 3}, created=LATE)
    assert one_of_each_analysis([again, new]) == {"one": again}


def test_what_a_card_says_the_map_says_too(saying):
    def mapped(lobe, **more):
        return saying("lobes", map={"feature": [0, 4.0, None], "x": [1, 2, 3], "y": [1, 2, 3], "lobe": lobe}, **more)

    reports = [
        mapped(["lobe 8", "lobe 8", "lobe 8"], seed=1, created=LATE),
        mapped(["lobe 9", "lobe 9", "lobe 9"], preset="paper", created=LATE),
        mapped(["lobe 2", "lobe 3", "lobe 4"]),
    ]
    [column] = feature_table(reports).columns
    assert StoredFacts(reports, "here").column("lobe") == {0: 2, 4: 3}
    assert (column.name, column.values) == ("lobe", ["lobe 2", "lobe 3"])
