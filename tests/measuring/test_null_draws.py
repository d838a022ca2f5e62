"""The nulls of many numbers at once, from draws of models and from untrained dictionaries."""

import numpy as np

from saegeo_core import FeatureCloud, FiringStatistics
from saegeo_core.firing.reflection import Reflection
from saegeo_core.firing.statistics import Control
from saegeo_core.measuring.null_draws import nulls_of_controls, nulls_of_draws


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


def controls_of(rng, kinds, measure, names=("features",)):
    def control(kind):
        directions = Reflection(np.eye(4, dtype=np.float32), np.ones(4, np.int8)) if kind == "reflected" else drawn
        return Control(directions, FiringStatistics.from_arrays(rng.random((50, 20)) < 0.3))

    drawn = rng.standard_normal((20, 4))
    cloud = FeatureCloud.from_array(rng.standard_normal((20, 4)).astype(np.float32))
    makers = tuple((lambda kind=kind: control(kind)) for kind in kinds)
    firing = FiringStatistics.from_arrays(rng.random((50, 20)) < 0.3, controls_from=makers)
    return nulls_of_controls(measure, names, cloud, firing)


def count(directions, counts):
    assert len(directions) == len(counts) == 20
    return {"features": float(len(counts))}


def test_reflected_controls_come_first_and_each_kind_says_what_it_keeps(rng):
    found = controls_of(rng, ["gaussian", "reflected", "reflected"], count)["features"]
    assert [(model, null.values) for model, null in found.items()] == [
        ("untrained dictionary, the SAE reflected: all its cosines and rates kept", [20.0, 20.0]),
        ("untrained dictionary, angular Gaussian: covariance and rates kept", [20.0]),
    ]


def test_a_number_that_no_control_has_has_nothing_to_compare(rng):
    found = controls_of(rng, ["reflected"], count, names=("else",))["else"]
    assert all(null.values == [] for null in found.values())
