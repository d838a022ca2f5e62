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
    "saev.pt": b'{"schema": 5, "cfg": {"d_sae": 6}}\n' + torch_bytes(zipped=True),
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


@pytest.mark.parametrize("name", ["a.npz", "compressed.npz", "ae.pt", "saev.pt"])
@given(data=st.data())
def test_one_bit_of_an_archive(load, tmp_path_factory, name, data):
    """Archives have a checksum of every member: what was changed is refused, wherever it lies."""
    content = bytearray(WHOLE[name])
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    vectors, _ = attempt(load, tmp_path_factory.mktemp("bit"), name, bytes(content))
    assert vectors is None or torch.equal(vectors, torch.from_numpy(MATRIX))


@pytest.mark.parametrize("name", ["a.npz", "ae.pt"])
def test_zeroed_rows_are_told_by_the_checksum(load, tmp_path, write, name):
    matrix = np.random.default_rng(0).standard_normal((400, 20)).astype(np.float32)
    content, rows = write(tmp_path / name, {"W_dec": matrix}).read_bytes(), matrix[300:320].tobytes()
    assert rows in content
    _, complaint = attempt(load, tmp_path, name, content.replace(rows, bytes(len(rows))))
    assert "Bad CRC-32" in complaint


def rewritten(archive, member, change):
    """The archive with another content of one member, and with the checksum of that: a lie, no damage."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(content, "w") as new:
        for info in old.infolist():
            kept = old.read(info)
            new.writestr(info, change(kept) if info.filename.endswith(member) else kept)
    return content.getvalue()


@pytest.mark.parametrize("name", ["a.npz", "compressed.npz"])
@pytest.mark.parametrize("n_rows", [b"9", b"5"])
def test_an_array_of_another_size_than_its_header_says(load, tmp_path, name, n_rows):
    content = rewritten(WHOLE[name], "W_dec.npy", lambda member: member.replace(b"(6, 4)", b"(%s, 4)" % n_rows))
    _, complaint = attempt(load, tmp_path, name, content)
    assert f"its header says ({n_rows.decode()}, 4) of float32, which takes" in complaint


def test_an_npy_with_more_or_fewer_rows_than_its_header_says(load, tmp_path):
    for content in (WHOLE["a.npy"] + bytes(16), WHOLE["a.npy"].replace(b"(6, 4)", b"(5, 4)")):
        _, complaint = attempt(load, tmp_path, "a.npy", content)
        assert "bytes, and" in complaint


def test_a_tensor_that_reads_on_behind_what_is_stored_for_it(load, tmp_path):
    content = io.BytesIO()
    torch.save({"W_dec": torch.from_numpy(MATRIX), "b_dec": torch.ones(400)}, content)
    sizes = b"K\x18tq\x07QK\x00K\x06K\x04\x86"  # 24 numbers, from number 0 on 6 x 4 of them
    assert sizes in content.getvalue()
    lie = rewritten(
        content.getvalue(), "data.pkl", lambda pickle: pickle.replace(sizes, b"K\x28tq\x07QK\x00K\x0aK\x04\x86")
    )
    _, complaint = attempt(load, tmp_path, "ae.pt", lie)
    assert "said to hold more numbers than are stored for it" in complaint


def test_an_array_that_is_there_twice(load, tmp_path):
    content = io.BytesIO(WHOLE["a.npz"])
    with zipfile.ZipFile(content, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("W_dec.npy", numpy_bytes())
    _, complaint = attempt(load, tmp_path, "a.npz", content.getvalue())
    assert "W_dec.npy is in it 2 times" in complaint


def test_a_checkpoint_written_without_checksums_is_read(load, tmp_path):
    torch.serialization.set_crc32_options(False)
    try:
        content = torch_bytes(zipped=True)
    finally:
        torch.serialization.set_crc32_options(True)
    vectors, _ = attempt(load, tmp_path, "ae.pt", content)
    assert torch.equal(vectors, torch.from_numpy(MATRIX))


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


def test_a_configuration_with_a_name_twice_is_refused(load, tmp_path):
    (tmp_path / "sae_weights.safetensors").write_bytes(WHOLE["a.safetensors"])
    (tmp_path / "cfg.json").write_text('{"d_sae": 7, "d_sae": 6}')
    with pytest.raises(SaegeoError, match="an object has 'd_sae' twice"):
        load(str(tmp_path))


def test_numbers_with_their_signs_turned_are_these_numbers(load, tmp_path):
    """PyTorch keeps a view of them, which no other library can read."""
    torch.save({"W_dec": torch._neg_view(torch.from_numpy(MATRIX))}, tmp_path / "a.pt")
    cloud = load(str(tmp_path / "a.pt"))
    assert torch.equal(cloud.vectors, torch.from_numpy(-MATRIX))
    assert len(cloud.digest) == 64
