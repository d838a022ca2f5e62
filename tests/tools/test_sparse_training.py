"""Training by sparse products: the selection and the gradients are those of dense ones, and a planted dictionary is found."""

import json
import warnings

import numpy as np
import pytest
import torch
from short_floats import rounded

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from dictionary_training import measure, save
    from sae_lens import SAE
    from sparse_training import SparseRecipe, _Reconstruction, largest, train


@pytest.mark.parametrize(("n_selected", "seed"), [(1, 0), (70, 1), (2000, 2), (6400, 3)])
def test_the_largest_positive_entries_of_a_batch_are_selected(n_selected, seed):
    values = torch.randn(64, 100, generator=torch.Generator().manual_seed(seed))
    order = values.flatten().sort(descending=True).values
    expected = torch.where((values >= order[n_selected - 1]) & (values > 0), values, 0)
    assert torch.equal(largest(values, n_selected).to_dense(), expected)


def test_gradients_are_those_of_dense_products():
    generator = torch.Generator().manual_seed(0)
    shapes = {"rows": (40, 12), "encoder": (30, 12), "bias": (30,), "decoder": (30, 12)}
    ours = {name: torch.randn(shape, generator=generator).requires_grad_() for name, shape in shapes.items()}
    dense = {name: tensor.detach().clone().requires_grad_() for name, tensor in ours.items()}
    explained, counts = _Reconstruction.apply(*ours.values(), 3 * 40)
    values = dense["rows"] @ dense["encoder"].T + dense["bias"]
    smallest = values.detach().flatten().sort(descending=True).values[3 * 40 - 1]
    selected = torch.where(values >= smallest, values, 0)
    (explained.square().sum() + explained[:, 0].sum()).backward()
    again = selected @ dense["decoder"]
    (again.square().sum() + again[:, 0].sum()).backward()
    assert counts.tolist() == (selected > 0).sum(dim=0).tolist()
    for name, tensor in ours.items():
        np.testing.assert_allclose(tensor.grad, dense[name].grad, rtol=1e-4, atol=1e-3)


def test_numbers_are_rounded_to_the_digits_asked_for():
    values = torch.tensor([1.0, 1.25, 1.375, 1.125, -5.2, 0.0, 2.0**-14 * 1.7])
    assert rounded(values, 2).tolist() == [1.0, 1.25, 1.5, 1.0, -5.0, 0.0, 2.0**-14 * 1.75]
    halves = torch.randn(1000).half().float()
    assert torch.equal(rounded(halves, 10), halves)


def test_a_planted_dictionary_is_recovered_whatever_the_scale(tmp_path):
    # Each of 16 directions is on with probability 1/8, so two fire per row; the rows lie around a mean far from zero.
    generator = torch.Generator().manual_seed(0)
    planted = torch.nn.functional.normalize(torch.randn(16, 24, generator=generator), dim=1)
    fires = (torch.rand(8000, 16, generator=generator) < 1 / 8).float()
    rows = 50 * ((fires * (1 + torch.rand(8000, 16, generator=generator))) @ planted + 3)

    recipe = SparseRecipe(
        d_sae=32, k=2, seed=0, steps=300, batch_tokens=256, learning_rate=1e-2, dead_after_tokens=10_000
    )
    save(train(rows, recipe), rows, {"model_name": "planted"}, tmp_path / "sae", mantissa_bits=5)

    sae = SAE.load_from_disk(tmp_path / "sae")
    assert (planted @ sae.W_dec.detach().T).amax(dim=1).min() > 0.95
    assert torch.equal(rounded(sae.W_enc.detach(), 5), sae.W_enc.detach())
    assert json.loads((tmp_path / "sae" / "cfg.json").read_text())["metadata"]["model_name"] == "planted"
    figures = measure(tmp_path / "sae", rows)
    assert figures["l0"] == pytest.approx(2, rel=0.05)
    assert figures["fraction_of_variance_unexplained"] < 0.03
