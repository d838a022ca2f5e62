"""A bare matrix: rows are features, columns when the user says so, and nothing in between."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from saegeo_core import SaegeoError


def save_as(suffix, path, matrix, name="W_dec"):
    path = path.with_suffix(suffix)
    if suffix == ".npy":
        np.save(path, matrix)
    elif suffix == ".npz":
        np.savez(path, **{name: matrix})
    elif suffix == ".safetensors":
        save_file({name: torch.from_numpy(np.ascontiguousarray(matrix))}, path)
    else:
        torch.save({name: torch.from_numpy(matrix)}, path)
    return str(path)


SUFFIXES = pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors", ".pt", ".pth"])


@SUFFIXES
def test_rows_are_features(load, tmp_path, decoder, suffix):
    cloud = load(save_as(suffix, tmp_path / "mine", decoder))
    assert torch.equal(cloud.vectors, torch.from_numpy(decoder))
    assert (cloud.sae.release, cloud.sae.sae_id) == ("local", f"{tmp_path}/mine{suffix}".removeprefix("/"))
    assert (cloud.sae.d_sae, cloud.sae.d_in, cloud.sae.model, cloud.sae.l0) == (24, 6, None, None)


@SUFFIXES
def test_a_matrix_wider_than_tall_is_refused_until_its_layout_is_given(load, tmp_path, decoder, suffix):
    path = save_as(suffix, tmp_path / "wide", decoder.T)
    with pytest.raises(SaegeoError, match=r"wider than tall, 6 x 24(.|\n)*--decoder-layout columns if it holds 24"):
        load(path)
    by_columns = load(path, layout="columns")
    assert torch.equal(by_columns.vectors, torch.from_numpy(decoder))
    assert load(path, layout="rows").n_features == 6


@SUFFIXES
def test_columns_stay_a_view_of_the_file(load, tmp_path, decoder, suffix):
    vectors = load(save_as(suffix, tmp_path / "wide", np.ascontiguousarray(decoder.T)), layout="columns").vectors
    assert vectors.stride() == (1, 24)


def test_a_tensor_alone_and_the_only_matrix_need_no_name(load, tmp_path, decoder, write):
    torch.save(torch.from_numpy(decoder), tmp_path / "alone.pt")
    write(tmp_path / "one.npz", {"directions": decoder, "bias": np.zeros(24)})
    for name in ("alone.pt", "one.npz"):
        assert torch.equal(load(str(tmp_path / name)).vectors, torch.from_numpy(decoder))


def test_of_several_matrices_the_one_called_W_dec(load, tmp_path, decoder, encoder, write):
    both = write(tmp_path / "both.safetensors", {"W_enc": encoder, "W_dec": decoder})
    assert torch.equal(load(str(both)).vectors, torch.from_numpy(decoder))
    unnamed = write(tmp_path / "unnamed.safetensors", {"a": encoder, "b": decoder})
    with pytest.raises(SaegeoError, match=r"which array (.|\n)*a \(6, 24\), b \(24, 6\)"):
        load(str(unnamed))


def test_a_bare_matrix_has_no_encoder(load, tmp_path, decoder):
    with pytest.raises(SaegeoError, match="encoder, and which way round, is unknown"):
        load(save_as(".npy", tmp_path / "mine", decoder), rows="encoder")


@pytest.mark.parametrize(
    ("array", "complaint"),
    [
        (np.zeros((0, 6), np.float32), "there is nothing to measure"),
        (np.zeros((6, 0), np.float32), "there is nothing to measure"),
        (np.ones(6, np.float32), r"has shape \(6,\); a matrix has two axes"),
        (np.float32(1), r"has shape \(\); a matrix has two axes"),
        (np.ones((24, 3, 6), np.float32), "three axes(.|\n)*cross-layer transcoders"),
        (np.ones((24, 6), np.int64), "holds int64, not floating-point"),
        (np.ones((24, 6), np.complex64), "holds complex64"),
        (np.ones((24, 6), np.longdouble), "holds float128"),
        (np.full((24, 6), None), "holds object"),
        (np.full((24, 6), "x"), "holds <U1"),
        (np.zeros((24, 6), np.float32), "all 24 rows of .* are zero"),
        (np.eye(1, 6, dtype=np.float32).repeat(3, 0) * np.eye(3, 1, dtype=np.float32), "1 usable feature of 3"),
    ],
)
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_arrays_that_are_no_dictionary(load, tmp_path, array, complaint, suffix):
    with pytest.raises(SaegeoError, match=complaint):
        load(save_as(suffix, tmp_path / "odd", array), layout="rows")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@SUFFIXES
def test_values_that_are_not_finite(load, tmp_path, decoder, value, suffix):
    decoder[5, 2] = value
    with pytest.raises(SaegeoError, match=r"1 of 24 rows of .* hold NaN or infinity \(rows 5\)"):
        load(save_as(suffix, tmp_path / "broken", decoder))


@pytest.mark.parametrize("dtype", [torch.int32, torch.float8_e4m3fn, torch.bool])
@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_tensors_of_other_number_types(load, tmp_path, decoder, dtype, suffix):
    tensor = {"W_dec": torch.from_numpy(decoder).to(dtype)}
    path = tmp_path / f"odd{suffix}"
    save_file(tensor, path) if suffix == ".safetensors" else torch.save(tensor, path)
    with pytest.raises(SaegeoError, match=f"holds {str(dtype).removeprefix('torch.')}, not floating-point"):
        load(str(path))


def test_zero_rows_are_left_out_and_counted(load, tmp_path, decoder):
    decoder[[3, 7]] = 0
    cloud = load(save_as(".npy", tmp_path / "some", decoder))
    assert (cloud.n_features, cloud.n_zero_rows, cloud.sae.d_sae) == (22, 2, 24)
    assert 3 not in cloud.feature_ids
