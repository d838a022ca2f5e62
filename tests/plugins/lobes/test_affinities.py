"""Every measure against its definition, on every small table, on counts no integer product survives, and as published."""

from itertools import product
from math import log, sqrt

import numpy as np
import pytest
import torch

from saegeo_core.synthetic.firing import plant_firing
from saegeo_lobes import affinities
from saegeo_lobes.affinities import MEASURES, affinity_matrix, fits_densely, phi, pmi, shifted_phi

NAMED = {**MEASURES, "phi": phi, "pmi": pmi, "shifted phi": shifted_phi}


def by_definition(name, n11, n10, n01, n00):
    """In Python's own numbers, from the four cells."""
    n_blocks, left, right = n11 + n10 + n01 + n00, n11 + n10, n11 + n01
    spread = sqrt(left * (n01 + n00)) * sqrt(right * (n10 + n00))
    correlation = (n11 * n00 - n10 * n01) / spread if spread else 0.0
    information = 0.0 if not left * right else -np.inf if not n11 else log(n11 * n_blocks / (left * right))
    return {
        "smc": (n11 + n00) / n_blocks,
        "jaccard": n11 / (n11 + n10 + n01) if n11 + n10 + n01 else 0.0,
        "dice": 2 * n11 / (left + right) if left + right else 0.0,
        "overlap": n11 / min(left, right) if left * right else 0.0,
        "phi": correlation,
        "shifted phi": correlation + 1,
        "pmi": information,
        "ppmi": max(information, 0),
    }[name]


def measured(measure, n11, n10, n01, n00):
    cells = torch.tensor([[n11]]), torch.tensor([n11 + n10]), torch.tensor([n11 + n01])
    return measure(*cells, n11 + n10 + n01 + n00).item()


@pytest.mark.parametrize("name", NAMED)
def test_every_small_table(name):
    for cells in product(range(5), repeat=4):
        if sum(cells):
            assert measured(NAMED[name], *cells) == pytest.approx(by_definition(name, *cells), abs=1e-12), cells


@pytest.mark.parametrize("name", NAMED)
def test_counts_of_any_size(name, rng):
    for _ in range(200):
        cells = [int(cell) for cell in 10 ** rng.uniform(0, 9.4, 4)]
        assert measured(NAMED[name], *cells) == pytest.approx(by_definition(name, *cells), rel=1e-7, abs=1e-9), cells


@pytest.fixture
def harvest(rng):
    """Counts of 70 features, of which one is always on and two never."""
    fired = plant_firing(rng, n_features=70, n_blocks=900, topic_strength=3).firing.incidence().block_tile(slice(None))
    fired[:, 5], fired[:, [11, 12]] = 1, 0
    return torch.from_numpy(fired.astype(np.int64).T @ fired), fired


@pytest.mark.parametrize("name", MEASURES)
def test_matrices_equal_a_plain_float64_one(name, harvest, monkeypatch):
    monkeypatch.setattr(affinities, "SIDE", 9)
    counts, fired = harvest
    n11 = fired.T.astype(float) @ fired
    n10, n01 = fired.T.astype(float) @ (1 - fired), (1.0 - fired.T) @ fired
    expected = np.vectorize(lambda *cells: by_definition(name, *cells))(n11, n10, n01, len(fired) - n11 - n10 - n01)
    expected = expected.clip(0) if name == "phi" else expected
    found = affinity_matrix(counts, len(fired), MEASURES[name])
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)
    assert found.dtype == torch.float32


def test_phi_and_jaccard_as_published(harvest):
    """The paper's own formulas, in 64-bit integers that 900 blocks do not overflow."""
    counts, fired = harvest
    n11, n_blocks = counts.numpy(), len(fired)
    alone = n11.diagonal()
    n10, n01 = alone[:, None] - n11, alone - n11
    n00 = n_blocks - n11 - n10 - n01
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt((n11 + n10) * (n01 + n00) * (n11 + n01) * (n10 + n00))
        published_phi = np.nan_to_num((n11 * n00 - n10 * n01) / root, posinf=0, neginf=0)
        published_jaccard = np.nan_to_num(n11 / (n11 + n10 + n01))
    np.testing.assert_allclose(affinity_matrix(counts, n_blocks, shifted_phi), published_phi + 1, atol=1e-5)
    np.testing.assert_allclose(affinity_matrix(counts, n_blocks, MEASURES["jaccard"]), published_jaccard, atol=1e-5)


def test_memory_is_reused_only_where_asked_and_possible(harvest):
    counts, fired = harvest
    expected = affinity_matrix(counts, len(fired), phi)
    short = counts.int()
    kept = affinity_matrix(short, len(fired), phi)
    assert kept.data_ptr() != short.data_ptr()
    np.testing.assert_array_equal(short, counts)
    reused = affinity_matrix(short, len(fired), phi, reuse_memory=True)
    assert reused.data_ptr() == short.data_ptr()
    wide = affinity_matrix(counts, len(fired), phi, reuse_memory=True)
    for found in (kept, reused, wide):
        np.testing.assert_array_equal(found, expected)


def test_what_fits_densely():
    assert fits_densely(16_384, max_bytes=2**31)
    assert not fits_densely(32_768, max_bytes=2**31)
    assert fits_densely(10, max_bytes=400)
