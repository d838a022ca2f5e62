"""The training tool: its faster batch top-k is sae-lens's, and it recovers a planted dictionary through the saved files."""

import json
import warnings

import pytest
import torch

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from dictionary_training import Recipe, ThresholdBatchTopK, measure, save, train
    from sae_lens import SAE, JumpReLUSAE, JumpReLUSAEConfig
    from sae_lens.saes.batchtopk_sae import BatchTopK


@pytest.mark.parametrize("k", [1, 7, 40])
def test_the_threshold_form_selects_what_sae_lens_selects(k):
    ours = torch.randn(64, 100, generator=torch.Generator().manual_seed(k), requires_grad=True)
    theirs = ours.detach().clone().requires_grad_()
    weights = torch.randn(64, 100)
    selected, expected = ThresholdBatchTopK(k)(ours), BatchTopK(k)(theirs)
    (selected * weights).sum().backward()
    (expected * weights).sum().backward()
    assert torch.equal(selected, expected)
    assert torch.equal(ours.grad, theirs.grad)


def test_with_fewer_positive_values_than_asked_for_it_is_a_relu():
    values = torch.tensor([[-1.0, 2.0, -3.0], [0.5, -0.1, 0.0]])
    assert torch.equal(ThresholdBatchTopK(3)(values), values.relu())


def test_a_planted_dictionary_is_recovered_and_reported_from_the_saved_half_precision_file(tmp_path):
    # Each of 16 directions is on with probability 1/8, so two fire per row; the rows lie around a mean far from zero.
    generator = torch.Generator().manual_seed(0)
    planted = torch.nn.functional.normalize(torch.randn(16, 24, generator=generator), dim=1)
    fires = (torch.rand(8000, 16, generator=generator) < 1 / 8).float()
    rows = (fires * (1 + torch.rand(8000, 16, generator=generator))) @ planted + 3

    recipe = Recipe(d_sae=32, k=2, seed=0, steps=300, batch_tokens=256, learning_rate=1e-2, dead_after_tokens=10_000)
    save(train(rows, recipe), rows, {"model_name": "planted"}, tmp_path / "sae")

    sae = SAE.load_from_disk(tmp_path / "sae")
    assert (planted @ sae.W_dec.detach().T).amax(dim=1).min() > 0.95
    torch.testing.assert_close(sae.W_dec.norm(dim=1), torch.ones(32), atol=1e-3, rtol=0)
    assert json.loads((tmp_path / "sae" / "cfg.json").read_text())["metadata"]["model_name"] == "planted"

    figures = measure(tmp_path / "sae", rows)
    assert figures["l0"] == pytest.approx(2, rel=0.02)
    assert figures["fraction_of_variance_unexplained"] < 0.02


def test_measures_of_a_dictionary_known_by_hand(tmp_path):
    """Three axes as features, one of which no row reaches: every figure follows by counting."""
    config = JumpReLUSAEConfig(d_in=3, d_sae=3, apply_b_dec_to_input=True)
    sae = JumpReLUSAE(config)
    sae.W_enc.data, sae.W_dec.data = torch.eye(3), torch.eye(3)
    sae.threshold.data.fill_(0.5)
    sae.save_model(tmp_path)
    rows = torch.tensor([[1.0, 0, 0], [0, 1, 0], [-1, -1, 0], [1, 1, 0.25]])
    # Mean (0.25, 0.25, 0.0625). Unexplained: the third row (2) and the fourth row's last coordinate (0.0625).
    total = (rows - rows.mean(dim=0)).square().sum().item()
    assert measure(tmp_path, rows) == pytest.approx(
        {"l0": 1.0, "fraction_of_variance_unexplained": 2.0625 / total, "dead_share": 1 / 3}
    )
