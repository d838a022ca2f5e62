"""Arrays of PyTorch files, with `weights_only=True`: a pickle that holds anything but weights is refused unread.

The zip container of PyTorch 1.6 and later is memory-mapped; the older one, which has no checksums, is read.
"""

import io
import os
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from saegeo_core.errors import SaegeoError
from saegeo_core.json_text import parsed
from saegeo_core.loading.tensor_files.tensor_file import TensorFile, opening, reading
from saegeo_core.loading.tensor_files.zip_members import refuse_damaged, start_of
from saegeo_core.size_limit import MOST_TEXT, limit

if TYPE_CHECKING:
    import torch

MAX_DEPTH = 4
"""Dictionaries within dictionaries that are looked into."""
MOST_REPEATED = 1 << 26
"""Bytes that a tensor may have beyond those stored for it: one threshold for all features is kept once, and repeated."""


def open_torch(path: Path) -> TensorFile:
    """The tensors of a `.pt` file: a dictionary of tensors, or one tensor under the name "tensor".

    Training scripts put dictionaries in dictionaries (`state_dict`, `model`): names are then joined by dots.
    """
    import torch

    with opening(path, "a PyTorch file"):
        is_zip = zipfile.is_zipfile(path) and not _json_comes_first(path)
        is_mapped = is_zip and _is_stored_plainly(path)
        if is_zip:
            _refuse_damaged(path, ".pkl" if is_mapped else "")
        content = _load(path, is_mapped)
    if isinstance(content, torch.Tensor):
        content = {"tensor": content}
    if not isinstance(content, dict):
        raise SaegeoError(
            f"{path} holds a {type(content).__name__}, not a dictionary of tensors",
            "save the SAE's state_dict() instead",
        )
    found = dict(_values_in(content, "", MAX_DEPTH))
    tensors = {name: value.detach() for name, value in found.items() if isinstance(value, torch.Tensor)}
    unfit = {name: reason for name, value in tensors.items() if (reason := _why_no_array(value))}
    fit = {name: value for name, value in tensors.items() if name not in unfit}
    read_fit = _mapped_reader(path, fit) if is_mapped else fit.__getitem__

    def read(name: str) -> "torch.Tensor":
        if name in unfit:
            raise SaegeoError(f"{name} of {path} is {unfit[name]}", "save it as a plain tensor of float32")
        return read_fit(name).resolve_neg()  # a view that stands for the numbers with their signs turned

    notes = {name: value for name, value in found.items() if isinstance(value, str | int | float | bool)}
    return TensorFile(path, {name: _shape(value) for name, value in tensors.items()}, read, notes)


def json_line_of(path: Path) -> dict[str, Any] | None:
    """The line of JSON before the weights, as saev writes it; None where there is none."""
    with opening(path, "a PyTorch file"), path.open("rb") as file:
        if file.read(1) != b"{":
            return None
        content = parsed(b"{" + file.readline(limit(MOST_TEXT)))
    return content if isinstance(content, dict) else None


