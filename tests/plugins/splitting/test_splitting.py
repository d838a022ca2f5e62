"""Splitting: planted children are counted, strangers are new, and pursuits are what least squares say."""

import numpy as np
import pytest
import torch

from saegeo_core import Absent, AnalysisContext, FeatureCloud, SaegeoError
from saegeo_core.numerics.unit_rows import unit_rows
from saegeo_core.statistics.reflected_directions import ReflectedDirections
from saegeo_core.synthetic import angular_gaussian, isotropic
from saegeo_core.synthetic.composites import COMPOSITES
from saegeo_splitting import reflected_atoms
from saegeo_splitting.analysis import Splitting
from saegeo_splitting.meta_dictionary import meta_explained
from saegeo_splitting.pursuit import NONE, pursue
from saegeo_splitting.reflected_atoms import ReflectedAtoms

N, D = 160, 24


def measured(wide, narrow, *, seed=0, **parameters):
    """The metrics by name, and the findings."""
    clouds = {"narrow": FeatureCloud.from_array(narrow, name="narrow")}
    context = AnalysisContext(rng=np.random.default_rng(seed), clouds=clouds)
    chosen = Splitting.Parameters(narrow="a:b", **parameters)
    findings = Splitting().analyze(FeatureCloud.from_array(wide, name="wide"), chosen, context)
    return {metric.name: metric for metric in findings.metrics}, findings


def split_in_two(narrow, n, rng):
    """So many narrow features twice, blurred, then as many directions of no relation as make 160."""
    copies = narrow[:n].repeat(2, 1) + 0.2 * isotropic(2 * n, D, rng)
    return torch.cat([copies, angular_gaussian(N - 2 * n, D, rng)])


def test_planted_children_are_counted(rng):
    narrow = angular_gaussian(80, D, rng)
    metrics, findings = measured(split_in_two(narrow, 40, rng), narrow)
    assert metrics["novel_share"].estimate == pytest.approx(0.5, abs=0.03)
    assert metrics["split_share"].estimate == pytest.approx(0.5, abs=0.04)
    assert metrics["lost_share"].estimate == pytest.approx(0.5, abs=0.04)
    for name in ("novel_share", "split_share", "lost_share", "rebuilt_from_1"):
        assert metrics[name].nulls[0].pvalue == 0.05, name
    assert metrics["novel_share"].nulls[1].mean == 0.99
    children = findings.tables["children"].set_index("features")["share"]
    assert children[2] == pytest.approx(0.5, abs=0.04)
    assert children.sum() == pytest.approx(1)
    of_narrow = findings.tables["narrow_features"].set_index("narrow_feature")["features"]
    assert (of_narrow[:40] >= 2).all()
    is_novel = findings.tables["features"].set_index("feature")["is_novel"]
    assert not is_novel[list(range(80))].any()


def test_copies_are_rebuilt_from_one_and_sums_from_as_many_as_they_have(rng):
    narrow = torch.linalg.qr(isotropic(64, 64, rng)).Q[:48]
    sums = torch.stack([narrow[4 * n : 4 * n + 4].sum(0) for n in range(12)])
    _, findings = measured(torch.cat([narrow, sums]), narrow)
    rebuilt = findings.tables["rebuilt"]
    # 48 of 60 are narrow features, the other 12 a sum of four at right angles, each of which explains a quarter.
    assert rebuilt["share"][:4].to_numpy() == pytest.approx([(48 + 12 * k / 4) / 60 for k in (1, 2, 3, 4)], abs=1e-5)
    assert rebuilt["share"].to_numpy()[-1] == pytest.approx(1, abs=1e-5)
    assert rebuilt["random"][0] < 0.5


def test_a_pursuit_takes_what_least_squares_leave_most_of(rng):
    atoms, targets = unit_rows(isotropic(60, 16, rng)).float(), isotropic(40, 16, rng)
    found = pursue(targets @ atoms.T, (atoms @ atoms.T).__getitem__, 6)
    for row, target in enumerate(targets.double().numpy()):
        left, chosen = target, []
        for step in range(6):
            chosen.append(int(np.abs(atoms.double().numpy() @ left).argmax()))
            taken = atoms.double().numpy()[chosen].T
            left = target - taken @ np.linalg.lstsq(taken, target)[0]
            assert found.chosen[row, step] == chosen[-1]
            assert float(found.explained[row, step]) == pytest.approx(target @ target - left @ left, abs=1e-5)


