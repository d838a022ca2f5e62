import io
import json
import zipfile

import numpy as np
import pytest
import torch

from saegeo_core import SaegeoError
from saegeo_core.firing.given_arrays import ARRAYS
from saegeo_core.firing.incidence import PackedIncidence, SparseIncidence
from saegeo_core.firing.reflection import Reflection, random_signs
from saegeo_core.firing.statistics import Control, FiringStatistics
from saegeo_core.firing.store import MANIFEST, firing_folder, harvested


def bits(rng, share, shape=(90, 40)):
    return (rng.random(shape) < share).astype(np.uint8)


@pytest.fixture
def firing(rng):
    """Statistics with every array known, and two controls."""
    dense = bits(rng, 0.4)
    controls = tuple(
        Control(rng.standard_normal((40, 6)).astype(np.float32), FiringStatistics.from_arrays(bits(rng, 0.4)))
        for _ in "ab"
    )
    return FiringStatistics.from_arrays(
        dense,
        token_counts=dense.sum(0) + 3,
        activation_sum=rng.random(40),
        activation_sum_of_squares=rng.random(40),
        activation_max=rng.random(40),
        n_tokens=np.int64(9000),
        document_of_block=np.arange(90) // 3,
        label_of_block=np.arange(90) % 2,
        label_names=("α", "b"),
        tokens_of_block=np.full(90, 100),
        group_of_document=np.arange(30) // 2,
        block_tokens=100,
        fires_above=0,
        tails="kept",
        n_tails=2,
        sae_digest="d1",
        corpus={"name": "test", "documents": 30},
        controls_from=tuple((lambda control=control: control) for control in controls),
    )


@pytest.fixture
def folder(firing, tmp_path):
    firing.write(tmp_path / "sae")
    return tmp_path / "sae"


def test_everything_comes_back(firing, folder):
    again = FiringStatistics.open(folder)
    assert again.digest == firing.digest
    assert again.facts() == firing.facts()
    for name, dtype in ARRAYS.items():
        np.testing.assert_array_equal(getattr(again, name), getattr(firing, name))
        assert getattr(again, name).dtype == dtype
    np.testing.assert_array_equal(again.cooccurrence().numpy(), firing.cooccurrence().numpy())


def test_controls_come_back_with_their_directions(firing, folder):
    again = FiringStatistics.open(folder).controls()
    assert len(again) == 2
    for (directions, control), (directions_before, before) in zip(again, firing.controls(), strict=True):
        np.testing.assert_array_equal(directions, directions_before)
        assert control.digest == before.digest


def test_reflected_controls_come_back_as_their_signs(rng, tmp_path):
    axes = np.linalg.qr(rng.standard_normal((6, 6)))[0].astype(np.float32)
    control = Control(Reflection(axes, random_signs(6, rng)), FiringStatistics.from_arrays(bits(rng, 0.4)))
    firing = FiringStatistics.from_arrays(bits(rng, 0.4), axes=axes, controls_from=(lambda: control,))
    firing.write(tmp_path)
    [again] = FiringStatistics.open(tmp_path).controls()
    assert again.kind == "reflected"
    np.testing.assert_array_equal(again.directions.signs, control.directions.signs)
    rows = torch.from_numpy(rng.standard_normal((40, 6)))
    torch.testing.assert_close(again.units(rows), control.units(rows), rtol=0, atol=0)
    assert not (tmp_path / "controls" / "0" / "directions.npy").exists()


def test_a_folder_of_the_first_format_has_gaussian_controls(folder):
    for manifest in (folder / MANIFEST, *folder.glob("controls/*/control.json")):
        content = json.loads(manifest.read_text())
        del content["sha256"]  # since version 3
        manifest.write_text(json.dumps(content | {"format_version": 1}))
    assert [control.kind for control in FiringStatistics.open(folder).controls()] == ["gaussian", "gaussian"]


