import numpy as np
import pytest
import torch

from saegeo_core import SaegeoError
from saegeo_core.firing.given_arrays import PER_FEATURE
from saegeo_core.firing.incidence import PackedIncidence, SparseIncidence, from_dense
from saegeo_core.firing.reflection import Reflection
from saegeo_core.firing.statistics import Control, FiringStatistics


@pytest.fixture
def dense(rng):
    return (rng.random((120, 30)) < np.linspace(0.02, 0.9, 30)).astype(np.uint8)


@pytest.fixture
def firing(rng, dense):
    token_counts = dense.sum(0) + rng.integers(0, 50, 30)
    return FiringStatistics.from_arrays(
        dense,
        feature_ids=np.arange(100, 130),
        token_counts=token_counts,
        activation_sum=token_counts * 1.5,
        activation_sum_of_squares=token_counts * 3.0,
        activation_max=rng.random(30),
        n_tokens=120 * 16,
        document_of_block=np.arange(120) // 4,
        group_of_document=np.arange(30) // 3,
        label_of_block=np.array(["code", "prose"])[(np.arange(120) // 4) % 2],
        block_tokens=16,
        fires_above=0.0,
        tails="dropped",
        n_tails=7,
        sae_digest="abc",
        corpus={"name": "test"},
    )


def pair_counts(dense):
    return dense.T.astype(np.int32) @ dense


def test_counts_are_blocks_a_feature_fired_in(firing, dense):
    assert (firing.n_features, firing.n_blocks) == (30, 120)
    np.testing.assert_array_equal(firing.counts, dense.sum(0))
    np.testing.assert_array_equal(firing.incidence().block_tile(slice(0, 120)), dense)


def test_texts_given_as_labels_are_numbered(firing):
    assert firing.label_names == ("code", "prose")
    np.testing.assert_array_equal(firing.label_of_block[:8], [0] * 4 + [1] * 4)


def test_blocks_are_resampled_by_group_or_else_by_document(firing, dense):
    np.testing.assert_array_equal(firing.group_of_block, np.arange(120) // 12)
    alone = FiringStatistics.from_arrays(dense, document_of_block=np.arange(120) // 4)
    np.testing.assert_array_equal(alone.group_of_block, np.arange(120) // 4)
    assert FiringStatistics.from_arrays(dense).group_of_block is None


@pytest.mark.parametrize("given", [np.array([3, 29, 0]), np.arange(30) % 7 == 2, slice(5, 12), np.zeros(0, np.int64)])
def test_select_slices_everything_aligned(firing, dense, given):
    some = firing.select(given)
    for name in PER_FEATURE:
        np.testing.assert_array_equal(getattr(some, name), getattr(firing, name)[given])
    np.testing.assert_array_equal(some.incidence().block_tile(slice(0, 120)), dense[:, given])
    np.testing.assert_array_equal(some.document_of_block, firing.document_of_block)
    np.testing.assert_array_equal(some.cooccurrence().numpy(), firing.cooccurrence(given).numpy())


def test_cooccurrence_of_all_some_and_between(firing, dense):
    product = dense.T.astype(np.float64) @ dense
    np.testing.assert_array_equal(firing.cooccurrence().numpy(), product)
    np.testing.assert_array_equal(firing.cooccurrence().diagonal(), firing.counts)
    mask = np.arange(30) % 3 == 0
    np.testing.assert_array_equal(firing.cooccurrence(mask).numpy(), product[mask][:, mask])
    np.testing.assert_array_equal(firing.cooccurrence_tile(slice(2, 9), [29, 1]).numpy(), product[2:9][:, [29, 1]])


def test_pair_counts_answer_the_same_questions(firing, dense):
    known = FiringStatistics.from_cooccurrence(pair_counts(dense), 120)
    np.testing.assert_array_equal(known.counts, firing.counts)
    assert torch.equal(known.cooccurrence(), firing.cooccurrence())
    assert torch.equal(known.cooccurrence_tile(slice(2, 9), [29, 1]), firing.cooccurrence_tile(slice(2, 9), [29, 1]))
    assert torch.equal(known.select(slice(3, 20)).cooccurrence(), firing.select(slice(3, 20)).cooccurrence())
    with pytest.raises(SaegeoError, match="only pair counts"):
        known.incidence()
    with pytest.raises(SaegeoError, match="only pair counts"):
        known.cooccurrence(weights=np.ones(120, int))


def test_a_block_counts_as_often_as_its_weight_says(rng, firing, dense):
    weights = rng.multinomial(120, np.full(120, 1 / 120))
    resampled = FiringStatistics.from_arrays(np.repeat(dense, weights, axis=0))
    np.testing.assert_array_equal(firing.block_counts(weights), resampled.counts)
    assert torch.equal(firing.cooccurrence(weights=weights), resampled.cooccurrence())
    tile = firing.cooccurrence_tile(slice(0, 9), slice(9, 30), weights=weights)
    assert torch.equal(tile, resampled.cooccurrence_tile(slice(0, 9), slice(9, 30)))


def test_counts_of_many_weights_are_those_of_each(rng):
    weights = rng.integers(0, 257, (5, 3000))
    for share in (0.3, 0.002):  # bits, and lists
        firing = FiringStatistics.from_arrays(rng.random((3000, 40)) < share)
        np.testing.assert_array_equal(firing.block_counts(weights), [firing.block_counts(one) for one in weights])


@pytest.mark.parametrize(
    "weights", [np.ones(119, int), np.ones(120), np.full(120, -1), np.full(120, 257), np.ones((120, 1), int)]
)
def test_weights_that_are_no_multiplicities_are_refused(firing, weights):
    with pytest.raises(SaegeoError, match="120 whole numbers"):
        firing.cooccurrence(weights=weights)


@pytest.mark.parametrize("features", [[30], [-1], [0.5], [[1]], np.ones(29, bool)])
def test_features_that_are_not_there_are_refused(firing, features):
    with pytest.raises(SaegeoError, match=r"numbered from 0 to 29|mask of shape"):
        firing.cooccurrence(np.asarray(features))


def test_the_digest_tells_contents_apart_and_not_forms(rng, dense):
    seldom = (rng.random((120, 300)) < 0.001).astype(np.uint8)
    kept = from_dense(seldom)
    assert isinstance(kept, SparseIncidence)
    packed = PackedIncidence(np.packbits(seldom, axis=1), 300)
    assert FiringStatistics.from_arrays(packed).digest == FiringStatistics.from_arrays(kept).digest
    changed = dense.copy()
    changed[5, 5] ^= 1
    digests = {FiringStatistics.from_arrays(matrix).digest for matrix in (dense, seldom, changed)}
    digests.add(FiringStatistics.from_arrays(dense, fires_above=1.0).digest)
    digests.add(FiringStatistics.from_arrays(dense, document_of_block=np.zeros(120)).digest)
    digests.add(FiringStatistics.from_cooccurrence(pair_counts(dense), 120).digest)
    assert len(digests) == 6


def test_controls_are_made_when_asked_for(firing, dense):
    made = []

    def make():
        made.append(1)
        return Control(np.eye(30, dtype=np.float32), FiringStatistics.from_arrays(dense[::-1]))

    beside = FiringStatistics.from_arrays(dense, controls_from=(make, make))
    assert not made
    assert [control.firing.n_features for control in beside.select(slice(0, 3)).controls()] == [30, 30]
    assert firing.controls() == []


def test_features_of_a_reflected_control_are_selected_with_those_of_the_sae(dense):
    """The control has all features but the first, as where an SAE's first direction is zero, and in another order."""
    ids = np.arange(29, 0, -1)
    beside = FiringStatistics.from_arrays(dense[::-1, ids], feature_ids=ids)
    control = Control(Reflection(np.eye(2, dtype=np.float32), np.ones(2, np.int8)), beside)
    firing = FiringStatistics.from_arrays(dense, controls_from=(lambda: control,))
    [chosen] = firing.select([7, 3, 11]).select([1, 2]).controls()
    np.testing.assert_array_equal(chosen.firing.feature_ids, [3, 11])
    np.testing.assert_array_equal(chosen.firing.counts, dense[:, [3, 11]].sum(0))


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"feature_ids": np.arange(29)}, "does not fit 120 blocks, 29 features"),
        ({"token_counts": np.full(29, 200)}, "token_counts has shape"),
        ({"token_counts": np.zeros(30)}, "fewer tokens than blocks"),
        ({"token_counts": np.full(30, 200), "n_tokens": 199}, "more than all 199 tokens"),
        ({"activation_max": np.full(30, np.nan)}, "NaN or infinity"),
        ({"document_of_block": np.arange(119)}, "document_of_block has shape"),
        ({"document_of_block": np.full(120, -1)}, "numbered from 0"),
        ({"group_of_document": np.arange(30)}, "belong to others"),
        ({"document_of_block": np.arange(120), "group_of_document": np.arange(119)}, "belong to others"),
        ({"label_of_block": np.full(120, 2), "label_names": ("a", "b")}, "2 label names"),
        ({"fires_above": float("inf")}, "not a finite number"),
        ({"pair_counts": np.zeros((30, 30), int)}, "either what fired in each block, or pair counts"),
    ],
)
def test_what_does_not_fit_together_is_refused(dense, known, reason):
    with pytest.raises(SaegeoError, match=reason):
        FiringStatistics.from_arrays(dense, **known)


@pytest.mark.parametrize(
    ("matrix", "reason"),
    [
        (np.ones(5, int), "has shape"),
        (np.full((4, 4), 2), "more than 0 and 1"),
        (np.ones((4, 4)), "more than 0 and 1"),
        (np.zeros((0, 4), bool), "need blocks"),
    ],
)
def test_a_matrix_that_is_no_incidence_is_refused(matrix, reason):
    with pytest.raises(SaegeoError, match=reason):
        FiringStatistics.from_arrays(matrix)


def broken(counts, change):
    counts = counts.copy()
    change(counts)
    return counts


def _asymmetric(counts):
    counts[3, 7] -= 1


def _negative(counts):
    counts[3, 3] = -1


def _beyond_one_feature(counts):
    counts[0, 1] = counts[1, 0] = min(counts[0, 0], counts[1, 1]) + 1


def _fewer_than_possible(counts):
    counts[28, 29] = counts[29, 28] = counts[28, 28] + counts[29, 29] - 120 - 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_asymmetric, "not symmetric"),
        (_negative, "fewer than none"),
        (_beyond_one_feature, "more blocks than one of its features"),
        (_fewer_than_possible, "fewer blocks than possible"),
    ],
)
def test_pair_counts_that_no_text_gives_are_refused(dense, change, reason, monkeypatch):
    monkeypatch.setattr("saegeo_core.firing.consistency.SIDE", 8)
    FiringStatistics.from_cooccurrence(pair_counts(dense), 120)
    with pytest.raises(SaegeoError, match=reason):
        FiringStatistics.from_cooccurrence(broken(pair_counts(dense), change), 120)


