"""What is exported is what reports and cards hold, in the shape that its reader asks for."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from saegeo_core import SaegeoError, run
from saegeo_core.cloud.description import SaeDescription
from saegeo_core.firing.contexts import Context, TopToken
from saegeo_core.inspecting.feature_cards import FeatureCard, FeatureCards, Neighbor
from saegeo_core.rendering.exports.delphi import delphi_files
from saegeo_core.rendering.exports.embedding_atlas import atlas_files
from saegeo_core.rendering.exports.export_files import export_files
from saegeo_core.rendering.exports.neuronpedia import neuronpedia_files


@pytest.fixture
def report(mean_norm, tmp_path, rng):
    """A report on a matrix that lies on disk."""
    np.save(tmp_path / "decoder.npy", rng.standard_normal((8, 4)).astype("f4"))
    return run(mean_norm, str(tmp_path / "decoder.npy"))


@pytest.fixture
def cards():
    """Three features of five: one with a context, one that never fires, one with a label."""
    sae = SaeDescription(
        spec="r:a", release="r", sae_id="a", d_sae=5, d_in=4, dtype="float32", model="m", layer=2, hf_hook_name="h.2"
    )
    context = Context(2.5, 7, 3, ("a", " b", "\n", " c"), 1)
    known = {"norm": 1.0, "block_rate": 0.5, "mean_activation": 1.0, "max_activation": 2.5}
    top = (TopToken(" b", 3, 2, 3.0),)
    nearest = (Neighbor(4, 0.5), Neighbor(2, 0.25))
    return FeatureCards(
        [
            FeatureCard(
                feature=0,
                token_rate=0.1,
                top_tokens=top,
                contexts=(context,),
                nearest=nearest,
                **known,
            ),
            FeatureCard(feature=2, token_rate=0.0, norm=1.0),
            FeatureCard(feature=4, token_rate=0.2, label="moons", of_reports={"lobe": 1, "x": 0.5, "y": 1.5}, **known),
        ],
        sae,
    )


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_tables_come_back_as_they_are(report, tmp_path, kind):
    paths = {path.name: path for path in export_files([report], kind, tmp_path / "out")}
    assert set(paths) == {f"metrics.{kind}", f"mean-norm-decoder.npy-norms.{kind}"} or len(paths) == 2
    [norms] = [path for name, path in paths.items() if name.endswith(f"norms.{kind}")]
    expected = report.tables["norms"].columns
    if kind == "parquet":
        assert pq.read_table(norms).to_pydict() == expected
        assert pq.read_table(paths["metrics.parquet"]).to_pydict()["metric"] == ["mean_norm", "noise"]
        return
    rows = list(csv.DictReader(io.StringIO(norms.read_text())))
    assert [float(row["norm"]) for row in rows] == expected["norm"]


def test_features_of_every_sae_have_a_folder(report, tmp_path):
    [path] = export_files([report, report], "delphi-neighbors", tmp_path / "out")
    near = json.loads(path.read_text())
    assert list(near) == [str(feature) for feature in range(8)]
    assert [len(one) for one in near.values()] == [7] * 8
    assert {tuple(map(type, pair)) for pairs in near.values() for pair in pairs} == {(float, int)}
    paths = list(export_files([report], "embedding-atlas", tmp_path / "out"))
    assert paths[0].parent == path.parent


def test_what_cannot_be_exported_is_refused(report, tmp_path):
    with pytest.raises(SaegeoError, match="on how many tokens"):
        list(export_files([report], "neuronpedia-json", tmp_path))
    with pytest.raises(SaegeoError, match="no export to 'word'"):
        list(export_files([report], "word", tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(SaegeoError, match="cannot write"):
        list(export_files([report], "csv", tmp_path / "file"))


def test_neuronpedia_has_the_features_that_fire_and_their_contexts(cards):
    files = {name: json.loads(content) for name, content in neuronpedia_files(cards)}
    batch = files["batch-0.json"]
    assert (batch["model_id"], batch["layer"], batch["sae_set"]) == ("m", 2, "r:a")
    assert [one["feature_index"] for one in batch["features"]] == [0, 4]
    [activation] = batch["features"][0]["activations"]
    assert activation["tokens"] == ["a", " b", "\n", " c"]
    assert activation["values"] == [0, 2.5, 0, 0]
    assert activation["qualifying_token_index"] == 1
    assert batch["features"][0]["frac_nonzero"] == 0.1
    assert files["skipped_indexes.json"]["skipped_indexes"] == [2]


def test_delphi_has_a_list_for_every_feature_similarity_first(cards):
    [(name, content)] = delphi_files(cards)
    assert name == "h.2-decoder_similarity.json"
    assert json.loads(content) == {"0": [[0.5, 4], [0.25, 2]], "1": [], "2": [], "3": [], "4": []}


def test_embedding_atlas_has_rows_with_a_map_and_neighbors(cards):
    files = dict(atlas_files(cards))
    table = pq.read_table(io.BytesIO(files["features.parquet"])).to_pydict()
    assert table["feature"] == [0, 2, 4]
    assert table["neighbors"][0] == {"ids": [2, 1], "distances": [0.5, 0.75]}
    assert table["text"] == ["0: b", "2", "4: moons"]
    assert table["x"] == [None, None, 0.5]
    assert b"--x x --y y" in files["about.txt"]
    assert b"--neighbors neighbors" in files["about.txt"]


def test_what_was_written_is_whole(report, tmp_path):
    paths = list(export_files([report], "parquet", tmp_path / "out"))
    assert sorted(Path(tmp_path / "out").iterdir()) == sorted(paths)
