"""The firing statistics that ship: of every bundled SAE, small, without text, and with controls that can be drawn again."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from saegeo_core import SaegeoError, bundled_firing, load_cloud
from saegeo_core.bundled_firing import GAUSSIAN, control_home, firing_home
from saegeo_core.firing_statistics import FiringStatistics

RELEASE = json.loads((bundled_firing.BUNDLED / "minilm-l6" / "release.json").read_text(encoding="utf-8"))
SAE_IDS = sorted(RELEASE["saes"])
SIX_LAYERS = [f"layer_{layer}" for layer in range(6)]
FOLDERS = [bundled_firing.BUNDLED / name for name in ("firing", "firing-of-controls")]


def firing_of(sae_id):
    return bundled_firing.bundled_firing("minilm-l6", sae_id)


@pytest.mark.parametrize("sae_id", SAE_IDS)
def test_every_bundled_sae_has_firing_statistics_of_its_own(sae_id):
    firing, cloud = firing_of(sae_id), load_cloud(f"minilm-l6:{sae_id}")
    assert firing.n_features == cloud.sae.d_sae
    assert firing.sae_digest == cloud.digest
    assert firing.n_blocks >= 3000
    assert (firing.block_tokens, firing.fires_above, firing.tails) == (256, 0.0, "dropped")
    assert firing.n_tokens == 256 * firing.n_blocks
    # On text kept out of training the release's card has the same L0, measured on other tokens of it.
    assert firing.token_counts.sum() / firing.n_tokens == pytest.approx(RELEASE["saes"][sae_id]["l0"], rel=0.05)
    assert (firing.counts == 0).mean() < 0.05
    np.testing.assert_array_equal(firing.counts, firing.incidence().counts())


@pytest.mark.parametrize("sae_id", SAE_IDS)
def test_the_eight_kinds_of_text_have_equal_shares(sae_id):
    firing = firing_of(sae_id)
    assert len(firing.label_names) == len(RELEASE["corpus"]["kinds"]) == 8
    blocks = np.bincount(firing.label_of_block, minlength=8)
    assert blocks.min() >= 375
    assert blocks.max() <= 1.05 * blocks.min()


@pytest.mark.parametrize("sae_id", SAE_IDS)
def test_they_open_as_a_harvest_does(sae_id):
    opened = FiringStatistics.open(bundled_firing.BUNDLED / "firing", release="minilm-l6", sae_id=sae_id)
    assert opened.digest == firing_of(sae_id).digest


@pytest.mark.parametrize("sae_id", SIX_LAYERS)
def test_each_layer_has_a_control_that_fires_as_often_in_the_same_blocks(sae_id):
    firing = firing_of(sae_id)
    [control] = firing.controls()
    assert control.directions.shape == (1536, 384)
    np.testing.assert_allclose(np.linalg.norm(control.directions, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(control.firing.document_of_block, firing.document_of_block)
    mine, its = np.sort(firing.token_counts)[::-1], np.sort(control.firing.token_counts)[::-1]
    assert its.sum() == pytest.approx(mine.sum(), rel=0.1)
    assert np.corrcoef(np.log1p(mine), np.log1p(its))[0, 1] > 0.98


def test_the_other_two_have_none():
    assert [firing_of(sae_id).controls() for sae_id in SAE_IDS if sae_id not in SIX_LAYERS] == [[], []]


def test_controls_are_of_the_decoders_covariance():
    """And of nothing more: the SAE's features have close partners, the control's have not."""
    cloud = load_cloud("minilm-l6:layer_3")
    [control] = firing_of("layer_3").controls()
    unit = cloud.unit_vectors().numpy()
    mine, its = (rows.T @ rows / len(rows) for rows in (unit, control.directions))
    assert np.trace(mine @ its) / np.sqrt(np.trace(mine @ mine) * np.trace(its @ its)) > 0.95

    def nearest(rows):
        cosines = rows @ rows.T
        np.fill_diagonal(cosines, -1)
        return cosines.max(1).mean()

    assert nearest(unit) > nearest(control.directions) + 0.05


def test_together_they_take_at_most_12_megabytes_and_hold_no_text():
    files = [file for folder in FOLDERS for file in folder.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 12e6
    assert {file.suffix for file in files} == {".npy", ".json"}
    manifests = [file for file in files if file.suffix == ".json"]
    assert max(file.stat().st_size for file in manifests) < 10_000
    assert not any(place in file.read_text() for file in manifests for place in ("/tmp", "/home", "/root", "/work"))


def test_an_sae_that_is_not_bundled_has_none():
    assert bundled_firing.bundled_firing("gemma-scope", "layer_3") is None


def test_directions_that_are_not_those_harvested_are_refused(tmp_path, monkeypatch):
    for home in (firing_home, control_home):
        shutil.copytree(home("minilm-l6", "layer_0"), home("minilm-l6", "layer_0", tmp_path))
    monkeypatch.setattr(bundled_firing.firing_home, "__defaults__", (tmp_path,))
    monkeypatch.setattr(bundled_firing.control_home, "__defaults__", (tmp_path,))
    stored = Path(tmp_path, "firing-of-controls", "minilm-l6", "layer_0", "0", GAUSSIAN)
    np.save(stored, np.load(stored)[::-1])
    with pytest.raises(SaegeoError, match="does not draw again"):
        firing_of("layer_0").controls()
