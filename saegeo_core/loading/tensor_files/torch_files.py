"""Arrays of PyTorch files, with `weights_only=True`: a pickle that holds anything but weights is refused unread.

The zip container of PyTorch 1.6 and later is memory-mapped; the older one is read.
"""

import io
import json
import pickle
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from saegeo_core.errors import SaegeoError
from saegeo_core.loading.tensor_files.tensor_file import TensorFile, reading

MAX_DEPTH = 4
"""Dictionaries within dictionaries that are looked into."""


def open_torch(path: Path) -> TensorFile:
    """The tensors of a `.pt` file: a dictionary of tensors, or one tensor under the name "tensor".

    Training scripts put dictionaries in dictionaries (`state_dict`, `model`): names are then joined by dots.
    """
    import torch

    with reading(path, "a PyTorch file"):
        content = _load(path)
    if isinstance(content, torch.Tensor):
        content = {"tensor": content}
    if not isinstance(content, dict):
        raise SaegeoError(
            f"{path} holds a {type(content).__name__}, not a dictionary of tensors",
            "save the SAE's state_dict() instead",
        )
    found = dict(_values_in(content, "", MAX_DEPTH))
    tensors = {
        name: value.detach()
        for name, value in found.items()
        if isinstance(value, torch.Tensor) and value.layout == torch.strided and not value.is_nested
    }
    notes = {name: value for name, value in found.items() if isinstance(value, str | int | float | bool)}
    return TensorFile(path, {name: tuple(value.shape) for name, value in tensors.items()}, tensors.__getitem__, notes)


def json_line_of(path: Path) -> dict[str, Any] | None:
    """The line of JSON before the weights, as saev writes it; None where there is none."""
    with reading(path, "a PyTorch file"), path.open("rb") as file:
        if file.read(1) != b"{":
            return None
        content = json.loads(b"{" + file.readline())
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


def _load(path: Path) -> Any:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about pickle protocols: what matters is raised
        try:
            with path.open("rb") as file:
                if file.read(1) == b"{":  # a line of JSON before the weights, as saev writes them
                    file.readline()
                    return torch.load(io.BytesIO(file.read()), map_location="cpu", weights_only=True)
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
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