def test_a_pursuit_ends_where_nothing_is_left():
    atoms = torch.eye(5)[[0, 0, 1, 2, 3]]
    found = pursue(torch.tensor([[3.0, 3, 4, 0, 0], [0, 0, 0, 0, 0]]), (atoms @ atoms.T).__getitem__, 4)
    assert found.chosen[0].tolist() == [2, 0, NONE, NONE]
    assert found.explained[0].tolist() == pytest.approx([16, 25, 25, 25])
    assert found.explained[1].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("mean", [0.0, 0.7])
@pytest.mark.parametrize("held", [0, 16_384])
def test_reflections_as_atoms_are_those_that_are_written_out(rng, mean, held, monkeypatch):
    monkeypatch.setattr(reflected_atoms, "MOST_HELD", held)
    rows = unit_rows(isotropic(100, 12, rng) + mean * torch.ones(12))
    reflected = ReflectedDirections.of(rows.float())
    targets = unit_rows(isotropic(30, 12, rng)).float()
    signs = reflected.signs_of_draws(1, rng)[0][1]
    atoms = reflected.reflected(signs)
    expected = pursue(targets @ atoms.T, (atoms @ atoms.T).__getitem__, 5).explained
    assert ReflectedAtoms(reflected).explained(targets, signs, 5).numpy() == pytest.approx(expected.numpy(), abs=2e-5)


def test_a_dictionary_of_few_atoms_is_learned(rng):
    """Of 200 directions, each a mixture of two of ten, ten atoms explain nearly all; of as many strangers they do not."""
    hidden = isotropic(10, D, rng)
    mixed = torch.stack([hidden[rng.choice(10, 2, replace=False)].sum(0) for _ in range(200)])
    strangers = isotropic(200, D, rng)
    learned, by_chance = (meta_explained(unit_rows(one).float(), 50, 4, rng).share for one in (mixed, strangers))
    assert learned > 0.98
    assert by_chance < 0.85


def test_what_shares_parts_is_more_than_gaussian(rng):
    hidden = isotropic(30, D, rng)
    mixed = torch.stack([hidden[rng.choice(30, 3, replace=False)].sum(0) for _ in range(300)])
    metrics, _ = measured(mixed, isotropic(80, D, rng))
    assert metrics["meta_excess"].interval.low > 0
    plain, _ = measured(angular_gaussian(300, D, rng), isotropic(80, D, rng))
    assert plain["meta_excess"].interval.low < 0.01
    few, _ = measured(isotropic(30, D, rng), isotropic(20, D, rng))
    assert "30 features are too few" in few["meta_excess"].estimate.absent


def test_a_sample_of_features_is_rebuilt(rng):
    narrow = angular_gaussian(80, D, rng)
    wide = split_in_two(narrow, 40, rng)
    whole, sampled = measured(wide, narrow)[0], measured(wide, narrow, sample=64)[0]
    assert sampled["rebuilt_from_8"].n == 64
    interval = sampled["rebuilt_from_1"].interval
    assert interval.low < whole["rebuilt_from_1"].estimate < interval.high
    assert interval.high - interval.low > 1.2 * (
        whole["rebuilt_from_1"].interval.high - whole["rebuilt_from_1"].interval.low
    )


@pytest.mark.parametrize("law", ["families of 5", "spectrum rank^-1", "common mean"])
def test_of_strangers_nothing_is_found(law):
    rng = np.random.default_rng(11)
    names = ("novel_share", "split_share", "lost_share", "rebuilt_from_1", "rebuilt_from_8")
    pvalues = []
    for seed in range(20):
        metrics, _ = measured(COMPOSITES[law](N, D, rng), COMPOSITES[law](80, D, rng), seed=seed, sample=64)
        pvalues.append([metrics[name].nulls[0].pvalue for name in names])
    assert (np.mean(np.array(pvalues) <= 0.05, axis=0) <= 0.25).all()  # 20 of .05: more than .2 in one of 400
    assert (np.mean(pvalues, axis=0) > 0.3).all()


def test_what_cannot_be_compared_is_refused_or_told(rng):
    cloud = angular_gaussian(N, D, rng)
    with pytest.raises(SaegeoError, match="the SAE that is measured"):
        measured(cloud, cloud.clone())
    with pytest.raises(SaegeoError, match="they share no cosines"):
        measured(cloud, isotropic(N, D + 1, rng))
    _, findings = measured(cloud, angular_gaussian(N + 20, D, rng))
    assert "named as the narrow one, has 180 features, more than the 160 measured" in findings.warnings[0]
    metrics, _ = measured(cloud, torch.ones(80, D))
    assert all(isinstance(one.estimate, Absent) for one in metrics.values())
