"""A reflection keeps all cosines and the variance that rows meet, and nothing of where they point."""

import numpy as np
import torch

from saegeo_core.firing.reflection import Reflection, principal_axes, random_signs


def test_cosines_and_the_variance_met_stay_and_directions_do_not(rng):
    scales = np.linspace(0.5, 3, 12)
    activations = torch.from_numpy(
        (rng.standard_normal((5000, 12)) * scales + 2) @ rng.standard_normal((12, 12))
    ).float()
    encoder, decoder = (torch.from_numpy(rng.standard_normal((30, 12))).float() for _ in range(2))
    reflection = Reflection(principal_axes(activations), random_signs(12, rng))
    one, other = reflection.of(encoder), reflection.of(decoder)
    torch.testing.assert_close(one @ other.T, encoder @ decoder.T, rtol=0, atol=1e-4)
    torch.testing.assert_close(one @ one.T, encoder @ encoder.T, rtol=0, atol=1e-4)
    met, before = ((activations @ rows.T).var(0) for rows in (one, encoder))
    torch.testing.assert_close(met, before, rtol=1e-3, atol=0)
    assert torch.cosine_similarity(one, encoder).abs().mean() < 0.6
    torch.testing.assert_close(reflection.of(one), encoder, rtol=0, atol=1e-4)


def test_to_reflect_the_dictionary_is_to_reflect_the_activations_about_their_mean(rng):
    activations = torch.from_numpy(rng.standard_normal((400, 5)) + 3)
    rows = torch.from_numpy(rng.standard_normal((7, 5))).float()
    reflection = Reflection(principal_axes(activations), random_signs(5, rng))
    mean = activations.mean(0)
    moved = mean.float() + reflection.of(activations - mean)
    difference = moved @ rows.T - activations.float() @ reflection.of(rows).T
    torch.testing.assert_close(difference, difference[:1].expand_as(difference), rtol=0, atol=1e-4)


def test_axes_are_those_of_the_covariance(rng):
    activations = torch.from_numpy(rng.standard_normal((9000, 6)) + 5)
    axes = principal_axes(activations)
    covariance = axes.T @ np.cov(activations.numpy().T) @ axes
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-5)
    np.testing.assert_allclose(axes.T @ axes, np.eye(6), atol=1e-5)
