"""Word pairs with known structure: none, parallelograms behind a distractor, categories without pairing."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from saegeo_core import AnalysisContext
from saegeo_crystals.pairs import Pairs


def made_pairs(n_relations, n_pairs):
    """Relations of that many pairs, no word in two of them."""
    n = n_relations * n_pairs
    relation = np.repeat(np.arange(n_relations), n_pairs)
    words = tuple(f"in{i}" for i in range(n)) + tuple(f"out{i}" for i in range(n))
    names = tuple(f"relation {r}" for r in range(n_relations))
    return Pairs(words, names, np.arange(n), n + np.arange(n), relation)


@pytest.fixture(scope="session")
def noise():
    """Pairs, and vectors without any structure."""

    def make(rng, n_relations, n_pairs, d):
        pairs = made_pairs(n_relations, n_pairs)
        return pairs, rng.standard_normal((len(pairs.words), d))

    return make


@pytest.fixture(scope="session")
def parallelograms():
    """b = a + an offset of the relation + a little noise, and a direction along which every word lies at random, far out."""

    def make(rng, n_relations, n_pairs, d, distractor=30.0):
        pairs = made_pairs(n_relations, n_pairs)
        inputs = rng.standard_normal((len(pairs), d))
        offsets = rng.standard_normal((n_relations, d))
        outputs = inputs + offsets[pairs.relation] + 0.1 * rng.standard_normal((len(pairs), d))
        direction = rng.standard_normal(d)
        direction *= distractor / np.linalg.norm(direction)
        vectors = np.concatenate([inputs, outputs])
        return pairs, vectors + rng.standard_normal((len(vectors), 1)) * direction

    return make


@pytest.fixture(scope="session")
def categories():
    """Inputs about one mean of the relation, outputs about another: any output fits any input."""

    def make(rng, n_relations, n_pairs, d, distractor=30.0):
        pairs = made_pairs(n_relations, n_pairs)
        means = rng.standard_normal((2, n_relations, d))
        vectors = np.concatenate([means[0, pairs.relation], means[1, pairs.relation]])
        vectors += rng.standard_normal(vectors.shape)
        direction = rng.standard_normal(d)
        direction *= distractor / np.linalg.norm(direction)
        return pairs, vectors + rng.standard_normal((len(vectors), 1)) * direction

    return make


@pytest.fixture
def as_files(tmp_path):
    """Writes pairs and vectors as a user gives them: parameters for the plugin."""

    def write(pairs, vectors):
        folder = tmp_path / "relations"
        folder.mkdir()
        for number, name in enumerate(pairs.names):
            rows = np.flatnonzero(pairs.relation == number)
            entries = [
                {"input": pairs.words[a], "output": pairs.words[b]}
                for a, b in zip(pairs.inputs[rows], pairs.outputs[rows], strict=True)
            ]
            (folder / f"{name}.json").write_text(json.dumps(entries))
        lines = [f"{word} {' '.join(f'{v:.7g}' for v in row)}" for word, row in zip(pairs.words, vectors, strict=True)]
        (tmp_path / "vectors.txt").write_text("\n".join(lines))
        return {"relations": str(folder), "word_vectors": str(tmp_path / "vectors.txt"), "null_draws": 19}

    return write


class Spelled:
    """A model whose activations are known: a token for each letter, (its place in the alphabet, its place in the word, 1)."""

    model, hook, d_in = "spelled", "nowhere", 3

    def of(self, texts):
        return (np.array([[ord(c) - 96, i, 1] for i, c in enumerate(t)], np.float32).reshape(-1, 3) for t in texts)

    def embeddings(self):
        return SimpleNamespace(
            model="spelled", hook="embeddings", d_in=3, of=lambda texts: (10 * t for t in self.of(texts))
        )


@pytest.fixture
def spelled():
    return Spelled()


@pytest.fixture
def context():
    return AnalysisContext(np.random.default_rng(0))
