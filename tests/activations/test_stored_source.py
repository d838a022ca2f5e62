import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from saegeo_core import SaegeoError
from saegeo_core.activations import stored_source
from saegeo_core.activations.source_kind import SourceRequest
from saegeo_core.activations.stored_source import Stored
from saegeo_core.corpora.corpus import Document

HOOK, OTHER = "blocks.3.hook_resid_post", "blocks.4.hook_mlp_out"
LENGTHS = [3, 5, 0, 4, 1, 6]  # tokens of each document; document 2 has none
WIDTHS = {HOOK: 4, OTHER: 2}


def all_tokens(lengths=LENGTHS):
    """`document`, and for each hook rows that tell their document and position."""
    document = np.repeat(np.arange(len(lengths)), lengths)
    position = np.concatenate([np.arange(n) for n in lengths])
    hooks = {
        hook: torch.from_numpy(document[:, None] * 100 + position[:, None] + np.zeros(width)).float()
        for hook, width in WIDTHS.items()
    }
    return document, position, hooks


def write(folder, cuts, kind="safetensors"):
    document, _, hooks = all_tokens()
    for number, rows in enumerate(np.split(np.arange(len(document)), cuts)):
        tensors = {"document": torch.from_numpy(document[rows])} | {hook: x[rows] for hook, x in hooks.items()}
        for name, tensor in tensors.items() if kind == "npy" else ():
            np.save(folder / f"{number:05}.{name}.npy", tensor.numpy())
        if kind == "safetensors":
            save_file(
                {name: tensor.contiguous() for name, tensor in tensors.items()}, folder / f"{number:05}.safetensors"
            )
        if kind.startswith("npz"):
            save = np.savez_compressed if kind == "npz, compressed" else np.savez
            save(folder / f"{number:05}.npz", **{name: tensor.numpy() for name, tensor in tensors.items()})
    return folder


def wanted(*positions):
    return [Document("", None, "", position) for position in positions]


def opened(folder, *hooks, **request):
    return Stored().open(str(folder), SourceRequest(hooks or (HOOK, OTHER), **request))


@pytest.mark.parametrize("kind", ["safetensors", "npy", "npz", "npz, compressed"])
@pytest.mark.parametrize("cuts", [[], [8], [4, 10], [2, 2, 5, 9], [1, 2, 3, 4, 5, 6]])
def test_documents_come_out_as_they_were_stored_wherever_shards_end(tmp_path, kind, cuts):
    source = opened(write(tmp_path, cuts, kind))
    assert source.d_in == WIDTHS
    document, position, hooks = all_tokens()
    for positions in ([0, 1, 2, 3, 4, 5], [1], [2], [0, 3, 5], [4, 5], [3, 99]):
        batches = list(source.batches(wanted(*positions)))
        among = np.isin(document, positions)
        assert np.array_equal(np.concatenate([[], *[b.document for b in batches]]), document[among])
        assert np.array_equal(np.concatenate([[], *[b.position for b in batches]]), position[among])
        for hook, rows in hooks.items():
            found = torch.cat([torch.empty(0, WIDTHS[hook]), *[batch.activations[hook] for batch in batches]])
            assert torch.equal(found, rows[among])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("stored"), [4, 10])


@given(st.lists(st.integers(0, len(LENGTHS) - 1), unique=True).map(sorted), st.integers(1, 7), st.integers(1, 4))
@settings(max_examples=30)
def test_batches_and_lookahead_change_nothing(folder, positions, rows_at_once, documents_at_once):
    document, position, _ = all_tokens()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stored_source, "ROWS_AT_ONCE", rows_at_once)
        patched.setattr(stored_source, "DOCUMENTS_AT_ONCE", documents_at_once)
        batches = list(opened(folder, HOOK).batches(wanted(*positions)))
    among = np.isin(document, positions)
    assert all(0 < batch.n_tokens <= rows_at_once for batch in batches)
    assert np.array_equal(np.concatenate([[], *[b.document for b in batches]]), document[among])
    assert np.array_equal(np.concatenate([[], *[b.position for b in batches]]), position[among])


def test_it_brings_its_documents(tmp_path):
    source = opened(write(tmp_path, [8]))
    assert list(source.corpus.documents()) == [Document("", None, f"#{number}", number) for number in range(6)]
    lines = [{"label": "even" if number % 2 == 0 else None, "group": f"book {number // 2}"} for number in range(6)]
    (tmp_path / "documents.jsonl").write_text("\n".join(map(json.dumps, lines)))
    corpus = opened(tmp_path).corpus
    assert [document.label for document in corpus.documents()] == ["even", None] * 3
    assert [document.group for document in corpus.documents(4)] == ["book 2", "book 2"]
    assert corpus.describe() != source.corpus.describe() or corpus.describe()["documents"] is not None
    (tmp_path / "documents.jsonl").write_text("{}\n{}\n")
    with pytest.raises(SaegeoError, match="has 2 lines; the activations are of 6 documents"):
        list(corpus.documents())
    (tmp_path / "documents.jsonl").write_text("{}\n" * 8)
    with pytest.raises(SaegeoError, match=r"has 8 lines; the activations are of 6 documents(.|\n)*is a shard missing"):
        next(iter(corpus.documents()))
    (tmp_path / "documents.jsonl").write_text("{}\n[]\n" + "{}\n" * 4)
    with pytest.raises(SaegeoError, match=r"line 2 of .* is a list"):
        list(corpus.documents())


