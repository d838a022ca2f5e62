"""Seeds: planted partners are found, strangers are not, and what does not come back is told by its subspace."""

import numpy as np
import pytest
import torch

from saegeo_core import Absent, AnalysisContext, FeatureCloud, SaegeoError
from saegeo_core.synthetic import angular_gaussian, isotropic
from saegeo_core.synthetic.composites import COMPOSITES
from saegeo_seeds.analysis import Seeds
from saegeo_seeds.subspaces import leading_subspace, overlap

N, D = 120, 24


def measured(cloud, *others, seed=0, **parameters):
    """The metrics by name, and the findings."""
    clouds = {"others": tuple(FeatureCloud.from_array(one, name=f"seed-{n}") for n, one in enumerate(others))}
    context = AnalysisContext(rng=np.random.default_rng(seed), clouds=clouds)
    chosen = Seeds.Parameters(others=["a:b"], **parameters)
    findings = Seeds().analyze(FeatureCloud.from_array(cloud, name="measured"), chosen, context)
    return {metric.name: metric for metric in findings.metrics}, findings


def with_shared(rows, rng, noise=0.2):
    """A dictionary that has these features, blurred, in its first places."""
    return torch.cat([rows + noise * isotropic(len(rows), D, rng), angular_gaussian(N - len(rows), D, rng)])


def test_planted_features_are_found_in_as_many_seeds_as_have_them(rng):
    cloud = angular_gaussian(N, D, rng)
    others = [with_shared(cloud[:n], rng) for n in (30, 60, 90)]
    metrics, findings = measured(cloud, *others)
    assert metrics["stable_share"].estimate == pytest.approx(0.5, abs=0.03)
    assert metrics["everywhere_share"].estimate == pytest.approx(0.25, abs=0.02)
    assert metrics["nowhere_share"].estimate == pytest.approx(0.25, abs=0.04)
    assert metrics["stable_share"].nulls[0].pvalue == 0.05
    assert metrics["stable_share"].nulls[1].mean == 0.01
    assert metrics["nowhere_share"].nulls[1].mean == pytest.approx(0.99**3)
    features = findings.tables["features"].set_index("feature")["stability"]
    assert (features[:30] == 1).all()
    assert features[30:60].mean() == pytest.approx(2 / 3, abs=0.03)
    seeds = findings.tables["seeds"]
    assert seeds["share_found"].to_numpy() == pytest.approx([0.25, 0.5, 0.75], abs=0.04)
    assert seeds["share_found_back"].to_numpy() == pytest.approx([0.25, 0.5, 0.75], abs=0.04)
    by_seeds = findings.tables["by_seeds"]
    assert by_seeds["share"].sum() == pytest.approx(1)
    assert by_seeds["random"].sum() == pytest.approx(1)
    assert list(by_seeds["seeds"]) == [0, 1, 2, 3]


def test_of_strangers_chance_finds_as_many_as_it_was_told_to(rng):
    metrics, _ = measured(*(isotropic(400, 16, rng) for _ in range(5)), chance=0.1)
    assert metrics["stable_share"].estimate == pytest.approx(0.1, abs=0.03)
    assert metrics["everywhere_share"].estimate < 0.01
    assert metrics["nowhere_share"].estimate == pytest.approx(0.9**4, abs=0.06)
    assert metrics["stable_share"].nulls[0].mean == pytest.approx(0.1, abs=0.02)


def test_one_other_seed_has_one_share(rng):
    cloud = angular_gaussian(N, D, rng)
    metrics, _ = measured(cloud, with_shared(cloud[:60], rng))
    assert isinstance(metrics["everywhere_share"].estimate, Absent)
    assert isinstance(metrics["nowhere_share"].estimate, Absent)
    assert metrics["stable_share"].interval.population == "another dictionary like this one"


def test_how_seeds_differ_widens_the_interval(rng):
    cloud = angular_gaussian(N, D, rng)
    alike = [with_shared(cloud[:60], rng) for _ in range(3)]
    unlike = [with_shared(cloud[:n], rng) for n in (20, 60, 100)]
    errors = [measured(cloud, *others)[0]["stable_share"].interval.standard_error for others in (alike, unlike)]
    assert errors[1] > 2 * errors[0]
    # Of shares .17, .5 and .83 the mean is known to a standard deviation over the root of 3, and of kin as they are.
    assert errors[1] ** 2 == pytest.approx(np.var([1 / 6, 1 / 2, 5 / 6], ddof=1) / 3 + 0.028**2, rel=0.2)


def test_what_does_not_come_back_may_span_the_same_space(rng):
    """Both dictionaries have features of their own in the same six of 24 dimensions, which neither shows feature by feature."""
    plane = torch.linalg.qr(torch.randn(D, 6, generator=torch.Generator().manual_seed(3))).Q
    shared = isotropic(80, D, rng)
    own = [isotropic(60, 6, rng) @ plane.T for _ in range(2)]
    metrics, _ = measured(*(torch.cat([shared, one]) for one in own), q=6, chance=0.001)
    told = metrics["unstable_overlap"]
    assert told.estimate > 0.9
    assert told.nulls[0].pvalue == 0.05
    strangers, _ = measured(isotropic(140, D, rng), isotropic(140, D, rng), q=6)
    assert strangers["unstable_overlap"].estimate == pytest.approx(6 / D, abs=0.1)


def test_subspaces_by_rows_and_by_columns_are_the_same(rng):
    few, many = isotropic(20, D, rng), isotropic(200, D, rng)
    for rows in (few, many):
        found = leading_subspace(rows, 3)
        centered = (rows - rows.mean(0)).double()
        expected = torch.linalg.svd(centered, full_matrices=False).Vh[:3].T
        assert overlap(found, expected) == pytest.approx(1, abs=1e-9)
    assert leading_subspace(few, 7) is None
    assert overlap(torch.eye(D)[:, :4], torch.eye(D)[:, 4:8]) == 0


@pytest.mark.parametrize("law", ["families of 5", "spectrum rank^-1", "common mean"])
def test_strangers_are_not_called_alike(law):
    rng = np.random.default_rng(11)
    pvalues = [
        measured(COMPOSITES[law](N, D, rng), COMPOSITES[law](N, D, rng), seed=n)[0]["stable_share"].nulls[0].pvalue
        for n in range(30)
    ]
    assert np.mean(np.array(pvalues) <= 0.05) <= 0.17  # 30 of .05: .17 or more in one of 200
    assert 0.3 < np.mean(pvalues) < 0.7


def test_the_cloud_itself_is_no_other_seed(rng):
    cloud = angular_gaussian(N, D, rng)
    other = with_shared(cloud[:60], rng)
    alone, beside_itself = measured(cloud, other)[0], measured(cloud, cloud.clone(), other)[0]
    assert alone["stable_share"].estimate == beside_itself["stable_share"].estimate
    with pytest.raises(SaegeoError, match="is the one measured"):
        measured(cloud, cloud.clone())
    with pytest.raises(SaegeoError, match="they share no cosines"):
        measured(cloud, isotropic(N, D + 1, rng))
