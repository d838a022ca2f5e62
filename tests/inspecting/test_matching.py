"""Counterparts in another dictionary: the planted one is found, and what is none is not beyond chance."""

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from saegeo_core import FeatureCloud, SaegeoError, match
from saegeo_core.inspecting.named_feature import named_feature
from saegeo_core.rendering.feature_files import matches_csv, matches_json
from saegeo_core.statistics.chance_partners import chance_cosines, chance_of_nearest
from saegeo_core.statistics.null_directions import matched_gaussian
from saegeo_core.synthetic import angular_gaussian, isotropic


@pytest.fixture
def pair(rng):
    """Two dictionaries of 60 and 80 directions in 16 dimensions; feature i < 20 of the first is feature 79 - i of the second."""
    second = angular_gaussian(80, 16, rng)
    first = torch.cat([second[60:].flip(0) + 0.05 * isotropic(20, 16, rng), angular_gaussian(40, 16, rng)])
    return FeatureCloud.from_array(3 * first, name="first"), FeatureCloud.from_array(second, name="second")


def test_a_planted_counterpart_is_found_beyond_chance(pair):
    for one in match(pair[0], range(20), pair[1]):
        assert one.counterpart.feature == 79 - one.feature.feature
        assert one.is_mutual
        assert one.cosine > one.chance_cosine
        assert one.pvalue < 1e-3
        assert one.others[0].cosine < one.cosine


def test_cosines_are_those_of_all_pairs(pair):
    first, second = (one.unit_vectors().double().numpy() for one in pair)
    cosines = first @ second.T
    for row, one in enumerate(match(pair[0], "0-59", pair[1])):
        order = np.argsort(-cosines[row])
        assert [one.counterpart.feature, *(other.feature for other in one.others)] == order[:4].tolist()
        assert one.cosine == pytest.approx(cosines[row].max(), abs=1e-6)
        assert one.is_mutual == (cosines[:, order[0]].argmax() == row)


def law_of(unit):
    rows = unit.double().numpy()
    return matched_gaussian(rows.T @ rows / len(rows), rows.mean(0), len(rows))


def test_the_chance_of_the_chance_cosine_is_the_chance_asked_for(rng):
    unit = torch.nn.functional.normalize(angular_gaussian(50, 16, rng), dim=1)
    law = law_of(unit)
    for chance in (0.3, 0.01):
        level = chance_cosines(unit, law, 500, chance, np.random.default_rng(3))
        found = chance_of_nearest(unit, law, 500, level, np.random.default_rng(3))
        np.testing.assert_allclose(found, chance, rtol=1e-3)
    assert (chance_of_nearest(unit, law, 500, np.full(50, -0.1), rng) == 1).all()
    assert (chance_of_nearest(unit, law, 500, np.full(50, 1.0), rng) < 1e-6).all()


def test_of_directions_of_the_law_pvalues_are_uniform(rng):
    law = law_of(torch.nn.functional.normalize(angular_gaussian(400, 16, rng), dim=1))
    unit = torch.nn.functional.normalize(isotropic(300, 16, rng), dim=1)
    others = torch.nn.functional.normalize(law.sample(300 * 100, rng).float(), dim=1).view(300, 100, 16)
    largest = torch.einsum("nd,nkd->nk", unit, others).amax(1).double().numpy()
    assert kstest(chance_of_nearest(unit, law, 100, largest, rng), "uniform").pvalue > 0.01


def test_directions_of_two_spaces_have_no_counterparts(pair, rng):
    other = FeatureCloud.from_array(isotropic(40, 8, rng), name="other")
    with pytest.raises(SaegeoError, match="share no cosines"):
        match(pair[0], 1, other)


def test_without_a_law_there_is_no_chance_level(pair, rng):
    few = FeatureCloud.from_array(isotropic(5, 16, rng), name="few")
    found = match(pair[0], 1, few)
    assert (found[0].pvalue, found[0].chance_cosine) == (None, None)
    assert found.absent in str(found)


def test_matches_are_shown_and_written(pair):
    found = match(pair[0], "3", pair[1])
    printed = str(found)
    assert max(map(len, printed.splitlines())) <= 80
    assert "next candidates" in printed
    assert "feature 76" in printed
    assert repr(found) == "<1 Matches of memory:first in memory:second>"
    assert '"is_mutual": true' in matches_json(found)
    assert matches_csv(found).splitlines()[1].startswith("3,76,0.9")
    assert found.frame["counterpart"].tolist() == [76]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("minilm-l6:layer_3#412", ("minilm-l6:layer_3", 412)),
        ("minilm-l6:layer_3:412", ("minilm-l6:layer_3", 412)),
        ("minilm-l6:layer_3", ("minilm-l6:layer_3", None)),
        ("no-release:no-sae:4", ("no-release:no-sae:4", None)),
        ("no-release:4", ("no-release:4", None)),
        ("no-release:no-sae#4", ("no-release:no-sae", 4)),
        ("here.npy:7", ("here.npy", 7)),
        ("here.npy#7", ("here.npy", 7)),
        ("odd#7", ("odd#7", None)),
    ],
)
def test_a_feature_is_told_from_an_sae(tmp_path, monkeypatch, text, expected):
    monkeypatch.chdir(tmp_path)
    for name in ("here.npy", "odd#7"):
        (tmp_path / name).touch()
    assert named_feature(text) == expected
