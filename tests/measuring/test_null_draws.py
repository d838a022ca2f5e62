"""The nulls of many numbers at once, from draws of models and from untrained dictionaries."""

from saegeo_core import FiringStatistics
from saegeo_core.firing.statistics import Control
from saegeo_core.measuring.null_draws import UNTRAINED, nulls_of_controls, nulls_of_draws


def test_draws_are_gathered_number_by_number_and_model_by_model():
    draws = {"first": [{"one": 1.0, "two": 7.0}, {"one": 3.0, "two": 8.0}], "second": [{"one": 9.0, "two": 9.0}]}
    nulls = nulls_of_draws(draws)
    assert {name: list(models) for name, models in nulls.items()} == {
        "one": ["first", "second"],
        "two": ["first", "second"],
    }
    assert nulls["one"]["first"].tolist() == [1.0, 3.0]
    assert nulls["two"]["second"].tolist() == [9.0]


def test_without_draws_there_are_no_nulls():
    assert nulls_of_draws({"first": []}) == {}


def controls_of(rng, n_controls, measure, names=("features",)):
    control = Control(rng.standard_normal((20, 4)), FiringStatistics.from_arrays(rng.random((50, 20)) < 0.3))
    firing = FiringStatistics.from_arrays(rng.random((50, 20)) < 0.3, controls_from=(lambda: control,) * n_controls)
    return {name: nulls[UNTRAINED] for name, nulls in nulls_of_controls(measure, names, firing, rng).items()}


def count(directions, counts):
    assert len(directions) == len(counts)
    return {"features": float(len(counts))}


def test_the_only_control_is_halved(rng):
    found = controls_of(rng, 1, count)["features"]
    assert (found.values, found.halves) == ([20.0], [10.0] * 20)


def test_of_several_controls_none_is_halved(rng):
    found = controls_of(rng, 3, count)["features"]
    assert (found.values, found.halves) == ([20.0] * 3, [])


def test_a_number_that_no_control_has_has_nothing_to_compare(rng):
    found = controls_of(rng, 1, count, names=("else",))["else"]
    assert (found.values, found.halves) == ([], [])
