"""Word-vector files, vectors of a model, those that ship, and the features nearest to them."""

import gzip
import json

import numpy as np
import pytest

from saegeo_core import AnalysisContext, FeatureCloud, MissingInput, SaegeoError, load_cloud
from saegeo_crystals.relations import bundled_relations
from saegeo_crystals.word_vectors import (
    BUNDLED,
    WordVectors,
    nearest_features,
    of_activations,
    read_frequencies,
    read_word_vectors,
    vectors_of_words,
)


@pytest.fixture
def written(tmp_path):
    def write(text, name="vectors.txt"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return write


@pytest.mark.parametrize("name", ["vectors.txt", "vectors.txt.gz"])
def test_only_wanted_words_in_the_order_wanted(written, name):
    vectors = read_word_vectors(written("a 1 2\nb 3 4\nc 5 nonsense\nd 6 7\n", name), ["d", "x", "a"])
    assert vectors.words == ("d", "a")
    np.testing.assert_array_equal(vectors.vectors, [[6, 7], [1, 2]])


def test_a_header_is_no_word_and_spellings_are_tried_in_order(written):
    text = "5 2\nnew_york 1 1\nNew_York 2 2\nparis 3 3\nKabul 4 4\nkabul 5 5\n"
    vectors = read_word_vectors(written(text), ["New York", "Paris", "Kabul"])
    assert vectors.vectors[:, 0].tolist() == [2, 3, 4]


def test_tabs(written):
    assert read_word_vectors(written("a\t1\t2\n"), ["a"]).vectors.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a 1 2\nb 3\n", "line 2: 1 numbers, where the first line has 2"),
        ("a 1 2\nb 3 x\n", "line 2: not all of it is numbers"),
        ("a 1 2\nb 3 nan\n", "line 2: NaN, infinity"),
        ("a 1 2\nb 3 -1e40\n", "line 2: NaN, infinity or a number beyond float32"),
        ("a 1 2\nb 3 1e400\n", "line 2: NaN, infinity or a number beyond float32"),
        ("a 1 2\nb 3 4 \nb  4\n", "line 3: not all of it is numbers"),
        ("word\n", "line 1: not a word and its numbers"),
        ("", "holds no word vectors"),
        ("2 3\n", "holds no word vectors"),
        ("2 3\na 1\n", "line 2: 1 numbers, where the first line has 3"),
        ("2 2\nx 1 2\n", "holds 1 words, and its first line says 2"),
        ("2 2\nx 1 2\ny 1 2\nz 1 2\n", "holds 3 words, and its first line says 2"),
    ],
)
def test_malformed_files(written, text, told):
    with pytest.raises(SaegeoError, match=told):
        read_word_vectors(written(text), ["a", "b"])


def test_a_damaged_archive(tmp_path):
    path = tmp_path / "vectors.gz"
    path.write_bytes(gzip.compress(b"a 1 2\n" * 1000)[:-20])
    with pytest.raises(SaegeoError, match="cannot be read"):
        read_word_vectors(path, ["a"])


def test_frequencies(written):
    assert read_frequencies(written("the 12\nof\t3\nNew York 2\n")) == {"the": 12, "of": 3, "New York": 2}
    with pytest.raises(SaegeoError, match="line 2: not a word and its count"):
        read_frequencies(written("the 12\nof -1\n"))


def test_a_model_is_read_at_the_last_token_or_over_all(spelled):
    last = of_activations(["ab", "", "xyz"], spelled, "last")
    assert last.words == ("ab", "xyz")
    np.testing.assert_array_equal(last.vectors, [[2, 1, 1], [26, 2, 1]])
    np.testing.assert_array_equal(last.n_tokens, [2, 3])
    mean = of_activations(["ab", "xyz"], spelled, "mean")
    np.testing.assert_array_equal(mean.vectors, [[1.5, 0.5, 1], [25, 1, 1]])


def test_embeddings_of_a_model(spelled):
    context = AnalysisContext(np.random.default_rng(0), activations=spelled)
    cloud = FeatureCloud.from_array(np.eye(3, dtype=np.float32))
    found = vectors_of_words(["ab"], cloud, context, kind="embeddings")
    np.testing.assert_array_equal(found.vectors, [[20, 10, 10]])


