import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_core.firing import incidence
from saegeo_core.firing.incidence import PackedIncidence, SparseIncidence, concatenate, from_dense, from_stored
from saegeo_core.numerics import cooccurrence


def packed(dense):
    return PackedIncidence(np.packbits(dense, axis=1), dense.shape[1])


def sparse(dense):
    offsets = np.concatenate([[0], np.cumsum(dense.sum(1, dtype=np.int64))])
    return SparseIncidence(offsets, np.nonzero(dense)[1].astype(np.int32), dense.shape[1])


def random_bits(rng, n_blocks, n_features, share=0.3):
    return (rng.random((n_blocks, n_features)) < share).astype(np.uint8)


FORMS = pytest.mark.parametrize("form", [packed, sparse])


@FORMS
@settings(max_examples=60)
@given(data=st.data(), n_blocks=st.integers(0, 30), n_features=st.integers(1, 40), seed=st.integers(0, 50))
def test_both_forms_answer_like_the_dense_matrix(form, data, n_blocks, n_features, seed):
    rng = np.random.default_rng(seed)
    dense = random_bits(rng, n_blocks, n_features)
    kept = form(dense)
    places = st.integers(0, n_features - 1)
    features = np.array(data.draw(st.none() | st.lists(places, max_size=12)) or range(n_features), np.int64)
    blocks = np.array(data.draw(st.lists(st.integers(0, n_blocks - 1), max_size=9)) if n_blocks else [], np.int64)
    start, stop = sorted(data.draw(st.tuples(st.integers(0, n_blocks), st.integers(0, n_blocks))))
    weights = rng.integers(0, 9, n_blocks)
    assert (kept.n_blocks, kept.n_features, kept.n_fired) == (n_blocks, n_features, dense.sum())
    np.testing.assert_array_equal(kept.block_tile(slice(start, stop)), dense[start:stop])
    np.testing.assert_array_equal(kept.block_tile(blocks, features), dense[blocks][:, features])
    np.testing.assert_array_equal(kept.block_tile(slice(start, stop), features), dense[start:stop][:, features])
    np.testing.assert_array_equal(kept.counts(), dense.sum(0))
    np.testing.assert_array_equal(kept.counts(weights), weights @ dense)
    np.testing.assert_array_equal(kept.select(features).block_tile(slice(0, n_blocks)), dense[:, features])


@FORMS
def test_no_feature_at_all_is_an_answer_too(rng, form):
    kept = form(random_bits(rng, 5, 20))
    assert kept.block_tile(slice(0, 5), np.zeros(0, np.int64)).shape == (5, 0)


