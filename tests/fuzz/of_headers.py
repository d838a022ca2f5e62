"""Lies: headers that say something else than what follows, written anew so that everything else about the file is right."""

import ast
import io
import json
import struct
import warnings
import zipfile

import numpy as np

from tests.fuzz.of_bytes import chosen, spoiled

SHAPES = (
    (24, 6), (6, 24), (12, 12), (48, 3), (144,), (24, 6, 1), (2, 12, 6), (1, 144), (0, 6), (24, 0), (-24, -6), (-1, 6), (25, 6),
    (23, 6), (1 << 31, 6), (1 << 40, 1 << 40), (1 << 62, 4), (24, 1 << 61), (), (24.0, 6), (True, 144), ("24", 6),
)  # fmt: skip
NUMPY_TYPES = (
    "<f4", ">f4", "<f8", "<f2", "<i4", "|O", "<c8", "|b1", "|V4", "<U4", "<U1", "<M8[ns]", "|S4", "<f16", "=f4", "f4", "<u4", "<i8",
    [("a", "<f4")], [("a", "|O")], [], "x", "<f4,<f4", ("<f4", (2,)), None, 4,
)  # fmt: skip
DECODED = ("Image", "Audio", "ClassLabel", "Value", "X")
SAFE_TYPES = ("F64", "F32", "F16", "BF16", "I32", "I64", "BOOL", "F8_E4M3", "U8", "F4", "C64", "x", "", None, 7)


def npy(content, rng):
    """The header of a NumPy file says something else."""
    length_at = 8
    (length,) = struct.unpack("<H", content[length_at : length_at + 2])
    header, data = content[10 : 10 + length].decode("latin1"), content[10 + length :]
    told = ast.literal_eval(header)
    way = rng.integers(8)
    if way < 3:
        told["shape"] = chosen(SHAPES, rng)
    elif way < 5:
        told["descr"] = chosen(NUMPY_TYPES, rng)
    elif way == 5:
        told["fortran_order"] = chosen((True, False, 0, 1, None, "False"), rng)
    elif way == 6:
        key = chosen(list(told), rng)
        told |= {"more": 1} if rng.random() < 0.3 else {}
        told.pop(key) if rng.random() < 0.7 else None
    text = repr(told)
    if way == 7:
        text = chosen(
            (
                text[:-1] + ", 'shape': (3, 48)}",
                "(" * 5000 + text,
                "{" * 300,
                "__import__('os').system('true')",
                text.replace("'", "\\"),
            ),
            rng,
        )
    version = (1, 0) if rng.random() < 0.9 else chosen(((2, 0), (3, 0), (1, 1), (255, 255)), rng)
    written = (text + " " * (63 - (len(text) + 10) % 64) + "\n").encode("latin1", "replace")
    sizes = struct.pack("<I" if version[0] in (2, 3) else "<H", min(len(written), 65535))
    return b"\x93NUMPY" + bytes(version) + sizes + written + data