def test_a_file_and_a_model_exclude_each_other(written, spelled):
    context = AnalysisContext(np.random.default_rng(0), activations=spelled)
    cloud = FeatureCloud.from_array(np.eye(3, dtype=np.float32))
    with pytest.raises(SaegeoError, match="a model beside it"):
        vectors_of_words(["a"], cloud, context, file=written("a 1 2\n"))


@pytest.mark.parametrize(
    ("spec", "kind", "place"),
    [
        ("minilm-l6:layer_0", "activations", "layer_0"),
        ("minilm-l6:layer_4", "activations", "layer_4"),
        ("minilm-l6:layer_4", "embeddings", "embedding"),
        ("smollm2-135m:layer_12", "activations", "layer_12"),
        ("smollm2-135m:seed_1_layer_12", "embeddings", "embedding"),
    ],
)
def test_what_ships_is_taken_at_the_place_of_the_dictionary(spec, kind, place, context):
    found = vectors_of_words(["king", "nosuchword"], load_cloud(spec), context, kind=kind)
    home = BUNDLED / spec.partition(":")[0]
    words = json.loads((home / "words.json").read_text(encoding="utf-8"))["words"]
    stored = np.load(home / f"{place}.npy")[words.index("king")]
    assert found.words == ("king",)
    np.testing.assert_array_equal(found.vectors[0], stored.astype(np.float32))


@pytest.mark.parametrize(("model", "width"), [("minilm-l6", 384), ("smollm2-135m", 576)])
def test_what_ships_covers_every_bundled_word_and_stays_small(model, width):
    home = BUNDLED / model
    facts = json.loads((home / "words.json").read_text(encoding="utf-8"))
    words = {word for relation in bundled_relations() for pair in relation.pairs for word in pair}
    assert facts["words"] == sorted(words)
    assert len(facts["n_tokens"]) == len(facts["last_token_characters"]) == len(words)
    for place in facts["hooks"]:
        stored = np.load(home / f"{place}.npy", mmap_mode="r")
        assert stored.shape == (len(words), width)
        assert stored.dtype == np.float16
        assert np.isfinite(stored).all()
    assert sum(file.stat().st_size for file in home.iterdir()) < 10e6


def test_vectors_of_another_place_are_missing(context):
    cloud = FeatureCloud.from_array(np.eye(3, dtype=np.float32))
    with pytest.raises(MissingInput, match="none that ship are of the place where memory:array reads"):
        vectors_of_words(["king"], cloud, context)
    with pytest.raises(MissingInput, match="last tokens"):
        vectors_of_words(["king"], load_cloud("minilm-l6:layer_1"), context, token="mean")


def test_the_feature_of_a_word_is_the_nearest_direction(rng):
    directions = rng.standard_normal((50, 8)).astype(np.float32)
    cloud = FeatureCloud.from_array(directions)
    chosen = rng.permutation(50)[:20]
    common = rng.standard_normal(8)
    vectors = 3 * directions[chosen] / np.linalg.norm(directions[chosen], axis=1, keepdims=True)
    vectors -= vectors.mean(0)  # so that taking the mean away restores them
    found = nearest_features(
        WordVectors(tuple(map(str, chosen)), (vectors + common).astype(np.float32), "a test"), cloud
    )
    cosines = vectors @ (directions / np.linalg.norm(directions, axis=1, keepdims=True)).T
    np.testing.assert_array_equal(found.vectors, directions[cosines.argmax(1)])


def test_features_need_vectors_of_their_width(rng):
    vectors = WordVectors(("a",), np.ones((1, 7), np.float32), "a test")
    with pytest.raises(SaegeoError, match=r"width 7, .* width 3"):
        nearest_features(vectors, FeatureCloud.from_array(np.eye(3, dtype=np.float32)))


def test_a_packed_file_that_is_damaged_inside_is_refused(tmp_path):
    """zlib tells it by an error of its own."""
    content = bytearray(gzip.compress(b"one 1 2\ntwo 3 4\n" * 200, mtime=0))
    content[12:40] = b"\xff" * 28
    (tmp_path / "w.txt.gz").write_bytes(content)
    with pytest.raises(SaegeoError, match="w.txt.gz cannot be read"):
        read_word_vectors(tmp_path / "w.txt.gz", ["one"])