@FORMS
def test_features_of_each_class_that_are_on_are_counted_for_several_divisions_at_once(rng, form, monkeypatch):
    monkeypatch.setattr(incidence, "ENTRIES_AT_ONCE", 70)
    monkeypatch.setattr(incidence, "BLOCKS_AT_ONCE", 2)
    dense, classes = random_bits(rng, 50, 20), np.stack([np.arange(20) % 3, np.arange(20) // 4, np.zeros(20, np.int64)])
    found = form(dense).on_of_each(classes)
    assert (found.shape, found.dtype) == ((3, 50, 5), np.float32)
    for on, division in zip(found, classes, strict=True):
        np.testing.assert_array_equal(on, dense @ (division[:, None] == np.arange(5)))


@FORMS
def test_tiles_run_through_all_blocks_within_the_memory_allowed(rng, form, monkeypatch):
    monkeypatch.setattr(incidence, "ENTRIES_AT_ONCE", 70)
    dense = random_bits(rng, 50, 20)
    tiles = [tile for _, tile in form(dense).tiles()]
    assert max(tile.size for tile in tiles) <= 70
    np.testing.assert_array_equal(np.concatenate(tiles), dense)
    some = np.array([3, 4, 9, 40, 41])
    numbered = list(form(dense).tiles(blocks=some))
    np.testing.assert_array_equal(np.concatenate([blocks for blocks, _ in numbered]), some)
    np.testing.assert_array_equal(np.concatenate([tile for _, tile in numbered]), dense[some])


@FORMS
@pytest.mark.parametrize("sparse_share", [0.0, 1.0])
def test_cooccurrence_is_the_float64_product_in_either_form_and_way(rng, form, sparse_share, monkeypatch):
    monkeypatch.setattr(incidence, "ENTRIES_AT_ONCE", 3000)
    monkeypatch.setattr(incidence, "SPARSE_SHARE", sparse_share)
    dense = random_bits(rng, 700, 30)
    product = dense.T.astype(np.float64) @ dense
    kept = form(dense)
    rows, columns = np.array([4, 29, 4, 0]), np.arange(10, 20)
    np.testing.assert_array_equal(kept.cooccurrence().numpy(), product)
    np.testing.assert_array_equal(kept.cooccurrence(rows).numpy(), product[np.ix_(rows, rows)])
    np.testing.assert_array_equal(kept.cooccurrence(rows, columns).numpy(), product[np.ix_(rows, columns)])
    np.testing.assert_array_equal(kept.cooccurrence(None, columns).numpy(), product[:, columns])
    weights = rng.integers(0, 4, 700) * (rng.random(700) < 0.5)
    np.testing.assert_array_equal(kept.cooccurrence(weights=weights).numpy(), (dense.T * weights.astype(float)) @ dense)
    none = np.zeros(700, np.int64)
    assert not kept.cooccurrence(rows, weights=none).any()


@pytest.mark.parametrize("has_mkl", [True, False])
def test_counts_from_lists_are_those_of_the_product_slab_by_slab(rng, has_mkl, monkeypatch):
    monkeypatch.setattr(cooccurrence, "SIDE", 8)
    monkeypatch.setattr(cooccurrence, "COUNTS_AT_ONCE", 1000)
    monkeypatch.setattr(cooccurrence, "ENTRIES_AT_ONCE", 400)
    if not has_mkl:
        monkeypatch.setattr(torch.backends.mkl, "is_available", lambda: False)
    dense = random_bits(rng, 300, 50, 0.1)
    kept = sparse(dense)
    weights = rng.integers(0, 3, 300)
    for some in (weights > 1).astype(np.int64), weights, weights * 2**24:
        found = cooccurrence.count_sparse_cooccurrence(kept.indptr, kept.indices, 50, rows=np.arange(50), weights=some)
        np.testing.assert_array_equal(found.numpy(), (dense.T * some.astype(float)) @ dense)


@pytest.mark.parametrize(("share", "joined"), [(0.002, True), (0.2, False)])
def test_lists_are_joined_only_where_little_fires(rng, monkeypatch, share, joined):
    calls = []
    real = incidence.count_sparse_cooccurrence

    def spy(*given, **named):
        calls.append(1)
        return real(*given, **named)

    monkeypatch.setattr(incidence, "count_sparse_cooccurrence", spy)
    dense = random_bits(rng, 300, 200, share)
    counts = sparse(dense).cooccurrence()
    assert bool(calls) is joined
    np.testing.assert_array_equal(counts.numpy(), dense.T.astype(float) @ dense)


def test_the_smaller_form_is_kept(rng):
    seldom, often = random_bits(rng, 400, 800, 0.005), random_bits(rng, 400, 800, 0.2)
    assert isinstance(from_dense(seldom), SparseIncidence)
    assert from_dense(seldom).nbytes < packed(seldom).nbytes
    assert isinstance(from_dense(often), PackedIncidence)
    assert from_dense(often).nbytes < sparse(often).nbytes
    np.testing.assert_array_equal(from_dense(often.astype(bool)).block_tile(slice(0, 400)), often)


@pytest.mark.parametrize("share", [0.005, 0.3])
def test_pieces_join_to_what_would_have_been_kept_at_once(rng, share):
    dense = random_bits(rng, 333, 800, share)
    dense[:40] |= random_bits(rng, 40, 800, 0.5)  # so that the pieces are kept in both forms
    at_once = from_dense(dense)
    pieces = [from_dense(dense[:40]), from_dense(dense[40:41]), from_dense(dense[41:41]), from_dense(dense[41:])]
    joined = concatenate(pieces)
    assert type(joined) is type(at_once)
    for name, values in at_once.arrays.items():
        np.testing.assert_array_equal(joined.arrays[name], values)
        assert joined.arrays[name].dtype == values.dtype


@pytest.mark.parametrize("share", [0.005, 0.3])
def test_pieces_can_be_joined_in_files(rng, share, tmp_path):
    dense = random_bits(rng, 300, 800, share)

    def in_file(name, shape, dtype):
        return np.lib.format.open_memmap(tmp_path / f"{name}.npy", "w+", dtype, shape)

    joined = concatenate([from_dense(dense[:100]), from_dense(dense[100:])], in_file)
    np.testing.assert_array_equal(joined.block_tile(slice(0, 300)), dense)
    assert {path.stem for path in tmp_path.iterdir()} == set(joined.arrays)


def test_pieces_of_different_features_are_refused(rng):
    with pytest.raises(SaegeoError, match=r"\[8, 9\] features"):
        concatenate([from_dense(random_bits(rng, 3, 9)), from_dense(random_bits(rng, 3, 8))])
    with pytest.raises(SaegeoError, match="no features"):
        concatenate([])


@FORMS
def test_stored_arrays_come_back(rng, form):
    dense = random_bits(rng, 20, 21)
    again = from_stored(form(dense).arrays, 21)
    assert type(again) is type(form(dense))
    np.testing.assert_array_equal(again.block_tile(slice(0, 20)), dense)


def test_an_empty_list_of_firings_is_an_incidence():
    empty = from_stored({"indptr": np.zeros(4, np.int64), "indices": np.zeros(0, np.int32)}, 6)
    assert empty.block_tile(slice(0, 3)).sum() == 0
    assert not empty.cooccurrence().any()


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"bits": np.zeros((4, 2), np.uint8)},
        {"bits": np.zeros((4, 1), np.int8)},
        {"bits": np.full((4, 1), 1, np.uint8)},
        {"indptr": np.array([0, 2]), "indices": np.array([1, 1], np.int32)},
        {"indptr": np.array([0, 2]), "indices": np.array([2, 1], np.int32)},
        {"indptr": np.array([0, 2]), "indices": np.array([1, 6], np.int32)},
        {"indptr": np.array([0, 2]), "indices": np.array([-1, 5], np.int32)},
        {"indptr": np.array([0, 3]), "indices": np.array([0, 5], np.int32)},
        {"indptr": np.array([1, 2]), "indices": np.array([0, 5], np.int32)},
        {"indptr": np.array([0, 2, 1, 2]), "indices": np.array([0, 5], np.int32)},
        {"indptr": np.array([], np.int64), "indices": np.array([], np.int32)},
        {"indptr": np.array([0, 2]), "indices": np.array([0, 5], np.int64)},
    ],
)
def test_arrays_that_hold_no_incidence_are_refused(arrays):
    with pytest.raises(SaegeoError, match="no incidence of 6 features"):
        from_stored(arrays, 6)


def test_counts_stay_on_the_device_asked_for(rng):
    assert from_dense(random_bits(rng, 9, 9)).cooccurrence(device="cpu").device == torch.device("cpu")