def test_pair_counts_of_another_kind_are_refused(dense):
    counts = pair_counts(dense)
    with pytest.raises(SaegeoError, match="square"):
        FiringStatistics.from_cooccurrence(counts[:, :-1], 120)
    with pytest.raises(SaegeoError, match="not whole numbers"):
        FiringStatistics.from_cooccurrence(counts.astype(float), 120)
    with pytest.raises(SaegeoError, match="more than all 50 blocks"):
        FiringStatistics.from_cooccurrence(counts, 50)


def test_nobody_can_write_to_what_the_next_analysis_reads(tmp_path):
    """Of a file of pair counts as of an SAE with rows of zero length, whose features are picked out, arrays are in memory."""
    fired = np.random.default_rng(0).random((40, 12)) < 0.3
    sparse = np.random.default_rng(1).random((400, 40)) < 0.001
    whole = FiringStatistics.from_arrays(fired, document_of_block=np.arange(40) // 4, axes=np.eye(3, dtype=np.float32))
    counts = whole.cooccurrence().numpy()
    np.savez(tmp_path / "a_cooccurrences.npz", histogram=counts, n_chunks=40)
    pairs = FiringStatistics.open(tmp_path / "a_cooccurrences.npz")
    for one in (
        whole,
        whole.select(np.arange(3)),
        pairs,
        pairs.select(np.arange(3)),
        FiringStatistics.from_arrays(sparse),
    ):
        arrays = [one.counts, one.feature_ids, one.document_of_block, one.pair_counts, one.axes]
        arrays += one.fired.arrays.values() if one.fired is not None else []
        for array in arrays:
            if array is not None:
                with pytest.raises(ValueError, match="read-only"):
                    array[:] = 0
    assert counts.flags.writeable  # what a caller gave stays the caller's


def test_the_axes_of_a_reflection_cannot_be_written_to():
    reflection = Reflection(np.eye(3, dtype=np.float32), np.ones(3, np.int8))
    with pytest.raises(ValueError, match="read-only"):
        reflection.axes[:] = 0
