"""Which text goes through the decoder, in which order, and what is kept of it."""

import hashlib
from types import SimpleNamespace

import pytest
import torch
from corpus_split import Document
from smollm_activations import activations_of, even_order, read_layer, request, shard_file, write_shards


@pytest.fixture
def documents():
    """Two kinds of text, one with documents four times as long."""
    short = [Document(f"s{i} " * 10, "Short", "short", f"book {i}") for i in range(80)]
    long = [Document(f"l{i} " * 40, "Long", "long", f"file {i}") for i in range(20)]
    return short + long


def n_words(documents):
    return {document.text: len(document.text.split()) for document in documents}


def test_kinds_are_even_in_every_stretch_and_no_document_is_lost(documents):
    ordered = even_order(documents, n_words(documents))
    assert sorted(ordered, key=id) == sorted(documents, key=id)
    assert ordered == even_order(documents[::-1], n_words(documents))
    tokens = {"short": 0, "long": 0}
    for document in ordered:
        tokens[document.kind] += len(document.text.split())
        assert abs(tokens["short"] - tokens["long"]) <= 40


class Source:
    """Three tokens a document, each with the number of the document in every dimension; fails on one document."""

    def __init__(self, fails_at=None):
        self.fails_at = fails_at

    def describe(self):
        return {"kind": "planted"}

    def batches(self, documents):
        for document in documents:
            if document.position == self.fails_at:
                raise KeyboardInterrupt
            rows = torch.full((3, 576), float(document.position))
            number = torch.full((3,), document.position).numpy()
            yield SimpleNamespace(activations=dict.fromkeys(request().hooks, rows), document=number)


def test_an_interrupted_run_ends_with_what_an_uninterrupted_one_has(documents, tmp_path, monkeypatch):
    def run(folder, source, share=(0, 1)):
        monkeypatch.setattr("smollm_activations.Transformer", lambda: SimpleNamespace(open=lambda *_: source))
        folder.mkdir(parents=True, exist_ok=True)
        write_shards(folder, documents, torch.float16, share)

    def digests(folder):
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}

    whole, killed = tmp_path / "whole" / "training", tmp_path / "killed" / "training"
    run(whole, Source())
    with pytest.raises(KeyboardInterrupt):
        run(killed, Source(fails_at=40))
    assert not shard_file(killed, 2).exists()
    run(killed, Source(), share=(1, 2))
    run(killed, Source(), share=(0, 2))
    assert digests(killed) == digests(whole)
    assert read_layer(whole, 18)[:, 5].tolist() == [n for n in range(len(documents)) for _ in range(3)]


def test_a_shard_has_all_hooks_of_all_its_tokens():
    tensors = activations_of(Source(), [SimpleNamespace(position=7), SimpleNamespace(position=8)], torch.float32)
    assert tensors["document"].tolist() == [7, 7, 7, 8, 8, 8]
    assert {name: tuple(tensor.shape) for name, tensor in tensors.items() if name != "document"} == {
        f"blocks.{layer}.hook_resid_post": (6, 576) for layer in (6, 12, 18, 24)
    }
