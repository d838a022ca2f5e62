"""Arrays of safetensors files. The library maps the file and hands out views of it."""

from pathlib import Path
from typing import TYPE_CHECKING

from saegeo_core.errors import SaegeoError
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.loading.tensor_files.tensor_file import TensorFile, opening, reading

if TYPE_CHECKING:
    import torch


def open_safetensors(path: Path) -> TensorFile:
    """The arrays of a `.safetensors` file."""
    from safetensors import safe_open

    with opening(path, "a safetensors file"), safe_open(path, framework="pt") as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - not a dict

    def read(name: str) -> "torch.Tensor":
        with reading(path, "a safetensors file"), safe_open(path, framework="pt") as file:
            tensor: torch.Tensor = file.get_tensor(name)
            return tensor

    return TensorFile(path, shapes, read)


def open_sharded(index: Path) -> TensorFile:
    """The arrays of several safetensors files, as the index beside them (`*.safetensors.index.json`) lists them.

    Raises:
        SaegeoError: no such index, or one of an array that its file does not hold, or of a file outside the folder.
    """
    places = read_json_object(index).get("weight_map")
    if not isinstance(places, dict) or not all(isinstance(name, str) for pair in places.items() for name in pair):
        raise SaegeoError(f"{index} has no weight_map from arrays to files", "copy it again from its source")
    folder = index.parent
    outside = sorted({name for name in places.values() if Path(name).name != name})
    if outside:
        raise SaegeoError(
            f"{index} names the file {outside[0]!r}, which is not beside it", "copy it again from its source"
        )
    files = {name: open_safetensors(folder / name) for name in sorted(set(places.values()))}
    lacking = sorted(name for name, file in places.items() if name not in files[file].shapes)
    if lacking:
        raise SaegeoError(
            f"{index} says that {places[lacking[0]]} holds {lacking[0]}, which it does not",
            "index and weights do not belong together: copy all of them again",
        )
    return TensorFile(
        index,
        {name: files[file].shapes[name] for name, file in places.items()},
        lambda name: files[places[name]].read(name),
    )