def test_the_description_names_every_file_and_what_is_told_about_them(tmp_path):
    described = opened(write(tmp_path, [8], kind="npy"), HOOK).describe()
    assert len(described["shards"]) == 6
    assert described["about"] == {}
    (tmp_path / "about.json").write_text('{"model": "gpt2"}')
    assert opened(tmp_path, HOOK).describe()["about"] == {"model": "gpt2"}
    assert json.loads(json.dumps(described)) == described


def test_number_types_and_centering(tmp_path):
    document, _, hooks = all_tokens()
    uneven = (hooks[HOOK] + torch.arange(4)).half()
    save_file({"document": torch.from_numpy(document), HOOK: uneven}, tmp_path / "0.safetensors")
    (plain,) = opened(tmp_path, HOOK).batches(wanted(0, 1))
    assert plain.activations[HOOK].dtype == torch.float32
    (centered,) = opened(tmp_path, HOOK, dtype="bfloat16", centered_hooks=frozenset([HOOK])).batches(wanted(0, 1))
    assert centered.activations[HOOK].dtype == torch.bfloat16
    assert centered.activations[HOOK].float().mean(1).abs().max() < 1
    source = opened(tmp_path, HOOK)
    list(source.batches(wanted(0, 1, 3)))
    assert source.statistics() == {HOOK: {"tokens": 12, "high_norm": 0}}


def spoiled(tmp_path, **tensors):
    document, _, hooks = all_tokens()
    stored = {"document": torch.from_numpy(document), HOOK: hooks[HOOK]} | tensors
    save_file({name: tensor for name, tensor in stored.items() if tensor is not None}, tmp_path / "0.safetensors")


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({HOOK: None, "blocks.3.hook_resid_pre": torch.ones(19, 2)}, "holds no 'blocks.3.hook_resid_post'(.|\n)*pre"),
        ({"document": None}, "holds no 'document'"),
        ({"document": torch.arange(19).flip(0)}, "decreases"),
        ({"document": torch.arange(19) - 1}, "less than 0"),
        ({"document": torch.zeros(19)}, "float32, not int64"),
        ({"document": torch.zeros(19, 1, dtype=torch.long)}, r"has shape \(19, 4\) and document \(19, 1\)"),
        ({HOOK: torch.ones(18, 4)}, r"has shape \(18, 4\)"),
        ({HOOK: torch.ones(19)}, r"has shape \(19,\)"),
        ({HOOK: torch.ones(0, 4), "document": torch.zeros(0, dtype=torch.long)}, "no token"),
    ],
)
def test_a_folder_that_does_not_keep_to_the_layout_is_refused(tmp_path, tensors, message):
    spoiled(tmp_path, **tensors)
    with pytest.raises(SaegeoError, match=message):
        opened(tmp_path, HOOK)


def test_what_else_can_be_wrong(tmp_path):
    with pytest.raises(SaegeoError, match="there is no folder"):
        opened(tmp_path / "nothing")
    with pytest.raises(SaegeoError, match="holds no stored activations"):
        opened(tmp_path)
    write(tmp_path, [8])
    with pytest.raises(SaegeoError, match="leave the window out"):
        opened(tmp_path, window_tokens=100)
    np.save(tmp_path / "00001.document.npy", np.arange(3))
    with pytest.raises(SaegeoError, match="00001 twice"):
        opened(tmp_path)
    (tmp_path / "00001.document.npy").unlink()
    (tmp_path / "00001.safetensors").write_bytes(b"\x00" * 5)
    with pytest.raises(SaegeoError, match="cannot be read as safetensors"):
        opened(tmp_path)


def test_a_shard_that_is_missing_between_others_is_named(tmp_path):
    write(tmp_path, [3, 8, 10])
    (tmp_path / "00001.safetensors").unlink()
    with pytest.raises(SaegeoError, match="shards from 00000 to 00003, and none of number 1"):
        opened(tmp_path)


def test_a_wild_document_number_makes_no_list_of_that_length(tmp_path):
    document, _, _ = all_tokens()
    document[-1] = 1 << 60
    spoiled(tmp_path, document=torch.from_numpy(document))
    with pytest.raises(SaegeoError, match="goes up to 1152921504606846976, and there are 19 tokens"):
        opened(tmp_path, HOOK)


def test_objects_in_a_numpy_file_are_never_unpickled(tmp_path):
    write(tmp_path, [], kind="npy")
    np.save(tmp_path / f"00000.{HOOK}.npy", np.array([{}] * 19, dtype=object), allow_pickle=True)
    with pytest.raises(SaegeoError, match="holds object, not floating-point"):
        opened(tmp_path, HOOK)
    np.save(tmp_path / f"00000.{HOOK}.npy", np.ones((19, 4), dtype=int))
    with pytest.raises(SaegeoError, match="int64, not floating-point"):
        opened(tmp_path, HOOK)


def test_what_is_not_finite_is_refused(tmp_path):
    _, _, hooks = all_tokens()
    rows = hooks[HOOK].clone()
    rows[7, 1] = float("inf")
    spoiled(tmp_path, **{HOOK: rows})
    source = opened(tmp_path, HOOK)
    assert list(source.batches(wanted(3, 4, 5)))
    with pytest.raises(SaegeoError, match="NaN or infinity"):
        list(source.batches(wanted(1)))
