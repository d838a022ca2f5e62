"""Arrays of NumPy's files, whose headers are believed only where as many bytes follow as they say."""

import math
import zipfile
from collections import Counter
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.size_limit import refuse_inflating, refuse_without_end

HEADER_READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_header(file: IO[bytes], n_bytes: int) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns come first, and number type, from the beginning of so many bytes.

    Raises:
        ValueError: it is no header, or its array takes more or fewer bytes than follow: what lies behind is no part of it.
    """
    version = np.lib.format.read_magic(file)
    if version not in HEADER_READERS:
        raise ValueError(f"version {version} of the .npy format")
    shape, fortran_order, dtype = HEADER_READERS[version](file)
    needed, there = math.prod(shape) * dtype.itemsize, n_bytes - file.tell()
    if (
        needed != there and not dtype.hasobject
    ):  # of objects the bytes are a pickle; they are refused when they are read
        raise ValueError(f"its header says {shape} of {dtype}, which takes {needed} bytes, and {there} follow")
    return shape, fortran_order, dtype


def refuse_repeated(names: list[str]) -> None:
    """Raise ValueError where an archive has two members of one name."""
    name, times = Counter(names).most_common(1)[0] if names else ("", 0)
    if times > 1:
        raise ValueError(f"{name} is in it {times} times")


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an archive, in memory; checksums are compared.

    Raises:
        SaegeoError: a pipe or a device, or what inflates beyond the limit.
        Exception: zipfile, zlib and NumPy raise their own of a damaged archive, OSError and ValueError among them.
    """
    refuse_without_end(path)
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        refuse_repeated([member.filename for member in members])
        refuse_inflating(sum(member.file_size for member in members), path.stat().st_size, str(path))
        for member in members:
            with archive.open(member) as file:
                read_header(file, member.file_size)
            with archive.open(member) as file:
                arrays[member.filename.removesuffix(".npy")] = np.lib.format.read_array(file, allow_pickle=False)
    return arrays
