"""Every composite law draws what is asked for, and what sets it apart is there."""

import numpy as np
import pytest
import torch

from saegeo_core.synthetic.composites import COMPOSITES


@pytest.mark.parametrize("law", COMPOSITES)
@pytest.mark.parametrize("shape", [(60, 24), (41, 65)])
def test_a_law_draws_finite_float32_rows_that_follow_from_the_generator(law: str, shape: tuple[int, int]) -> None:
    rows, again, other = (COMPOSITES[law](*shape, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert rows.dtype == torch.float32
    assert rows.shape == shape
    assert bool(rows.isfinite().all())
    assert bool((torch.linalg.vector_norm(rows, dim=1) > 0).all())
    assert torch.equal(rows, again)
    assert not torch.equal(rows, other)


def test_members_of_a_family_have_the_cosine_asked_for() -> None:
    rows = COMPOSITES["families of 5"](500, 64, np.random.default_rng(0))
    assert float((rows[0::5] * rows[1::5]).sum(1).mean()) == pytest.approx(0.7, abs=0.02)
    assert float((rows[4:-1:5] * rows[5::5]).sum(1).mean()) == pytest.approx(0.0, abs=0.06)


def test_families_of_unlike_tightness_are_unlike() -> None:
    rows = COMPOSITES["families of 20 of unlike tightness"](2000, 64, np.random.default_rng(0)).unflatten(0, (100, 20))
    cosines = (rows[:, :10] * rows[:, 10:]).sum(2).mean(1)
    assert float(cosines.std()) > 0.15


def test_lengths_scatter_as_the_name_says() -> None:
    lengths = torch.linalg.vector_norm(
        COMPOSITES["lengths scattered by 30 %"](4000, 8, np.random.default_rng(0)), dim=1
    )
    assert float(lengths.log().std()) == pytest.approx(0.3, abs=0.02)


def test_two_subspaces_have_an_even_covariance() -> None:
    rows = COMPOSITES["two subspaces"](4000, 8, np.random.default_rng(0))
    assert torch.allclose(rows.T @ rows / len(rows), torch.eye(8) / 8, atol=0.01)
    assert float((rows[0] * rows[-1]).sum()) == 0.0


def test_a_common_mean_shows_in_the_mean_cosine() -> None:
    rows = COMPOSITES["common mean, spectrum rank^-1"](4000, 32, np.random.default_rng(0))
    assert float(torch.linalg.vector_norm(rows.mean(0))) == pytest.approx(0.3, abs=0.06)


def test_student_coordinates_have_heavy_tails() -> None:
    rows = COMPOSITES["student t5 coordinates"](4000, 32, np.random.default_rng(0)).double()
    assert float((rows**4).mean() / (rows**2).mean() ** 2) > 4.5
