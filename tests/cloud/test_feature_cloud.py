import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from saegeo_core import SaegeoError
from saegeo_core.cloud.feature_cloud import LONGEST, ROWS_AT_ONCE, SHORTEST, FeatureCloud


def test_vectors_stay_as_they_were_given(rng):
    vectors = rng.standard_normal((5, 3)).astype(np.float32) * 7
    cloud = FeatureCloud.from_array(vectors)
    assert torch.equal(cloud.vectors, torch.from_numpy(vectors))
    assert cloud.vectors.data_ptr() == vectors.ctypes.data
    np.testing.assert_allclose(cloud.norms, np.linalg.norm(vectors.astype(np.float64), axis=1), rtol=1e-14)


def test_zero_rows_are_left_out_and_counted(rng):
    vectors = rng.standard_normal((6, 3))
    vectors[[1, 4]] = 0
    cloud = FeatureCloud.from_array(vectors, labels=list("abcdef"))
    assert cloud.feature_ids.tolist() == [0, 2, 3, 5]
    assert cloud.labels == ("a", "c", "d", "f")
    assert (cloud.n_features, cloud.n_zero_rows, cloud.sae.d_sae) == (4, 2, 6)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(rng, poison):
    vectors = rng.standard_normal((6, 3))
    vectors[2, 1] = poison
    with pytest.raises(SaegeoError, match=r"1 of 6 rows .* \(rows 2\)"):
        FeatureCloud.from_array(vectors)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((3, 2), dtype=int),
        np.array([["a"]], dtype=object),
        np.zeros(3),
        np.zeros((0, 3)),
        np.zeros((3, 0)),
        np.zeros((2, 2, 2)),
    ],
)
def test_what_is_no_float_matrix_is_refused(array):
    with pytest.raises(SaegeoError):
        FeatureCloud.from_array(array)


def test_all_rows_zero_is_refused():
    with pytest.raises(SaegeoError, match="zero"):
        FeatureCloud.from_array(np.zeros((3, 2)))


def test_select_slices_everything_alike(rng):
    cloud = FeatureCloud.from_array(rng.standard_normal((5, 3)), labels=list("abcde"))
    by_mask, by_index = cloud.select(cloud.feature_ids % 2 == 0), cloud.select(np.array([0, 2, 4]))
    for part in (by_mask, by_index):
        assert part.feature_ids.tolist() == [0, 2, 4]
        assert part.labels == ("a", "c", "e")
        assert torch.equal(part.vectors, cloud.vectors[::2])
        np.testing.assert_array_equal(part.norms, cloud.norms[::2])


def test_duplicate_rows_are_counted(rng):
    vectors = rng.standard_normal((4, 3))
    cloud = FeatureCloud.from_array(np.concatenate([vectors, vectors[:2], vectors[:1]]))
    assert cloud.n_duplicate_rows == 3


def test_one_column_of_a_larger_array_has_a_digest(rng):
    column = rng.standard_normal((9, 3))[:, :1]
    assert FeatureCloud.from_array(column).digest == FeatureCloud.from_array(column.copy()).digest
    spaced = np.linspace(1, 2, 9)[:, np.newaxis]  # its second stride is 0
    assert FeatureCloud.from_array(spaced).n_duplicate_rows == 0


def test_the_digest_tells_clouds_apart(rng):
    vectors = rng.standard_normal((ROWS_AT_ONCE + 3, 2)).astype(np.float32)
    digest = FeatureCloud.from_array(vectors).digest
    assert digest == FeatureCloud.from_array(vectors.copy()).digest
    assert digest == FeatureCloud.from_array(torch.from_numpy(np.asfortranarray(vectors))).digest
    changed = vectors.copy()
    changed[-1, -1] = np.nextafter(changed[-1, -1], np.float32(9))
    assert digest != FeatureCloud.from_array(changed).digest
    assert digest != FeatureCloud.from_array(vectors[::-1].copy()).digest
    assert digest != FeatureCloud.from_array(vectors.astype(np.float64)).digest


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_float_type_is_measured_as_stored(rng, dtype):
    vectors = torch.from_numpy(rng.standard_normal((5, 4))).to(dtype)
    cloud = FeatureCloud.from_array(vectors)
    assert cloud.sae.dtype == str(dtype).removeprefix("torch.")
    assert len(cloud.digest) == 64
    torch.testing.assert_close(cloud.unit_vectors(torch.float64).norm(dim=1), torch.ones(5, dtype=torch.float64))


def test_a_read_only_memory_map_is_not_copied(tmp_path, rng):
    np.save(tmp_path / "w.npy", rng.standard_normal((8, 3)).astype(np.float32))
    mapped = np.load(tmp_path / "w.npy", mmap_mode="r")
    assert FeatureCloud.from_array(mapped).vectors.data_ptr() == mapped.ctypes.data


def test_big_endian_arrays_are_read(rng):
    vectors = rng.standard_normal((4, 3))
    assert FeatureCloud.from_array(vectors.astype(">f8")).digest == FeatureCloud.from_array(vectors).digest


@given(
    npst.arrays(
        np.float64,
        npst.array_shapes(min_dims=2, max_dims=2, max_side=8),
        elements=st.floats(-1e36, 1e36, allow_subnormal=False),
    )
)
def test_unit_vectors_have_length_one(array):
    try:
        cloud = FeatureCloud.from_array(array)
    except SaegeoError:
        assert (np.abs(array) < SHORTEST).all()
        return
    lengths = cloud.unit_vectors(torch.float64).norm(dim=1)
    torch.testing.assert_close(lengths, torch.ones_like(lengths))


def test_what_no_product_would_survive_is_no_row(rng):
    rows = rng.standard_normal((4, 3))
    cloud = FeatureCloud.from_array(rows * [[1e-300], [1.0], [1e-60], [1e30]])
    assert cloud.feature_ids.tolist() == [1, 2, 3]
    with pytest.raises(SaegeoError, match=r"all 4 rows of memory:array are zero, or shorter than 1e-75"):
        FeatureCloud.from_array(rows * 1e-300)
    assert LONGEST == 1e37
    with pytest.raises(SaegeoError, match=r"2 of 4 rows of memory:array are longer than 1e\+37.* \(rows 1, 3\)"):
        FeatureCloud.from_array(rows * [[1.0], [1e200], [1.0], [1e50]])  # the squares of the first overflow


def test_one_column_of_a_wider_matrix_has_a_digest_and_a_checksum(rng):
    wide = torch.from_numpy(rng.standard_normal((9, 4)))
    column, alone = FeatureCloud.from_array(wide[:, :1]), FeatureCloud.from_array(wide[:, :1].clone())
    stretched = FeatureCloud.from_array(wide[:, :1].as_strided((9, 1), (4, 0)))
    assert column.digest == alone.digest == stretched.digest
    assert column.checksum() == alone.checksum() == stretched.checksum()


def test_unit_rows_are_a_cloud_of_their_own(cloud):
    unit = cloud.with_unit_rows()
    torch.testing.assert_close(unit.vectors, cloud.unit_vectors())
    assert (unit.norms == 1).all()
    assert unit.digest != cloud.digest
    assert (unit.feature_ids == cloud.feature_ids).all()
