"""A file cut short or overwritten anywhere is either read or refused with a SaegeoError: no other exception, no crash."""

import io
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from saegeo_core import SaegeoError

MATRIX = np.arange(1, 25, dtype=np.float32).reshape(6, 4)


def numpy_bytes():
    content = io.BytesIO()
    np.save(content, MATRIX)
    return content.getvalue()


def npz_bytes(write=np.savez):
    content = io.BytesIO()
    write(content, W_enc=MATRIX.T.copy(), W_dec=MATRIX, threshold=np.ones(6, np.float32))
    return content.getvalue()


def torch_bytes(zipped):
    content = io.BytesIO()
    torch.save({"W_dec": torch.from_numpy(MATRIX)}, content, _use_new_zipfile_serialization=zipped)
    return content.getvalue()


WHOLE = {
    "a.npy": numpy_bytes(),
    "a.npz": npz_bytes(),
    "compressed.npz": npz_bytes(np.savez_compressed),
    "a.safetensors": save({"W_dec": torch.from_numpy(MATRIX)}),
    "ae.pt": torch_bytes(zipped=True),
    "older/ae.pt": torch_bytes(zipped=False),
}


def attempt(load, folder, name, content):
    """The vectors read from `content` under `name`, or the complaint, which names the file."""
    path = folder / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(content)
    return vectors_or_complaint(load, path, name)


def vectors_or_complaint(load, path, names):
    try:
        return load(str(path)).vectors, ""
    except SaegeoError as error:
        complaint = error.message
    assert names in complaint
    return None, complaint


@pytest.mark.parametrize("name", WHOLE)
def test_the_whole_file_is_read(load, tmp_path, name):
    vectors, _ = attempt(load, tmp_path, name, WHOLE[name])
    assert torch.equal(vectors, torch.from_numpy(MATRIX))


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
def test_cut_short_anywhere(load, tmp_path_factory, name, data):
    whole = WHOLE[name]
    length = data.draw(st.integers(0, len(whole) - 1))
    vectors, _ = attempt(load, tmp_path_factory.mktemp("cut"), name, whole[:length])
    assert vectors is None or torch.equal(vectors, torch.from_numpy(MATRIX))


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
def test_overwritten_anywhere(load, tmp_path_factory, name, data):
    content = bytearray(WHOLE[name])
    start = data.draw(st.integers(0, len(content) - 1))
    junk = data.draw(st.binary(min_size=1, max_size=8))[: len(content) - start]
    content[start : start + len(junk)] = junk
    attempt(load, tmp_path_factory.mktemp("junk"), name, bytes(content))


@given(content=st.binary(max_size=200))
@pytest.mark.parametrize("name", WHOLE)
def test_anything_at_all(load, tmp_path_factory, name, content):
    attempt(load, tmp_path_factory.mktemp("any"), name, content)


@given(content=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_any_configuration(load, tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("folder")
    (folder / "sae_weights.safetensors").write_bytes(WHOLE["a.safetensors"])
    (folder / "cfg.json").write_bytes(content)
    vectors_or_complaint(load, folder, str(folder))


def test_a_truncated_npz_says_so(load, tmp_path):
    (tmp_path / "params.npz").write_bytes(WHOLE["a.npz"][:-40])
    with pytest.raises(SaegeoError, match=r"cannot be read as an .npz archive(.|\n)*damaged or cut short"):
        load(str(tmp_path / "params.npz"))


def test_an_encrypted_member_is_refused(load, tmp_path):
    content = bytearray(WHOLE["compressed.npz"])
    for info in zipfile.ZipFile(io.BytesIO(content)).infolist():
        content[info.header_offset + 6] |= 1
    central = bytes(content).index(b"PK\1\2")
    content[central + 8] |= 1
    _, complaint = attempt(load, tmp_path, "a.npz", bytes(content))
    assert "encrypted" in complaint