@pytest.mark.parametrize(("share", "form"), [(0.001, SparseIncidence), (0.0, SparseIncidence), (0.5, PackedIncidence)])
def test_both_forms_are_memory_mapped(rng, tmp_path, share, form):
    firing = FiringStatistics.from_arrays(bits(rng, share, (2000, 300)))
    firing.write(tmp_path)
    again = FiringStatistics.open(tmp_path)
    assert isinstance(again.incidence(), form)
    assert all(isinstance(array.base, np.memmap) or array.size == 0 for array in again.incidence().arrays.values())
    assert again.digest == firing.digest
    assert again.token_counts is None
    assert again.document_of_block is None


def test_pair_counts_come_back(rng, tmp_path):
    dense = bits(rng, 0.5).astype(np.int64)
    firing = FiringStatistics.from_cooccurrence(dense.T @ dense, 90)
    firing.write(tmp_path)
    again = FiringStatistics.open(tmp_path)
    assert again.fired is None
    assert again.digest == firing.digest


def test_the_published_file_is_read(rng, tmp_path):
    dense = bits(rng, 0.5).astype(np.int32)
    path = tmp_path / "layer_12_cooccurrences.npz"
    np.savez_compressed(path, histogram=dense.T @ dense, n_chunks=90)
    firing = FiringStatistics.open(path)
    assert firing.n_blocks == 90
    np.testing.assert_array_equal(firing.cooccurrence().numpy(), dense.T @ dense)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"histogram": np.eye(3, dtype=int)}, "no array 'n_chunks"),
        ({"n_chunks": 4}, "no array 'histogram"),
        ({"histogram": np.eye(3, dtype=int), "n_chunks": 4.5}, "not one whole number"),
        ({"histogram": np.eye(3, dtype=int), "n_chunks": [4, 5]}, "not one whole number"),
        ({"histogram": np.eye(3), "n_chunks": 4}, "not whole numbers"),
        ({"histogram": np.eye(3, dtype=object), "n_chunks": 4}, "cannot read"),
    ],
)
def test_other_npz_files_are_refused(tmp_path, arrays, reason):
    path = tmp_path / "counts.npz"
    np.savez(path, **arrays)
    with pytest.raises(SaegeoError, match=reason):
        FiringStatistics.open(path)


def test_a_truncated_npz_is_refused(rng, tmp_path):
    path = tmp_path / "counts.npz"
    np.savez_compressed(path, histogram=np.eye(50, dtype=int), n_chunks=4)
    for size in (0, 10, path.stat().st_size // 2, path.stat().st_size - 1):
        damaged = tmp_path / f"{size}.npz"
        damaged.write_bytes(path.read_bytes()[:size])
        with pytest.raises(SaegeoError, match="cannot read"):
            FiringStatistics.open(damaged)


def test_a_truncated_or_altered_array_is_refused(folder):
    path = folder / "bits.npy"
    whole = path.read_bytes()
    altered = whole[:-1] + bytes([whole[-1] ^ 1])
    for damaged in (b"", whole[:20], whole[:-1], whole + b"\0", altered):
        path.write_bytes(damaged)
        with pytest.raises(SaegeoError, match=r"bits\.npy is damaged"):
            FiringStatistics.open(folder)
    path.unlink()
    with pytest.raises(SaegeoError, match="cannot read"):
        FiringStatistics.open(folder)


def test_a_damaged_control_does_not_hide_the_sae(folder):
    (folder / "controls" / "1" / "directions.npy").write_bytes(b"")
    firing = FiringStatistics.open(folder)
    with pytest.raises(SaegeoError, match=r"directions\.npy is damaged"):
        firing.controls()


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: text.replace('"n_blocks": 90', '"n_blocks": NaN'),
        lambda text: text.replace('"n_blocks": 90', '"n_blocks": "many"'),
        lambda text: text.replace("saegeo-firing", "something-else"),
        lambda text: text.replace('"counts": {', '"recounts": {'),
    ],
)
def test_a_damaged_manifest_is_refused(folder, damage):
    manifest = folder / MANIFEST
    manifest.write_text(damage(manifest.read_text()))
    with pytest.raises(SaegeoError, match=r"manifest|recounts\.npy"):
        FiringStatistics.open(folder)


