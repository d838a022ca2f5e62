"""L0: measured where firing was given, before what the source of the SAE states; and a difference is told."""

from dataclasses import replace

import numpy as np
import pytest

from saegeo_core import FeatureCloud, FiringStatistics, Report, load_cloud, run
from saegeo_core.firing.sparsity import contradicts_statement, mean_firing, measured_l0, stored_l0, with_measured_l0
from saegeo_core.rendering.l0_text import l0_text

N_TOKENS = 100


def firing_at(l0, n_features=24, **known):
    """Statistics of features that are active on so many tokens that their L0 is `l0`."""
    token_counts = np.zeros(n_features, np.int64)
    share, left = divmod(round(l0 * N_TOKENS), n_features)
    token_counts[:] = share
    token_counts[:left] += 1
    fired = (np.arange(5)[:, None] < np.minimum(token_counts, 5)).astype(np.uint8)
    return FiringStatistics.from_arrays(fired, token_counts=token_counts, n_tokens=N_TOKENS, **known)


def stating(cloud, l0):
    known = cloud.sae.model_dump() | {"l0": l0, "l0_stated": None}
    return cloud.with_description(type(cloud.sae).model_validate(known))


@pytest.mark.parametrize(
    ("firing", "l0"),
    [
        (firing_at(7.5), 7.5),
        (firing_at(7.5, fires_above=0.0), 7.5),
        (firing_at(7.5, fires_above=1.0), None),  # what is active more weakly is not counted
        (replace(firing_at(7.5), token_counts=None), None),
        (replace(firing_at(7.5), n_tokens=None), None),
        (firing_at(0), None),
    ],
)
def test_l0_is_the_mean_number_of_active_features(firing, l0, cloud, tmp_path):
    assert measured_l0(firing) == l0
    firing.write(tmp_path / "a" / "b")
    assert stored_l0(tmp_path, "a", "b") == l0
    assert stored_l0(tmp_path, "a", "c") is None
    known = with_measured_l0(stating(cloud, 3.0).sae, firing)
    assert (known.l0, known.l0_stated, known.is_l0_measured) == (l0 or 3.0, 3.0, l0 is not None)


def test_what_fires_at_all_is_told_of_any_threshold():
    assert mean_firing(firing_at(7.5, fires_above=1.0)) == 7.5


@pytest.mark.parametrize(
    ("stated", "measured", "is_told", "text"),
    [
        (8.0, 9.9, False, "9.90 (stated 8)"),
        (8.0, 10.1, True, "10.1 (stated 8)"),
        (12.0, 9.5, True, "9.50 (stated 12)"),
        (None, 9.5, False, "9.50"),
        (8.0, None, False, "8"),
        (None, None, False, "unknown"),
    ],
)
def test_a_difference_of_a_quarter_is_told(mean_norm, cloud, stated, measured, is_told, text):
    firing = None if measured is None else firing_at(measured)
    report = run(mean_norm, stating(cloud, stated), firing=firing)  # which does not read firing
    assert report.sae.l0 == (measured or stated)
    assert report.sae.l0_stated == stated
    assert report.sae.l0_tokens == (N_TOKENS if measured else None)
    told = [warning for warning in report.warnings if "states" in warning]
    assert bool(told) == is_told == contradicts_statement(report.sae)
    assert (l0_text(report.sae), l0_text(report.sae, only_unlike=True)) == (
        text,
        text if is_told else text.split(" ")[0],
    )


def test_all_features_count_those_left_out_of_the_cloud_too(mean_norm, rng):
    rows = rng.standard_normal((24, 6))
    rows[[3, 17]] = 0
    report = run(mean_norm, FeatureCloud.from_array(rows), firing=firing_at(12))
    assert (report.sae.n_features, report.sae.l0) == (22, 12)


def test_a_harvest_that_was_measured_anew_makes_another_report(mean_norm, cloud, tmp_path):
    found = [run(mean_norm, cloud, firing=firing_at(l0), out=tmp_path).sae.l0 for l0 in (5, 5, 6)]
    assert found == [5, 5, 6]
    assert len(list(tmp_path.rglob("*.json"))) == 2


def test_firing_that_comes_with_a_bundled_sae_is_not_given(mean_norm):
    """It was counted on another text than its L0, which was measured as well; the two agree."""
    cloud = load_cloud("minilm-l6:layer_3")
    sae = run("frequency-geometry", cloud, parameters={"null_draws": 99}).sae
    assert (sae.l0, sae.l0_stated, sae.l0_tokens) == (cloud.sae.l0, cloud.sae.l0, None)


def test_in_reports_of_before_l0_is_the_one_stated(mean_norm, cloud):
    report = run(mean_norm, stating(cloud, 8.0)).model_dump(mode="json")
    report["sae"] = {key: value for key, value in report["sae"].items() if key not in ("l0_stated", "l0_tokens")}
    assert Report.model_validate(report).sae.l0_stated == 8.0
