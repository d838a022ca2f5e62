"""Containers give shapes without reading and arrays without copying."""

import os
import resource
import warnings
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.lib import format as npy_format

from saegeo_core import SaegeoError
from saegeo_core.loading.tensor_files import open_tensors


class OwnTensor(torch.Tensor):
    """A tensor of somebody's class."""


FLOATS = st.sampled_from([np.dtype(code) for code in ("<f2", "<f4", "<f8", ">f4", ">f8")])


@given(
    array=FLOATS.flatmap(lambda dtype: arrays(dtype, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))),
    fortran=st.booleans(),
    compressed=st.booleans(),
    version=st.sampled_from([(1, 0), (2, 0)]),
)
def test_numpy_files_read_back_bit_for_bit(tmp_path_factory, array, fortran, compressed, version):
    array = np.asfortranarray(array) if fortran else array
    folder = tmp_path_factory.mktemp("numpy")
    with (folder / "a.npy").open("wb") as file:
        npy_format.write_array(file, array, version)
    with zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        archive.writestr("before.npy", (folder / "a.npy").read_bytes())
        archive.write(folder / "a.npy", "array.npy")
    for path in (folder / "a.npy", folder / "a.npz"):
        tensors = open_tensors(path)
        assert tensors.shapes["array"] == array.shape
        tensor = tensors.read("array")
        assert tensor.shape == array.shape
        assert tensor.numpy().tobytes() == np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="))).tobytes()


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="resident memory is read from /proc")
@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors", ".pt"])
def test_arrays_are_mapped_not_read(tmp_path, suffix, write):
    matrix = np.ones((4096, 4096), np.float32)  # 64 MiB
    path = tmp_path / f"large{suffix}"
    if suffix == ".npy":
        np.save(path, matrix)
    else:
        write(path, {"W_dec": matrix, "W_enc": matrix})
    del matrix
    before = resident_bytes()
    tensors = open_tensors(path)
    tensor = tensors.read(next(iter(tensors.shapes)))
    assert resident_bytes() - before < 8 << 20
    assert tensor[-1, -1] == 1


def test_writing_to_a_mapped_array_does_not_reach_the_file(tmp_path, decoder, write):
    path = write(tmp_path / "a.npz", {"W_dec": decoder})
    open_tensors(path).read("W_dec").zero_()
    assert torch.equal(open_tensors(path).read("W_dec"), torch.from_numpy(decoder))


def test_members_that_are_no_arrays_are_passed_over(tmp_path, decoder, write):
    path = write(tmp_path / "a.npz", {"W_dec": decoder})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("README.txt", "hello")
    assert list(open_tensors(path).shapes) == ["W_dec"]


ROWS = torch.arange(1.0, 49.0).reshape(12, 4)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda rows: torch.nested.nested_tensor([rows[:3], rows[3:]]), "is nested: rows of lengths of their own"),
        (lambda rows: rows.to("meta"), "is on the meta device: it has a shape and no numbers"),
        (lambda rows: rows.to_sparse(), "is kept as torch.sparse_coo, not as rows of numbers"),
        (lambda rows: rows.to_sparse_csr(), "is kept as torch.sparse_csr, not as rows of numbers"),
        (lambda rows: torch.quantize_per_tensor(rows, 0.5, 0, torch.qint8), r"is quantized \(torch.qint8\)"),
        (lambda rows: torch.complex(rows, rows), "holds complex64, not floating-point"),
        (lambda rows: rows.to(torch.float8_e4m3fn), "holds float8_e4m3fn, not floating-point"),
        (lambda rows: rows[:1].expand(10**9, 4), "takes 16000000000 bytes, and 192 are stored: it repeats them"),
        (lambda rows: rows.as_subclass(OwnTensor), "holds Python objects, .*OwnTensor among them"),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_a_tensor_that_is_no_array_of_numbers_is_told_by_what_it_is(load, tmp_path, make, told, alone):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library, about what it may give up
        tensor = make(ROWS)
        content = tensor if alone else {"W_dec": tensor, "b_dec": torch.zeros(4)}
        torch.save(content, tmp_path / "a.pt")
    with pytest.raises(SaegeoError, match=told):
        load(str(tmp_path / "a.pt"))


def test_one_number_may_stand_for_those_of_all_features(tmp_path):
    torch.save({"threshold": torch.tensor(0.5).expand(12), "W_dec": ROWS}, tmp_path / "a.pt")
    assert open_tensors(tmp_path / "a.pt").read("threshold").tolist() == [0.5] * 12


def test_a_checkpoint_that_was_compressed_is_read_and_not_mapped(tmp_path):
    torch.save({"W_dec": ROWS}, tmp_path / "a.pt")
    with zipfile.ZipFile(tmp_path / "a.pt") as stored, zipfile.ZipFile(tmp_path / "b.pt", "w", 8) as compressed:
        for member in stored.infolist():
            compressed.writestr(member.filename, stored.read(member))
    assert torch.equal(open_tensors(tmp_path / "b.pt").read("W_dec"), ROWS)


def test_other_suffixes_are_refused(tmp_path):
    (tmp_path / "weights.h5").touch()
    with pytest.raises(SaegeoError, match=r"known suffixes: .npy, .npz"):
        open_tensors(tmp_path / "weights.h5")


class Trap:
    """Unpickling it creates a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_of_objects_is_refused_and_not_run(tmp_path, zipped):
    trap = tmp_path / "sprung"
    torch.save({"W_dec": torch.ones(4, 2), "x": Trap(trap)}, tmp_path / "ae.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(SaegeoError, match=r"mkdir among them(.|\n)*nothing in it was run(.|\n)*state_dict"):
        open_tensors(tmp_path / "ae.pt")
    assert not trap.exists()


def test_a_pickled_array_is_refused_and_not_run(tmp_path):
    trap = tmp_path / "sprung"
    np.save(tmp_path / "a.npy", np.array([[Trap(trap)]], dtype=object))
    with pytest.raises(SaegeoError, match="holds object"):
        open_tensors(tmp_path / "a.npy").read("array")
    assert not trap.exists()


def test_a_file_of_something_else_than_tensors(tmp_path):
    torch.save([1, 2, 3], tmp_path / "list.pt")
    with pytest.raises(SaegeoError, match="holds a list, not a dictionary of tensors"):
        open_tensors(tmp_path / "list.pt")


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors", ".pt"])
def test_a_missing_file_is_named(tmp_path, suffix):
    with pytest.raises(SaegeoError, match=f"missing{suffix} cannot be read"):
        open_tensors(tmp_path / f"missing{suffix}")


@pytest.mark.parametrize("suffix", [".safetensors", ".npy", ".npz", ".pt"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path, suffix):
    path = tmp_path / f"decoder{suffix}"
    os.mkfifo(path)
    with pytest.raises(SaegeoError, match="no plain file"):
        open_tensors(path)


def test_a_text_said_to_be_of_gigabytes_is_not_made_room_for(tmp_path):
    """In a file of before PyTorch 1.6, of which the key of the storage is said to be four gigabytes long."""
    path = tmp_path / "old.pt"
    torch.save({"decoder": torch.ones(3, 4)}, path, _use_new_zipfile_serialization=False)
    assert open_tensors(path).read("decoder").shape == (3, 4)
    content = path.read_bytes()
    place = content.index(b"X\x07\x00\x00\x00decoder") + 1
    path.write_bytes(content[:place] + b"\xff\xff\xff\xff" + content[place + 4 :])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SaegeoError, match="PyTorch file"):
        open_tensors(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20  # kilobytes
