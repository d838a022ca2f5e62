"""Arrays of safetensors files. The library maps the file and hands out views of it."""

from pathlib import Path
from typing import TYPE_CHECKING

from saegeo_core.loading.tensor_files.tensor_file import TensorFile, reading

if TYPE_CHECKING:
    import torch


def open_safetensors(path: Path) -> TensorFile:
    """The arrays of a `.safetensors` file."""
    from safetensors import safe_open

    with reading(path, "a safetensors file"), safe_open(path, framework="pt") as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - not a dict

    def read(name: str) -> "torch.Tensor":
        with reading(path, "a safetensors file"), safe_open(path, framework="pt") as file:
            tensor: torch.Tensor = file.get_tensor(name)
            return tensor

    return TensorFile(path, shapes, read)