@pytest.mark.parametrize("name", [MANIFEST, "controls/0/control.json"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content | {"n_tails": 7},
        lambda content: content | {"format_version": 2},
        lambda content: {key: value for key, value in content.items() if key != "sha256"},
    ],
)
def test_a_manifest_is_what_was_written_or_refused(folder, name, damage):
    """A number of it decides numbers of metrics: one digit that changed on the way is another number."""
    manifest = folder / name
    manifest.write_text(json.dumps(damage(json.loads(manifest.read_text()))))
    with pytest.raises(SaegeoError, match="is damaged: it is not what was written"):
        FiringStatistics.open(folder).controls()


def test_a_newer_format_is_named(folder):
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format_version": 4}))
    with pytest.raises(SaegeoError, match="newer saegeo"):
        FiringStatistics.open(folder)


def test_writing_again_replaces_what_was_there(rng, firing, folder):
    opened = FiringStatistics.open(folder)
    other = FiringStatistics.from_arrays(bits(rng, 0.001, (500, 80)))
    other.write(folder)
    again = FiringStatistics.open(folder)
    assert again.digest == other.digest
    assert again.controls() == []
    assert opened.digest == firing.digest, "what is open stays what it was"


def test_what_is_open_can_be_written_where_it_came_from(firing, folder):
    FiringStatistics.open(folder).write(folder)
    again = FiringStatistics.open(folder)
    assert again.digest == firing.digest
    assert len(again.controls()) == 2


def test_an_interrupted_write_leaves_nothing_to_open(firing, folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("saegeo_core.firing.store._sha256", full)
    with pytest.raises(SaegeoError, match="No space left"):
        firing.write(folder)
    with pytest.raises(SaegeoError, match="no firing statistics"):
        FiringStatistics.open(folder)


def test_a_failed_file_leaves_no_trace(firing, tmp_path, monkeypatch):
    def fails(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", fails)
    with pytest.raises(SaegeoError, match="No space left"):
        firing.write(tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_harvest_of_several_saes_asks_which(rng, tmp_path, firing):
    other = FiringStatistics.from_arrays(bits(rng, 0.5))
    firing.write(firing_folder(tmp_path, "minilm", "layer_3/width_1k"))
    assert FiringStatistics.open(tmp_path).digest == firing.digest, "the only one needs no name"
    other.write(firing_folder(tmp_path, "minilm", "layer_4"))
    assert list(harvested(tmp_path)) == ["minilm/layer_3/width_1k", "minilm/layer_4"]
    assert FiringStatistics.open(tmp_path, release="minilm", sae_id="layer_4").digest == other.digest
    with pytest.raises(SaegeoError, match=r"holds several SAEs\n.*minilm/layer_4"):
        FiringStatistics.open(tmp_path)
    with pytest.raises(SaegeoError, match=r"no firing statistics of minilm:layer_5\n.*layer_4"):
        FiringStatistics.open(tmp_path, release="minilm", sae_id="layer_5")


def test_places_without_statistics_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(SaegeoError, match="no firing statistics at"):
            FiringStatistics.open(path)
    with pytest.raises(SaegeoError, match="outside"):
        firing_folder(tmp_path, "..", "escape")


def test_pair_counts_whose_header_says_more_than_there_is_ask_for_no_memory(tmp_path):
    """NumPy makes room for what a header says before it looks at what follows: here 96 GB."""
    pairs = io.BytesIO()
    np.lib.format.write_array_header_1_0(pairs, {"descr": "<i8", "fortran_order": False, "shape": (1 << 31, 6)})
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("histogram.npy", pairs.getvalue() + bytes(48))
        archive.writestr("n_chunks.npy", pairs.getvalue())
    with pytest.raises(SaegeoError, match="which takes 103079215104 bytes, and 48 follow"):
        FiringStatistics.open(tmp_path / "c.npz")
