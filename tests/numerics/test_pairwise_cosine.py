"""One pass in tiles gives what the dense float64 matrix gives, whatever the format, the tile size and the threads."""

from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from saegeo_core.numerics import cosine_tile, partners
from saegeo_core.numerics.bounded_products import BoundedProducts, fastest_format
from saegeo_core.numerics.closer_products import CloserProducts, closer_products
from saegeo_core.numerics.directions import Directions, mean_squared_cosine, row_slices, second_moment
from saegeo_core.numerics.pairwise_cosine import IDENTICAL, pairwise_cosines

FORMATS = ["int8", "bfloat16", "float32", "float64"]
THRESHOLDS = [0.0, 0.1, 0.5, 0.97]


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def uniform():
    return normal(300, 70)


def of_all_lengths():
    return normal(150, 40) * torch.logspace(-6, 6, 150)[:, None]


def anisotropic():
    return normal(250, 60) * torch.arange(1, 61) ** -0.7 + 0.3


def families():
    return normal(20, 80, seed=1).repeat_interleave(12, 0) + 0.2 * normal(240, 80)


def duplicates_and_antipodes():
    vectors = normal(130, 30)
    vectors[100:110] = vectors[0:10] * 3
    vectors[110:120] = vectors[5:15]
    vectors[125:] = -0.5 * vectors[7:12]
    return vectors


def all_equal():
    return normal(1, 50).repeat(192, 1)


def coordinate_axes():
    """Every cosine is -1, 0 or 1: all partners tie."""
    return torch.cat([torch.eye(40), -torch.eye(40), torch.eye(40)[::3]])


def signs():
    """Entries of one size: bfloat16 rounds a whole row the same way, so errors add up instead of averaging out."""
    return torch.where(normal(200, 48) > 0, 1.0, -1.0)


CLOUDS = [
    uniform,
    of_all_lengths,
    anisotropic,
    families,
    duplicates_and_antipodes,
    all_equal,
    coordinate_axes,
    signs,
]


def dense(vectors):
    """All cosines in float64, to 12 decimals."""
    unit = vectors.double().numpy()
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    return np.round(np.clip(unit @ unit.T, -1, 1), 12)


