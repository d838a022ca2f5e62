"""Small parts that harvests are made of: SAEs of sae-lens, documents of words, and a source that knows each word's activation."""

import hashlib
import warnings

import numpy as np
import pytest
import torch

from saegeo_core.activations.source import ActivationBatch
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.corpora.corpus import Document
from saegeo_core.harvesting import portions
from saegeo_core.harvesting.placed_sae import PlacedSae
from saegeo_core.loading.whole_sae import whole_sae

D_IN = 8
N_FEATURES = 40


class ListCorpus:
    """Documents from a list."""

    n_skipped = 0

    def __init__(self, documents):
        self._documents = documents
        self.read = []

    def describe(self):
        content = repr([(document.text, document.label, document.group) for document in self._documents])
        return {"kind": "list", "digest": hashlib.sha256(content.encode()).hexdigest()}

    def documents(self, start=0):
        for document in self._documents[start:]:
            self.read.append(document.position)
            yield document


class WordSource:
    """Every word of a document is a token, its activation drawn from a generator seeded by the word, another at every hook.

    Words have seven letters at most, which make their numbers.

    Batches hold `batch_tokens` tokens, wherever documents end; `after_batch` is called behind each.
    """

    corpus = None

    def __init__(self, hooks=("here",), batch_tokens=50, d_in=D_IN, after_batch=lambda number: None, device="cpu"):
        self.device = device
        self.d_in = dict.fromkeys(hooks, d_in)
        self.batch_tokens = batch_tokens
        self.after_batch = after_batch
        self.seen = []
        self._n_tokens = 0

    def describe(self):
        return {"kind": "words", "hooks": {hook: {"words": True} for hook in self.d_in}}

    def batches(self, documents):
        self._n_tokens = 0
        tokens = [
            (document.position, i, word) for document in documents for i, word in enumerate(document.text.split())
        ]
        for number, start in enumerate(range(0, len(tokens), self.batch_tokens)):
            some = tokens[start : start + self.batch_tokens]
            self._n_tokens += len(some)
            self.seen += [(position, place) for position, place, _ in some]
            yield ActivationBatch(
                {hook: torch.stack([self.activation(hook, word) for _, _, word in some]) for hook in self.d_in},
                np.array([position for position, _, _ in some]),
                np.array([place for _, place, _ in some]),
                np.array([int.from_bytes(word.encode(), "big") for *_, word in some]),
            )
            self.after_batch(number)

    def token_texts(self, token_ids):
        return [" " + token.to_bytes(7, "big").lstrip(b"\0").decode() for token in token_ids.tolist()]

    def statistics(self):
        return {hook: {"tokens": self._n_tokens, "high_norm": 0} for hook in self.d_in}

    def activation(self, hook, word):
        seed = int.from_bytes(hashlib.sha256(f"{hook}/{word}".encode()).digest()[:8], "big")
        drawn = np.random.default_rng(seed).standard_normal(self.d_in[hook]).astype(np.float32)
        return torch.from_numpy(drawn).to(self.device)


@pytest.fixture
def word_source():
    return WordSource


@pytest.fixture
def corpus_of():
    """A corpus of these texts; labels and groups as given."""

    def corpus(texts, labels=None, groups=None):
        return ListCorpus(
            [
                Document(text, labels[i] if labels else None, groups[i] if groups else f"#{i}", i)
                for i, text in enumerate(texts)
            ]
        )

    return corpus


@pytest.fixture
def texts():
    """Texts of 0 to 40 words, some shorter than any block."""
    rng = np.random.default_rng(5)
    return [" ".join(f"w{word}" for word in rng.integers(0, 60, n)) for n in rng.integers(0, 41, 24)]


@pytest.fixture
def corpus(texts, corpus_of):
    """A corpus of these texts with labels (some have none) and groups."""
    kinds = ["prose", "code", None]
    return corpus_of(texts, [kinds[i % 3] for i in range(len(texts))], [f"book {i // 2}" for i in range(len(texts))])


@pytest.fixture(scope="session")
def make_sae():
    """Makes a small sae-lens SAE with random weights, ready to harvest."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports warn of deprecations
        from sae_lens import SAE

    def make(
        architecture="standard",
        seed=0,
        name=None,
        hook="here",
        d_in=D_IN,
        n_features=N_FEATURES,
        device="cpu",
        **config,
    ):
        torch.manual_seed(seed)
        config = {
            "architecture": architecture,
            "d_in": d_in,
            "d_sae": n_features,
            "dtype": "float32",
            "device": "cpu",
            "apply_b_dec_to_input": "transcoder" not in architecture,
            "normalize_activations": "none",
            "reshape_activations": "none",
            "metadata": {"hook_name": hook},
            **({"k": 5} if architecture == "topk" else {}),
            **({"d_out": d_in} if "transcoder" in architecture else {}),
            **config,
        }
        sae = SAE.from_dict(config)
        for parameter, values in sae.named_parameters():
            shift = -1.0 if parameter in ("b_enc", "b_gate") else 0.5 if parameter == "threshold" else 0.0
            values.data = shift + 0.3 * torch.randn_like(values)
        cloud = FeatureCloud.from_sae(sae, name=name or f"{architecture}-{seed}")
        return PlacedSae(whole_sae(cloud, sae, device=device), hook)

    return make


@pytest.fixture
def small_portions(monkeypatch):
    """Two documents make a portion, so that the corpus makes a dozen shards."""
    monkeypatch.setattr(portions, "CHARACTERS", 2 * portions.CHARACTERS_OF_A_DOCUMENT)
