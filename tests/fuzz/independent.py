"""Other readers of the same bytes: NumPy's, the standard library's, and two written here.

They are slow and know no limits; what they raise means that the bytes say nothing.
"""

import gzip
import io
import json
import math
import pickle
import struct
import zipfile
from collections import OrderedDict

import numpy as np

SAFETENSORS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "BF16": "<u2"}
STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "BFloat16Storage": "<u2",
}


def arrays_of(path):
    """The arrays of a file by name; of a `.npy` its one array, named "array"."""
    if path.suffix == ".npy":
        return {"array": np.load(path, allow_pickle=False)}
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as archive:  # reads members whole, so that their checksums are compared
            return {name: archive[name] for name in archive.files}
    if path.suffix == ".safetensors":
        return safetensors(path.read_bytes())
    content = path.read_bytes()
    if content.startswith(b"{"):
        content = content[content.index(b"\n") + 1 :]
    return torch_archive(content) if content.startswith(b"PK") else torch_stream(content)


def safetensors(content):
    """The format in a few lines: the length of a header, the header, and behind it the arrays without gaps."""
    (length,) = struct.unpack("<Q", content[:8])
    header, data = strict_json(content[8 : 8 + length].decode()), content[8 + length :]
    header.pop("__metadata__", None)
    arrays, covered = {}, 0
    for name, told in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = told["data_offsets"]
        if begin != covered:
            raise ValueError("gaps")
        dtype = np.dtype(SAFETENSORS[told["dtype"]])
        if end - begin != math.prod(told["shape"]) * dtype.itemsize:
            raise ValueError("shape and offsets")
        arrays[name] = widened(np.frombuffer(data[begin:end], dtype).reshape(told["shape"]))
        covered = end
    if covered != len(data):
        raise ValueError("bytes behind the arrays")
    return arrays


def widened(array):
    """bfloat16, which NumPy does not know, is the first half of a float32; no other array here is of such numbers."""
    return (array.astype("<u4") << 16).view("<f4") if array.dtype == "<u2" else array


def torch_archive(content):
    """PyTorch's zip container; its members are read by zipfile, which compares checksums."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (pickled,) = [name for name in archive.namelist() if name.endswith("data.pkl")]
        folder = pickled.removesuffix("data.pkl")
        return _Weights(io.BytesIO(archive.read(pickled)), lambda key: archive.read(f"{folder}data/{key}")).arrays()


def torch_stream(content):
    """PyTorch's container of before version 1.6: five pickles, then the storages, each behind the number of its elements."""
    file = io.BytesIO(content)
    for _ in range(3):  # what it is, its version, the system that wrote it
        _Weights(file, None).load()
    start = file.tell()
    keys = _Weights(file, lambda _: None)
    keys.load()
    n_bytes = keys.n_bytes
    order = _Weights(file, None).load()
    storages = {}
    for key in order:
        (count,) = struct.unpack("<q", file.read(8))
        if count * keys.item_bytes[key] != n_bytes[key]:
            raise ValueError("number of elements")
        storages[key] = file.read(n_bytes[key])
    file.seek(start)
    return _Weights(file, storages.__getitem__).arrays()


class _Weights(pickle.Unpickler):
    """Plain tensors of a PyTorch file as NumPy arrays."""

    def __init__(self, file, read):
        super().__init__(file)
        self.read = read
        self.n_bytes = {}
        self.item_bytes = {}

    def find_class(self, module, name):
        if module == "torch" and name in STORAGES:
            return np.dtype(STORAGES[name])
        return {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): self._tensor,
            ("torch._utils", "_rebuild_parameter"): lambda tensor, *_: tensor,
        }[module, name]

    def persistent_load(self, told):
        _, dtype, key, _, n_numbers = told[:5]
        self.n_bytes[key] = n_numbers * dtype.itemsize
        self.item_bytes[key] = dtype.itemsize
        content = self.read(key)
        return None if content is None else np.frombuffer(content, dtype, n_numbers)

    @staticmethod
    def _tensor(storage, offset, shape, strides, _needs_gradient=False, _hooks=None, marks=None):
        if storage is None:
            return None
        last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
        if min(shape, default=1) > 0 and not 0 <= offset <= last < len(storage):
            raise ValueError("beyond its storage")
        item = storage.itemsize
        view = np.lib.stride_tricks.as_strided(storage[offset:], shape, [stride * item for stride in strides])
        array = widened(np.ascontiguousarray(view).reshape(shape))
        return -array if marks and marks.get("neg") else array

    def arrays(self):
        content = self.load()
        return _flat(content if isinstance(content, dict) else {"tensor": content})


def _flat(content, prefix=""):
    found = {}
    for key, value in content.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        elif isinstance(value, np.ndarray):
            found[prefix + key] = value
    return found


def unpacked(path):
    """The bytes of a file, plain or compressed."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(content)
    if path.suffix == ".zst":
        import zstandard

        out, frames = b"", content
        while frames:
            one = zstandard.ZstdDecompressor().decompressobj()
            out += one.decompress(frames)
            if not one.eof:
                raise ValueError("cut short")
            frames = one.unused_data
        return out
    return content


def strict_json(text):
    """JSON without its common extensions: no NaN, no infinity, no name twice in an object."""

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a name twice")
        return dict(pairs)

    def refuse(word):
        raise ValueError(word)

    def finite(word):
        number = float(word)
        return number if math.isfinite(number) else refuse(word)

    return json.loads(text, object_pairs_hook=once, parse_constant=refuse, parse_float=finite)