def _values_in(content: "Mapping[Any, Any]", prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Every value in dictionaries of dictionaries, with the path of keys that leads to it."""
    for key, value in content.items():
        if not isinstance(key, str):
            continue
        if not isinstance(value, dict):
            yield prefix + key, value
        elif depth > 0:
            yield from _values_in(value, f"{prefix}{key}.", depth - 1)


def _why_no_array(tensor: "torch.Tensor") -> str:
    """What keeps a tensor from being an array of stored numbers; nothing where it is one."""
    import torch

    if tensor.is_nested:
        return "nested: rows of lengths of their own"
    if tensor.layout != torch.strided:
        return f"kept as {tensor.layout}, not as rows of numbers"
    if tensor.is_meta:
        return "on the meta device: it has a shape and no numbers"
    if tensor.is_quantized:
        return f"quantized ({tensor.dtype})"
    needed, stored = tensor.numel() * tensor.element_size(), tensor.untyped_storage().nbytes()
    if needed > stored + MOST_REPEATED:
        return f"of shape {tuple(tensor.shape)}, which takes {needed} bytes, and {stored} are stored: it repeats them"
    return ""


def _shape(tensor: "torch.Tensor") -> tuple[int, ...]:
    """A nested tensor has a number of rows alone."""
    return (tensor.size(0), 0) if tensor.is_nested else tuple(tensor.shape)


def _is_stored_plainly(path: Path) -> bool:
    """Whether the members of an archive are not compressed, and can be mapped."""
    with zipfile.ZipFile(path) as archive:
        return all(member.compress_type == zipfile.ZIP_STORED for member in archive.infolist())


def _json_comes_first(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(1) == b"{"


class _ReadToItsEnd(io.BufferedReader):
    """A file of which no more is asked than it has: for a text said to be of gigabytes as many would be set aside."""

    def read(self, size: int | None = -1, /) -> bytes:
        """At most what is left."""
        left = os.fstat(self.fileno()).st_size - self.tell()
        return super().read(left if size is None or size < 0 else min(size, left))


def _load(path: Path, is_mapped: bool) -> Any:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about pickle protocols: what matters is raised
        try:
            if not _json_comes_first(path):
                if is_mapped or zipfile.is_zipfile(path):
                    return torch.load(path, map_location="cpu", weights_only=True, mmap=is_mapped)
                with _ReadToItsEnd(io.FileIO(path)) as old:
                    return torch.load(old, map_location="cpu", weights_only=True)
            with path.open("rb") as file:  # a line of JSON before the weights, as saev writes them
                file.readline()
                weights = io.BytesIO(file.read())
            if zipfile.is_zipfile(weights):
                _refuse_damaged(weights)
                weights.seek(0)
            return torch.load(weights, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            # The library's own message advises to switch the safety off.
            named = re.search(r"GLOBAL (\S+)", str(error))
            content = (
                f"holds Python objects, {named[1]} among them" if named else "is no pickle of weights, or a damaged one"
            )
            raise SaegeoError(
                f"{path} {content}: it was refused and nothing in it was run",
                "from a source you trust, save the tensors alone: torch.save(sae.state_dict(), path), or safetensors",
            ) from error


def _mapped_reader(path: Path, tensors: "Mapping[str, torch.Tensor]") -> "Callable[[str], torch.Tensor]":
    """What gives the tensors of a mapped file by name, once all of it is known to be what was written."""

    @cache
    def refuse_damaged_file() -> None:
        with reading(path, "a PyTorch file"):
            _refuse_damaged(path)
            _refuse_reading_beyond(path, tensors.values())

    def read(name: str) -> "torch.Tensor":
        refuse_damaged_file()
        return tensors[name]

    return read


def _refuse_damaged(file: Path | IO[bytes], suffix: str = "") -> None:
    """Compare the checksums of the members whose names end so, unless the archive was written without checksums.

    `torch.serialization.set_crc32_options` lets PyTorch do that.
    """
    with zipfile.ZipFile(file) as archive:
        has_checksums = any(member.CRC for member in archive.infolist())
        for member in archive.infolist():
            if has_checksums and member.filename.endswith(suffix):
                refuse_damaged(archive, member)


def _refuse_reading_beyond(path: Path, tensors: "Iterable[torch.Tensor]") -> None:
    """Raise ValueError where a tensor is said to hold more than the member of the archive that is mapped for it.

    PyTorch maps the file as one piece, at an address that it does not tell. Storages begin where members do, so it follows.
    """
    sizes = {
        storage.data_ptr(): storage.nbytes()
        for storage in (tensor.untyped_storage() for tensor in tensors)
        if storage.nbytes()
    }
    with zipfile.ZipFile(path) as archive:
        members = {start_of(path, member): member.file_size for member in archive.infolist()}
    addresses = [min(sizes) - start for start in members] if sizes else [0]
    if not any(all(size <= members.get(place - at, -1) for place, size in sizes.items()) for at in addresses):
        raise ValueError("a tensor is said to hold more numbers than are stored for it")