def safetensors(content, rng):
    """The header of a safetensors file says something else."""
    (length,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    name = chosen([name for name in header if name != "__metadata__"], rng)
    told = header[name]
    way = rng.integers(8)
    if way < 2:
        told["shape"] = chosen(SHAPES, rng)
    elif way < 4:
        begin, end = told["data_offsets"]
        told["data_offsets"] = chosen(
            ([end, begin], [begin + 4, end + 4], [begin, end - 4], [begin, end + 4], [0, 0], [-4, end], [0, 1 << 63], [0, 1 << 64],
             [0.0, end], [begin], [end, 2 * end - begin], [begin, begin], None), rng,
        )  # fmt: skip
    elif way == 4:
        told["dtype"] = chosen(SAFE_TYPES, rng)
    elif way == 5:
        told.pop(chosen(list(told), rng))
    elif way == 6:
        header[chosen(("", "W_dec2", "__metadata__", "\x00", name * 300), rng)] = dict(told)
    text = json.dumps(header)
    if way == 7:
        text = chosen(
            (text[:-1] + f', "{name}": {json.dumps(told)}}}', text + " " * 70, "[" * 50_000, text[:-1], f"[{text}]", text + text,
             text.replace('"shape"', '"shape": [144, 1], "shape"')), rng,
        )  # fmt: skip
    written = text.encode()
    said = (
        len(written)
        if rng.random() < 0.9
        else int(chosen((0, 1, 1 << 30, 1 << 62, len(written) + len(data), 99_999_999), rng))
    )
    return struct.pack("<Q", said) + written + data


def archive(content, rng):
    """A zip archive made anew, its checksums right: a member spoiled, lost, doubled, renamed, compressed; or sizes that are not."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        members = [(info, old.read(info)) for info in old.infolist()]
    place = int(rng.integers(len(members)))
    info, inside = members[place]
    way = rng.integers(8)
    if way < 4:
        change = npy if info.filename.endswith(".npy") else pickled if info.filename.endswith(".pkl") else spoiled
        members[place] = (info, change(inside, rng) if rng.random() < 0.85 else spoiled(inside, rng))
    elif way == 4:
        del members[place]
    elif way == 5:
        members.append((info, members[int(rng.integers(len(members)))][1]))
    elif way == 6:
        info.filename = chosen(
            ("../x.npy", "W_dec", "W_dec.npy", "/", "a" * 300, "x.npy", "\udc80.npy", "W_dec.npy/"), rng
        )
    new = io.BytesIO()
    kind = chosen(
        (zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA), rng
    )
    with zipfile.ZipFile(
        new, "w", kind if rng.random() < 0.3 else members[0][0].compress_type if members else kind
    ) as archived:
        for one, member in members:
            with warnings.catch_warnings(action="ignore"):  # a name twice
                archived.writestr(one.filename.encode("utf-8", "replace").decode(), member)
    return _with_lying_directory(new.getvalue(), rng) if way == 7 else new.getvalue()


def _with_lying_directory(content, rng):
    """A number in an entry of the central directory is another one: sizes, checksum, flags, method, where the member lies."""
    lying = bytearray(content)
    entries = [at for at in range(len(content) - 46) if content[at : at + 4] == b"PK\x01\x02"]
    at = chosen(entries, rng) if entries else 0
    offset, size = chosen(((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (42, 4)), rng)
    value = chosen((0, 1, 8, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF, 1000), rng) & ((1 << 8 * size) - 1)
    lying[at + offset : at + offset + size] = value.to_bytes(size, "little")
    return bytes(lying)


def pickled(content, rng):
    """A small whole number of a pickle is another one: shapes, strides, offsets, numbers of elements."""
    lying = bytearray(content)
    places = [at for at, one in enumerate(content[:-3]) if one in b"KMJ"]
    for _ in range(rng.integers(1, 3)):
        if places:
            at = chosen(places, rng)
            n = {ord("K"): 1, ord("M"): 2, ord("J"): 4}[content[at]]
            lying[at + 1 : at + 1 + n] = rng.bytes(n) if rng.random() < 0.7 else bytes(n)
    return bytes(lying)


def torch_file(content, rng):
    """A PyTorch file of tensors that are no plain ones, or with lies among the numbers of its pickle."""
    if rng.random() < 0.5:
        return odd_tensors(rng)
    if content.startswith(b"{"):
        line, _, rest = content.partition(b"\n")
        return line + b"\n" + archive(rest, rng)
    return archive(content, rng) if content.startswith(b"PK") else pickled(content, rng)


def odd_tensors(rng):
    """Tensors that PyTorch keeps and that are no arrays of numbers, each as whole files of either container."""
    import torch

    plain = torch.arange(1, 145, dtype=torch.float32).reshape(24, 6)
    with warnings.catch_warnings(action="ignore"):  # prototypes
        odd = (
            lambda: plain[:1].expand(1 << 20, 6),
            lambda: plain[:1, :1].expand(1 << 40, 1 << 20),
            lambda: torch.as_strided(plain, (24, 6), (1, 1)),
            lambda: plain.T,
            lambda: plain[3:20, 2:],
            lambda: torch.empty(24, 6, device="meta"),
            plain.to_sparse,
            plain.to_sparse_csr,
            lambda: torch.quantize_per_tensor(plain, 0.1, 0, torch.qint8),
            lambda: plain.to(torch.complex64),
            lambda: plain.to(torch.float8_e4m3fn),
            lambda: plain.to(torch.bfloat16),
            plain.double,
            lambda: plain > 3,
            plain.int,
            lambda: torch.nested.nested_tensor([plain, plain[:3]]),
            lambda: torch.nn.Parameter(plain),
            lambda: plain[0, 0],
            lambda: plain[:0],
            lambda: torch.full((24, 6), float("nan")),
            lambda: [plain, plain],
            lambda: {"deeper": {"W_dec": plain}},
            lambda: "W_dec",
            plain.numpy,
            lambda: range(3),
            lambda: {7: plain},
            lambda: torch.conj(plain.to(torch.complex64)),
            lambda: torch._neg_view(plain),
        )
        one = chosen(odd, rng)()
        file = io.BytesIO()
        content = one if rng.random() < 0.3 else {"W_dec": one}
        torch.save(content, file, _use_new_zipfile_serialization=bool(rng.random() < 0.7))
    return file.getvalue()


def parquet(_content, rng):
    """Tables that are no rows with a text."""
    import pyarrow as pa
    from pyarrow import parquet as files

    texts = pa.array(["one", "two", "three"])
    odd = (
        lambda: pa.table({"text": [1, 2, 3]}),
        lambda: pa.table({"text": [None, "two", "three"]}),
        lambda: pa.table({"text": [b"\xff", b"two", b"three"]}),
        lambda: pa.table({"text": texts.dictionary_encode()}),
        lambda: pa.table({"text": pa.array([["one"], ["two"], []])}),
        lambda: pa.table({"text": pa.array([{"a": "one"}, {"a": "two"}, None])}),
        lambda: pa.table([texts, texts], names=["text", "text"]),
        lambda: pa.table({"other": texts}),
        lambda: pa.table({"text": texts[:0]}),
        lambda: pa.table({"text": pa.array([1.5, 2, 3])}),
        lambda: pa.table({"text": pa.array([0, 1, 2], pa.timestamp("ns"))}),
        lambda: pa.table({"text": texts, "label": pa.array([1, None, 3])}),
        lambda: pa.table({"text": texts}).replace_schema_metadata(
            {b"huggingface": json.dumps({"info": {"features": {"text": {"_type": chosen(DECODED, rng)}}}})}
        ),
        lambda: pa.table({"text": pa.DictionaryArray.from_arrays(pa.array([0] * 60, pa.int32()), ["x" * (1 << 20)])}),
        lambda: pa.table({"text": ["x" * 1000] * 10_000}),
    )  # fmt: skip
    file = io.BytesIO()
    files.write_table(
        chosen(odd, rng)(),
        file,
        compression=chosen(("none", "snappy", "gzip", "zstd", "brotli"), rng),
        use_dictionary=True,
        write_page_checksum=bool(rng.random() < 0.5),
    )
    return file.getvalue()


def without_end(suffix):
    """A small file of a kind that becomes very large when it is read; made piece by piece, so that making it takes no memory."""
    file, piece = io.BytesIO(), b" " * (1 << 20)
    if suffix == ".npz":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archived, archived.open("W_dec.npy", "w") as member:
            np.lib.format.write_array_header_1_0(
                member, {"descr": "<f4", "fortran_order": False, "shape": (200 << 15, 8)}
            )
            for _ in range(200):
                member.write(bytes(1 << 20))
        return file.getvalue()
    if suffix == ".gz":
        import zlib

        packing = zlib.compressobj(1, zlib.DEFLATED, 31)
    else:
        import zstandard

        packing = zstandard.ZstdCompressor(level=1).compressobj()
    return b"".join([*(packing.compress(piece) for _ in range(300)), packing.flush()])


KINDS = {".npy": npy, ".npz": archive, ".safetensors": safetensors, ".pt": torch_file, ".parquet": parquet}
