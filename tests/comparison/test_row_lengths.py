"""Rows of unlike lengths are a confound of what the covariance weighs, and of nothing else; unit rows take it away."""

import numpy as np
import pytest

from saegeo_core import FeatureCloud, compare, run
from saegeo_core.synthetic import isotropic


@pytest.fixture(scope="module")
def clouds():
    rng = np.random.default_rng(5)
    rows = isotropic(300, 24, rng).numpy()
    lengths = np.exp(0.8 * rng.standard_normal((300, 1))).astype(np.float32)
    return [FeatureCloud.from_array(rows, name="unit"), FeatureCloud.from_array(rows * lengths, name="unlike")]


WINDOW = {"first_rank": 1, "last_rank": 20, "power_law_draws": 0}


def facts(comparison):
    return {confound.fact: [group.value for group in confound.groups] for confound in comparison.confounds}


def test_the_guard_names_row_lengths_where_they_move_the_numbers(clouds):
    reports = [run("power-law", cloud, parameters=WINDOW) for cloud in clouds]
    ratio = [report.metric("participation_ratio").value for report in reports]
    assert abs(ratio[0] - ratio[1]) > 1
    assert facts(compare(reports))["row lengths"] == ["of one length", "of unlike lengths"]


def test_it_says_nothing_of_analyses_that_look_at_angles_alone(clouds):
    assert "row lengths" not in facts(compare([run("cosine-tails", cloud) for cloud in clouds]))


@pytest.mark.parametrize("plugin", ["power-law", "entropy"])
def test_unit_rows_take_the_difference_away(clouds, plugin):
    settings = {"unit_rows": True, **(WINDOW if plugin == "power-law" else {"q": 5})}
    first, second = (run(plugin, cloud, parameters=settings) for cloud in clouds)
    for metric in first.measured:
        if metric.value is not None and metric.name != "entropy":
            assert second.metric(metric.name).value == pytest.approx(metric.value, rel=1e-3, abs=1e-3), metric.name


def test_warnings_of_the_reports_stand_under_the_comparison(clouds):
    comparison = compare([run("power-law", cloud, parameters=WINDOW) for cloud in clouds])
    assert any(note.startswith("power-law on memory:unlike: the rows differ in length") for note in comparison.notes)
