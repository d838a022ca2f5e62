"""The firing statistics that ship: of every bundled SAE, small, without text."""

import json

import numpy as np
import pytest
import torch

from saegeo_core import load_cloud
from saegeo_core.firing import bundled as bundled_firing
from saegeo_core.firing.contexts import N_TOP_TOKENS, FiringContexts
from saegeo_core.firing.statistics import FiringStatistics

RELEASES = {
    name: json.loads((bundled_firing.BUNDLED / name / "release.json").read_text(encoding="utf-8"))
    for name in ("minilm-l6", "smollm2-135m")
}
SAES = [(name, sae_id) for name, release in RELEASES.items() for sae_id in sorted(release["saes"])]
BLOCKS_OF_A_KIND = {"minilm-l6": 375, "smollm2-135m": 150}
FOLDERS = [bundled_firing.BUNDLED / name for name in ("firing", "firing-of-controls")]


def firing_of(sae_id, release="minilm-l6"):
    return bundled_firing.bundled_firing(release, sae_id)


@pytest.mark.parametrize(("release", "sae_id"), SAES)
def test_every_bundled_sae_has_firing_statistics_of_its_own(release, sae_id):
    firing, cloud = firing_of(sae_id, release), load_cloud(f"{release}:{sae_id}")
    assert firing.n_features == cloud.sae.d_sae
    assert firing.sae_digest == cloud.digest
    assert firing.n_blocks >= 8 * BLOCKS_OF_A_KIND[release]
    assert (firing.block_tokens, firing.fires_above, firing.tails) == (256, 0.0, "dropped")
    assert firing.n_tokens == 256 * firing.n_blocks
    # On text kept out of training the release's card has the same L0, measured on other tokens of it.
    assert firing.token_counts.sum() / firing.n_tokens == pytest.approx(
        RELEASES[release]["saes"][sae_id]["l0"], rel=0.05
    )
    assert (firing.counts == 0).mean() < 0.05
    np.testing.assert_array_equal(firing.counts, firing.incidence().counts())


@pytest.mark.parametrize(("release", "sae_id"), SAES)
def test_the_eight_kinds_of_text_have_equal_shares(release, sae_id):
    firing = firing_of(sae_id, release)
    assert len(firing.label_names) == len(RELEASES[release]["corpus"]["kinds"]) == 8
    blocks = np.bincount(firing.label_of_block, minlength=8)
    assert blocks.min() >= BLOCKS_OF_A_KIND[release]
    assert blocks.max() <= 1.05 * blocks.min()


@pytest.mark.parametrize(
    ("release", "sae_id", "n_reflected", "n_gaussian"),
    [
        *(("minilm-l6", f"layer_{layer}", 2, 1) for layer in (0, 1, 2, 4, 5)),
        ("minilm-l6", "layer_3", 19, 3),
        ("smollm2-135m", "layer_12", 2, 0),
    ],
)
def test_controls_have_features_that_fire_as_often_on_the_same_text(release, sae_id, n_reflected, n_gaussian):
    firing, units = firing_of(sae_id, release), load_cloud(f"{release}:{sae_id}").unit_vectors()
    controls = firing.controls()
    assert [control.kind for control in controls] == ["reflected"] * n_reflected + ["gaussian"] * n_gaussian
    for control in controls[::-9]:
        directions = control.units(units)
        assert directions.shape == units.shape
        np.testing.assert_allclose(directions.norm(dim=1), 1, atol=1e-5)
        np.testing.assert_array_equal(control.firing.document_of_block, firing.document_of_block)
        assert control.firing.token_counts.sum() == pytest.approx(firing.token_counts.sum(), rel=0.1)
        assert np.corrcoef(control.firing.token_counts, firing.token_counts)[0, 1] > 0.97
        assert control.firing.corpus["control"]["calibration_tokens"] == 131_072


def test_reflected_controls_have_the_cosines_of_the_sae():
    units = load_cloud("minilm-l6:layer_3").unit_vectors()[:200]
    first, second, *_ = firing_of("layer_3").controls()
    for control in (first, second):
        reflected = control.units(units)
        torch.testing.assert_close(reflected @ reflected.T, units @ units.T, rtol=0, atol=1e-5)
    assert abs(first.units(units) - second.units(units)).max() > 0.1


@pytest.mark.parametrize(("release", "sae_id"), SAES)
def test_they_open_as_a_harvest_does(release, sae_id):
    opened = FiringStatistics.open(bundled_firing.BUNDLED / "firing", release=release, sae_id=sae_id)
    assert opened.digest == firing_of(sae_id, release).digest


def test_together_they_take_at_most_40_megabytes_and_hold_no_text():
    files = [file for folder in FOLDERS for file in folder.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 40e6
    assert {file.suffix for file in files if file.name != "top_tokens.parquet"} == {".npy", ".npz", ".json"}
    manifests = [file for file in files if file.suffix == ".json"]
    assert max(file.stat().st_size for file in manifests) < 10_000
    assert not any(place in file.read_text() for file in manifests for place in ("/tmp", "/home", "/root", "/work"))


def test_an_sae_that_is_not_bundled_has_none():
    assert bundled_firing.bundled_firing("gemma-scope", "layer_3") is None


@pytest.mark.parametrize("sae_id", sorted(RELEASES["minilm-l6"]["saes"]))
def test_of_the_text_there_are_top_tokens_alone(sae_id):
    found = FiringContexts.open(bundled_firing.firing_home("minilm-l6", sae_id))
    firing = bundled_firing.bundled_firing("minilm-l6", sae_id)
    assert (found.n_contexts, len(found.contexts)) == (0, 0)
    assert found.sae_digest == firing.sae_digest
    for feature in np.flatnonzero(firing.counts)[::50]:
        tokens = found.top_tokens_of(int(feature))
        assert 1 <= len(tokens) <= N_TOP_TOKENS
        # Another processor rounds otherwise, so that a feature near its threshold fires once more or less.
        assert sum(token.count for token in tokens) <= firing.token_counts[feature] + 2
        assert sum(token.activation_sum for token in tokens) <= 1.01 * firing.activation_sum[feature]