def check_against_dense(result, vectors):
    cosines = dense(vectors)
    n = len(cosines)
    others = ~np.eye(n, dtype=bool)
    assert (result.n_features, result.n_pairs) == (n, n * (n - 1) // 2)
    check_counts(result, np.where(others, cosines, 0))
    check_strongest(np.where(others, cosines, -2), result.nearest_cosine, result.nearest_index)
    check_strongest(np.where(others, -cosines, -2), -result.farthest_cosine, result.farthest_index)
    assert result.n_duplicates == ((cosines > IDENTICAL) & others).any(1).sum()
    assert result.n_antipodes == ((cosines < -IDENTICAL) & others).any(1).sum()
    np.testing.assert_allclose(result.cosine_sum, (cosines * others).sum(1), atol=1e-11 * n)
    check_histogram(result, cosines[np.triu_indices(n, 1)])


def check_counts(result, cosines):
    for threshold, above, below in zip(result.thresholds, result.n_above, result.n_below, strict=True):
        np.testing.assert_array_equal(above, (cosines > threshold).sum(1))
        np.testing.assert_array_equal(below, (cosines < -threshold).sum(1))


def check_strongest(cosines, best, index):
    """A sum taken in another order may round to the neighboring twelfth decimal, so nearly equal ones count as equal."""
    np.testing.assert_allclose(best, cosines.max(1), rtol=0, atol=2e-12)
    np.testing.assert_array_equal(index, (cosines >= cosines.max(1, keepdims=True) - 2e-12).argmax(1))


def check_histogram(result, pairs):
    """No cosine is counted farther on the wrong side of an edge than the error of a product."""
    assert result.histogram_counts.sum() == result.n_pairs
    assert result.histogram_counts.dtype == np.int64
    inner, below = result.histogram_edges[1:-1], np.cumsum(result.histogram_counts)[:-1]
    ordered = np.sort(pairs)
    assert (below >= np.searchsorted(ordered, inner - result.product_error)).all()
    assert (below <= np.searchsorted(ordered, inner + result.product_error)).all()


@pytest.mark.parametrize("product_format", FORMATS)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_equals_the_dense_matrix(cloud, product_format):
    vectors = cloud()
    check_against_dense(pairwise_cosines(vectors, THRESHOLDS, product_format=product_format, tile=96), vectors)


@pytest.mark.parametrize("tile", [1, 31, 64, 128, 300, 1024])
def test_equals_the_dense_matrix_for_every_tile_size(tile):
    vectors = duplicates_and_antipodes()[::4] if tile == 1 else duplicates_and_antipodes()
    check_against_dense(pairwise_cosines(vectors, THRESHOLDS, product_format="bfloat16", tile=tile), vectors)


@settings(max_examples=40)
@given(
    n=st.integers(2, 70),
    d=st.integers(1, 40),
    tile=st.integers(1, 80),
    product_format=st.sampled_from(FORMATS),
    dtype=st.sampled_from([torch.float64, torch.float32, torch.float16, torch.bfloat16]),
    seed=st.integers(0, 2**32),
)
def test_equals_the_dense_matrix_for_every_shape(n, d, tile, product_format, dtype, seed):
    vectors = (normal(n, d, seed=seed) + 2 * torch.eye(n, d)).to(dtype)
    check_against_dense(pairwise_cosines(vectors, [0.3], product_format=product_format, tile=tile), vectors)


@pytest.mark.parametrize("product_format", FORMATS)
@pytest.mark.parametrize("threshold", [0.0, 0.1018, 0.5, 0.93])
def test_counts_cosines_planted_beside_a_threshold(product_format, threshold):
    """The first row has cosines from 1e-10 to 1e-2 above and below the threshold, on both sides of zero."""
    distances = np.array([sign * 10.0**-k for k in range(2, 11) for sign in (-1, 1)])
    planted = np.concatenate([threshold + distances, -threshold - distances])
    axes = torch.linalg.qr(normal(600, 600).double()).Q
    fan = torch.from_numpy(planted)[:, None] * axes[0] + torch.from_numpy(np.sqrt(1 - planted**2))[:, None] * axes[1:37]
    vectors = torch.cat([axes[:1], fan])
    result = pairwise_cosines(vectors, [threshold], product_format=product_format)
    assert result.n_above[0, 0] == result.n_below[0, 0] == (18 if threshold == 0 else 9)
    cosines = dense(vectors)
    np.fill_diagonal(cosines, 0)
    check_counts(result, cosines)


@pytest.mark.parametrize("product_format", FORMATS)
def test_a_cosine_equal_to_the_threshold_is_not_beyond_it(product_format):
    vectors = torch.tensor([[1.0, 1, 0], [1, 0, 1], [-1, 0, -1]])
    result = pairwise_cosines(vectors, [0.5, 0.499999], product_format=product_format)
    np.testing.assert_array_equal(result.n_above, [[0, 0, 0], [1, 1, 0]])
    np.testing.assert_array_equal(result.n_below, [[0, 1, 1], [1, 1, 2]])


@pytest.mark.parametrize("product_format", FORMATS)
def test_tells_partners_apart_that_their_products_do_not(product_format):
    """Twelve partners within 1e-7 of each other, far closer than the error of a bfloat16 product."""
    steps = 0.8 + torch.randperm(12, generator=torch.Generator().manual_seed(0)).double() * 1e-8
    turn = torch.linalg.qr(normal(700, 700).double()).Q
    fan = torch.cat([turn[:1], steps[:, None] * turn[0] + (1 - steps**2).sqrt()[:, None] * turn[1:13]])
    result = pairwise_cosines(fan, [], product_format=product_format)
    assert result.nearest_index[0] == 1 + steps.argmax()
    assert result.nearest_cosine[0] == pytest.approx(float(steps.max()), abs=1e-12)


@pytest.mark.parametrize("product_format", FORMATS)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_product_is_farther_from_its_cosine_than_the_bound(cloud, product_format):
    directions = Directions(cloud())
    bounded = BoundedProducts(directions, product_format)
    everything = slice(0, len(directions))
    exact = directions.cosine_block(everything, everything)
    distance = (bounded.tile(everything, everything) - exact).abs()
    assert (distance <= bounded.reach(exact.abs())).all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16])
