"""Plants are where they are said to be, and as strong."""

import numpy as np
import pytest
import torch

from saegeo_core.errors import SaegeoError
from saegeo_core.synthetic import clouds as synthetic


def cosines_of(rows):
    return (rows.double() @ rows.double().T).numpy()[np.triu_indices(len(rows), 1)]


@pytest.mark.parametrize(
    "cloud", [synthetic.isotropic, synthetic.common_mean, synthetic.angular_gaussian, synthetic.families]
)
def test_rows_are_unit_float32_and_follow_the_generator(cloud):
    first, second = (cloud(23, 7, np.random.default_rng(5)) for _ in range(2))
    assert first.shape == (23, 7)
    assert first.dtype == torch.float32
    torch.testing.assert_close(first.norm(dim=1), torch.ones(23))
    assert torch.equal(first, second)
    assert not torch.equal(first, cloud(23, 7, np.random.default_rng(6)))


def test_isotropic_cosines_have_mean_zero_and_variance_one_over_d(rng):
    cosines = cosines_of(synthetic.isotropic(600, 20, rng))
    assert cosines.mean() == pytest.approx(0, abs=3e-3)
    assert np.mean(cosines**2) == pytest.approx(1 / 20, rel=0.02)


def test_a_common_mean_shows_in_the_mean_cosine(rng):
    cosines = cosines_of(synthetic.common_mean(600, 100, rng, strength=0.5))
    assert cosines.mean() == pytest.approx(0.25 / 1.25, rel=0.05)


def test_an_angular_gaussian_follows_its_spectrum(rng):
    rows = synthetic.angular_gaussian(4000, 200, rng, exponent=0.5).double().numpy()
    spectrum = (rows**2).mean(axis=0)
    assert spectrum == pytest.approx(synthetic.power_law_variances(200, 0.5).numpy(), rel=0.15)
    assert synthetic.power_law_variances(200, 0.5).sum() == pytest.approx(1)


def test_families_are_correlated_inside_and_not_between(rng):
    rows = synthetic.families(400, 200, rng, size=4, correlation=0.6).double()
    cosines = (rows @ rows.T).reshape(100, 4, 100, 4).numpy()
    inside = np.array([cosines[k, :, k, :][np.triu_indices(4, 1)] for k in range(100)])
    assert inside.mean() == pytest.approx(0.6, abs=0.02)
    assert cosines[0, :, 1:, :].mean() == pytest.approx(0, abs=0.03)


def test_sizes_of_families_may_be_part_of_the_draw(rng):
    rows = synthetic.families(600, 300, rng, size=3, correlation=0.9, random_sizes=True).double().numpy()
    together = np.sum(rows[1:] * rows[:-1], axis=1) > 0.5
    sizes = np.diff(np.flatnonzero(np.r_[True, ~together, True]))
    assert sizes.sum() == 600
    assert sizes.mean() == pytest.approx(3, rel=0.2)
    assert sizes.std() > 1.5


def test_a_correlation_outside_its_range_is_refused(rng):
    with pytest.raises(SaegeoError, match=r"lies in \[0, 1\]"):
        synthetic.families(10, 4, rng, correlation=1.5)


def test_duplicates_and_antipodes_are_appended_exactly(rng):
    rows = synthetic.isotropic(30, 6, rng)
    planted = synthetic.with_duplicates(rows, rng, duplicates=3, antipodes=2)
    assert torch.equal(planted[:30], rows)
    matches = planted[30:, None] == rows[None]
    opposites = planted[30:, None] == -rows[None]
    assert matches.all(dim=2).any(dim=1).tolist() == [True] * 3 + [False] * 2
    assert opposites.all(dim=2).any(dim=1).tolist() == [False] * 3 + [True] * 2


def test_parallelograms_are_planted_at_the_end(rng):
    before = synthetic.isotropic(60, 400, rng)
    rows = synthetic.with_parallelograms(before, rng, count=5, cosine=0.7, noise=0.0).double()
    assert torch.equal(rows[:40].float(), before[:40])
    a, b, c, d = rows[40:].reshape(5, 4, 400).unbind(dim=1)
    assert torch.linalg.vector_norm(b - a - d + c, dim=1).max() < 0.2  # x, y, s, t are perpendicular but for chance
    assert (a * b).sum(1).mean() == pytest.approx(0.7, abs=0.06)
    assert (a * c).sum(1).mean() == pytest.approx(0.3, abs=0.06)
    with pytest.raises(SaegeoError, match="64 corners"):
        synthetic.with_parallelograms(before, rng, count=16)
