"""Files of named arrays: NumPy, safetensors, PyTorch. Shapes first, then one array at a time, memory-mapped where possible.

An SAE's file holds an encoder and biases beside the decoder; a cloud needs one matrix of them. No container is unpickled.
"""

from functools import lru_cache
from pathlib import Path

from saegeo_core.errors import SaegeoError
from saegeo_core.loading.tensor_files.tensor_file import TensorFile

TORCH_SUFFIXES = (".pt", ".pth", ".bin", ".ckpt")
SUFFIXES = (".npy", ".npz", ".safetensors", *TORCH_SUFFIXES)
INDEX = ".safetensors.index.json"
"""What the name of a file ends with that says in which of several safetensors files each array lies."""


def open_tensors(path: Path) -> TensorFile:
    """The arrays of a file, by its suffix.

    Raises:
        SaegeoError: not a container known here, missing, or damaged.
    """
    if path.suffix == ".npy":
        from saegeo_core.loading.tensor_files.numpy_files import open_npy

        return open_npy(path)
    if path.suffix == ".npz":
        from saegeo_core.loading.tensor_files.numpy_files import open_npz

        return open_npz(path)
    if path.name.endswith(INDEX):
        from saegeo_core.loading.tensor_files.safetensors_files import open_sharded

        return open_sharded(path)
    if path.suffix == ".safetensors":
        from saegeo_core.loading.tensor_files.safetensors_files import open_safetensors

        return open_safetensors(path)
    if path.suffix in TORCH_SUFFIXES:
        from saegeo_core.loading.tensor_files.torch_files import open_torch

        return open_torch(path)
    raise SaegeoError(f"{path} is no file of arrays known here", f"known suffixes: {', '.join(SUFFIXES)}")


def array_names(path: Path) -> frozenset[str]:
    """The names of the arrays of a file, for telling whose it is; empty for what cannot be opened, which is told when it is read.

    Every file format asks it of the same file, so what was found is remembered until the file changes.
    """
    if not path.is_file() or not path.name.endswith((*SUFFIXES, INDEX)):
        return frozenset()
    state = path.stat()
    return _array_names(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _array_names(path: Path, _changed: int, _size: int) -> frozenset[str]:
    try:
        return frozenset(open_tensors(path).shapes)
    except SaegeoError:
        return frozenset()