@pytest.mark.parametrize("cloud", [uniform, anisotropic, families, all_equal, signs])
def test_no_closer_product_is_farther_from_its_cosine_than_its_bound(cloud, dtype):
    directions = Directions(cloud().to(dtype).repeat(1, 20))
    closer, everything = CloserProducts(directions), slice(0, len(directions))
    exact = directions.cosine_block(everything, everything)
    assert ((closer.block(everything, everything) - exact).abs() <= closer.error).all()
    row, column = torch.ones_like(exact).nonzero(as_tuple=True)
    assert ((closer.pairs(row, column) - exact.flatten()).abs() <= closer.error).all()
    assert closer.error < BoundedProducts(directions, "bfloat16").error / 5


def test_closer_products_are_made_where_they_settle_more_than_the_coarse_ones():
    vectors = normal(8, 300)
    directions = Directions(vectors)
    assert closer_products(directions, BoundedProducts(directions, "bfloat16")) is not None
    assert closer_products(directions, BoundedProducts(directions, "float32")) is None
    for length in (1e-30, 1e30):  # their squares are no float32 numbers
        extreme = Directions(vectors * length)
        assert closer_products(extreme, BoundedProducts(extreme, "bfloat16")) is None


@pytest.mark.parametrize("product_format", FORMATS)
def test_no_rows_have_no_products_and_the_bound_of_the_sums_alone(product_format):
    bounded = BoundedProducts(Directions(torch.empty(0, 700)), product_format)
    assert bounded.tile(slice(0, 0), slice(0, 0)).shape == (0, 0)
    single = BoundedProducts(Directions(torch.eye(700)[:1]), product_format)  # a row that every format holds exactly
    assert bounded.error == single.error


def test_the_bound_is_not_far_above_the_worst_case():
    """Rows of equal entries lose nearly all that the bound allows for."""
    directions = Directions(torch.full((2, 1001), 1.0))
    bounded = BoundedProducts(directions, "bfloat16")
    product = bounded.tile(slice(0, 1), slice(1, 2)).item()
    assert bounded.error < 0.01
    assert abs(product - 1) > 0.3 * bounded.error


@pytest.mark.parametrize("product_format", FORMATS)
def test_squares_and_sums(product_format):
    vectors = families().repeat(1, 8) + normal(240, 640)
    cosines = dense(vectors)
    np.fill_diagonal(cosines, 0)
    result = pairwise_cosines(vectors, [], product_format=product_format, tile=100)
    precision = 5e-3 if product_format in ("int8", "bfloat16") else 1e-5
    np.testing.assert_allclose(result.absolute_cosine_sum, np.abs(cosines).sum(1), rtol=precision)
    np.testing.assert_allclose(result.squared_cosine_sum, (cosines**2).sum(1), rtol=precision)
    np.testing.assert_allclose(result.cosine_sum, cosines.sum(1), atol=1e-9)


def values_of(result):
    """Every array and number by name; links have tests of their own, in test_strongest_links."""
    return {field.name: getattr(result, field.name) for field in fields(result) if field.name != "links"}


def test_one_thread_and_two_give_the_same():
    before = torch.get_num_threads()
    vectors = families().repeat(2, 8) + 0.1 * normal(480, 640)
    try:
        torch.set_num_threads(1)
        one = values_of(pairwise_cosines(vectors, THRESHOLDS, tile=64))
        torch.set_num_threads(2)
        two = values_of(pairwise_cosines(vectors, THRESHOLDS, tile=64))
    finally:
        torch.set_num_threads(before)
    for name, value in one.items():
        np.testing.assert_array_equal(two[name], value, err_msg=name)


def test_settling_early_and_whole_tiles_change_nothing(monkeypatch):
    vectors = torch.cat([families(), normal(100, 80, seed=5)])
    expected = values_of(pairwise_cosines(vectors, THRESHOLDS, product_format="bfloat16", tile=64))
    monkeypatch.setattr(partners, "MOST_WAITING", 5)
    settled_early = values_of(pairwise_cosines(vectors, THRESHOLDS, product_format="bfloat16", tile=64))
    monkeypatch.setattr(cosine_tile, "CROWDED", 0.0)
    by_whole_tiles = values_of(pairwise_cosines(vectors, THRESHOLDS, product_format="bfloat16", tile=64))
    for other in (settled_early, by_whole_tiles):
        for name, value in expected.items():
            np.testing.assert_allclose(other[name], value, rtol=0, atol=2e-12, err_msg=name)


def test_a_cloud_of_equals_is_settled_by_whole_tiles(monkeypatch):
    """Every pair is in doubt; one by one they would take memory and time with the square of the cloud."""
    pair_cosines, asked = Directions.pair_cosines, []
    monkeypatch.setattr(Directions, "pair_cosines", lambda *pairs: asked.append(len(pairs[1])) or pair_cosines(*pairs))
    result = pairwise_cosines(all_equal(), [0.5], tile=64)
    assert sum(asked) == 0
    assert result.n_duplicates == 192
    np.testing.assert_array_equal(result.nearest_index, [1] + [0] * 191)
    np.testing.assert_array_equal(result.n_above, np.full((1, 192), 191))


def test_permuting_the_features_permutes_the_results():
    vectors = families()
    order = torch.randperm(len(vectors), generator=torch.Generator().manual_seed(3))
    plain, permuted = pairwise_cosines(vectors, THRESHOLDS), pairwise_cosines(vectors[order], THRESHOLDS)
    np.testing.assert_array_equal(permuted.n_above, plain.n_above[:, order])
    np.testing.assert_allclose(permuted.nearest_cosine, plain.nearest_cosine[order], atol=2e-12)
    np.testing.assert_array_equal(order[permuted.nearest_index], plain.nearest_index[order])


def test_vectors_of_any_layout(tmp_path):
    vectors = families()
    expected = values_of(pairwise_cosines(vectors, THRESHOLDS))
    np.save(tmp_path / "vectors.npy", vectors.numpy())
    mapped = torch.from_numpy(np.load(tmp_path / "vectors.npy", mmap_mode="c"))
    columns = vectors.T.contiguous().T
    assert not columns.is_contiguous()
    for same in (mapped, columns, torch.nn.Parameter(vectors)):
        for name, value in values_of(pairwise_cosines(same, THRESHOLDS)).items():
            np.testing.assert_array_equal(value, expected[name], err_msg=name)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_vectors_are_left_as_they_are(dtype):
    vectors = of_all_lengths().to(dtype)
    before = vectors.clone()
    pairwise_cosines(vectors, THRESHOLDS)
    second_moment(vectors)
    assert torch.equal(vectors, before)


def test_two_antipodes():
    result = pairwise_cosines(torch.tensor([[2.0], [-3.0]]), [0.1])
    np.testing.assert_array_equal(result.nearest_cosine, [-1, -1])
    np.testing.assert_array_equal(result.nearest_index, [1, 0])
    np.testing.assert_array_equal(result.n_below, [[1, 1]])
    assert (result.n_pairs, result.n_duplicates, result.n_antipodes) == (1, 0, 2)
    assert result.histogram_counts[0] == 1


def test_every_tile_is_watched_as_it_is_taken():
    seen = []

    def watch(tiles):
        for k, tile in enumerate(tiles):
            seen.append((k, len(tiles)))
            yield tile

    pairwise_cosines(uniform(), [0.1], tile=100, watch=watch)
    assert seen == [(k, 6) for k in range(6)]


@pytest.mark.parametrize(
    ("vectors", "thresholds", "message"),
    [
        (torch.ones(1, 3), [0.1], "no pair"),
        (torch.zeros(3, 3), [0.1], "no direction"),
        (torch.tensor([[1.0, torch.nan], [1, 1]]), [0.1], "no direction"),
        (torch.tensor([[1.0, torch.inf], [1, 1]]), [0.1], "no direction"),
        (torch.ones(3), [0.1], "floating matrix"),
        (torch.ones(3, 3, dtype=torch.int64), [0.1], "floating matrix"),
        (torch.eye(3), [1.0], r"\[0, 1\)"),
        (torch.eye(3), [-0.1], r"\[0, 1\)"),
    ],
)
def test_refuses_what_has_no_answer(vectors, thresholds, message):
    with pytest.raises(ValueError, match=message):
        pairwise_cosines(vectors, thresholds)


def test_the_fastest_format_is_exact_where_speed_is_no_matter():
    assert fastest_format("cuda:0", 4096) == "float64"
    assert fastest_format("cpu", 384) == "float32"
    assert fastest_format("cpu", 2304) in ("bfloat16", "float32")


def test_edges_are_the_same_to_bfloat16_on_either_side_of_zero():
    edges = pairwise_cosines(torch.eye(2), []).histogram_edges
    assert edges.shape == (257,)
    np.testing.assert_array_equal(edges, -edges[::-1])
    np.testing.assert_allclose(edges, np.arange(-128, 129) / 128, atol=1 / 512)
    rounded = torch.from_numpy(edges[129:-1]).float()
    assert (
        torch.nextafter(rounded, torch.tensor(2.0)).bfloat16() > torch.nextafter(rounded, torch.tensor(0.0)).bfloat16()
    ).all()


@pytest.mark.parametrize("cloud", [uniform, anisotropic, of_all_lengths])
def test_second_moment(cloud):
    vectors = cloud()
    unit = torch.nn.functional.normalize(vectors.double())
    moment = second_moment(vectors)
    torch.testing.assert_close(moment, unit.T @ unit / len(unit), rtol=0, atol=1e-5 * float(moment.diagonal().max()))
    assert moment.dtype == torch.float64
    cosines = dense(vectors)[np.triu_indices(len(vectors), 1)]
    assert mean_squared_cosine(moment, len(vectors)) == pytest.approx((cosines**2).mean(), rel=1e-5)


def test_row_slices_cut_a_range_into_consecutive_pieces():
    assert list(row_slices(10, 4)) == [slice(0, 4), slice(4, 8), slice(8, 10)]
    assert list(row_slices(10, 4, 6)) == [slice(6, 10)]
    assert list(row_slices(0, 4)) == []


@pytest.mark.gpu
@pytest.mark.parametrize("cloud", CLOUDS)
def test_equals_the_dense_matrix_on_a_gpu(cloud):
    vectors = cloud()
    check_against_dense(pairwise_cosines(vectors, THRESHOLDS, device="cuda", tile=96), vectors)


@pytest.mark.gpu
def test_bfloat16_is_refused_on_a_gpu():
    with pytest.raises(ValueError, match="CPU only"):
        pairwise_cosines(uniform(), [0.1], device="cuda", product_format="bfloat16")


@pytest.mark.parametrize("product_format", FORMATS)
@pytest.mark.parametrize("cloud", [uniform, families, duplicates_and_antipodes, coordinate_axes])
def test_of_some_rows_it_finds_what_a_pass_over_all_pairs_finds(cloud, product_format):
    vectors, n_looked_at = cloud(), 37
    of_all = pairwise_cosines(vectors, THRESHOLDS, product_format=product_format, tile=16)
    of_some = pairwise_cosines(vectors, THRESHOLDS, product_format=product_format, tile=16, of_first=n_looked_at)
    for field in fields(of_all):
        whole, part = getattr(of_all, field.name), getattr(of_some, field.name)
        if isinstance(whole, np.ndarray) and whole.shape[-1:] == (len(vectors),):
            sums_rounded = 1e-6 if field.name in ("absolute_cosine_sum", "squared_cosine_sum") else 0
            np.testing.assert_allclose(part, whole[..., :n_looked_at], rtol=sums_rounded, err_msg=field.name)
    first, second = np.triu_indices(len(vectors), 1)
    check_histogram(of_some, dense(vectors)[first, second][first < n_looked_at])


def test_more_rows_than_there_are_cannot_be_looked_at():
    with pytest.raises(ValueError, match="of 300 rows 1 to all can be looked at, not 301"):
        pairwise_cosines(uniform(), [], of_first=301)
