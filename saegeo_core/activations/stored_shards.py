"""One shard of stored activations, in any of three containers: named tensors of which some rows are read."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from saegeo_core.errors import SaegeoError
from saegeo_core.loading.tensor_files.numpy_files import open_npy, open_npz
from saegeo_core.loading.tensor_files.tensor_file import reading

if TYPE_CHECKING:
    import torch

DOCUMENT = "document"
MOST_DIGITS = 19
"""Longer numbers in the names of files are no numbers of shards."""


class Shard(Protocol):
    """Tensors of equally many rows, one row a token."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Its files."""
        ...

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Shape of every tensor, by name."""
        ...

    def rows(self, name: str, start: int, stop: int) -> "torch.Tensor":
        """Some rows of one tensor, in memory."""
        ...


def find_shards(folder: Path) -> list[Shard]:
    """The shards in a folder, in the order of their names.

    Raises:
        SaegeoError: there are none, one is missing, or one is damaged.
    """
    numpy_files: dict[str, dict[str, Path]] = {}
    for path in _files(folder, ".npy"):
        stem, _, name = path.name.removesuffix(".npy").partition(".")
        numpy_files.setdefault(stem, {})[name] = path
    shards: dict[str, Shard] = {stem: NumpyShard(files) for stem, files in numpy_files.items()}
    for suffix, kind in ((".safetensors", SafetensorsShard), (".npz", NpzShard)):
        for path in _files(folder, suffix):
            if path.stem in shards:
                raise SaegeoError(
                    f"{folder} holds the shard {path.stem} twice, as {suffix[1:]} and as another kind",
                    "remove one of them",
                )
            shards[path.stem] = kind(path)
    if not shards:
        raise SaegeoError(
            f"the folder {folder} holds no stored activations",
            "they lie in 00000.safetensors, 00000.npz, or 00000.HOOK.npy, and so on",
        )
    _refuse_gaps(folder, sorted(shards))
    return [shards[stem] for stem in sorted(shards)]


def _files(folder: Path, suffix: str) -> list[Path]:
    """Those that end so, in the order of their names.

    Raises:
        SaegeoError: one is no plain file: a pipe in its place would be waited for, a device read without end.
    """
    found = sorted(folder.glob(f"*{suffix}"))
    for path in found:
        if not path.is_file():
            raise SaegeoError(f"{path} is no plain file", "copy the activations again from their source")
    return found


def _refuse_gaps(folder: Path, stems: list[str]) -> None:
    """Raise SaegeoError where shards are numbered and a number between the first and the last is missing."""
    if not all(stem.isascii() and stem.isdigit() and len(stem) < MOST_DIGITS for stem in stems):
        return
    numbers = sorted(map(int, stems))
    missing = next((before + 1 for before, after in pairwise(numbers) if after > before + 1), None)
    if missing is not None:
        raise SaegeoError(
            f"{folder} holds shards from {stems[0]} to {stems[-1]}, and none of number {missing}",
            "copy it again from its source, or number the shards without gaps",
        )


class SafetensorsShard:
    """All tensors in one safetensors file."""

    def __init__(self, path: Path) -> None:
        self.paths = (path,)
        with self._opened() as file:
            self.shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 (not a dictionary)

    def rows(self, name: str, start: int, stop: int) -> "torch.Tensor":
        """Some rows of one tensor; only their pages are read."""
        with self._opened() as file:
            rows: torch.Tensor = file.get_slice(name)[start:stop]
            return rows

    def _opened(self) -> Any:
        from safetensors import safe_open

        with reading(self.paths[0], "safetensors"):
            return safe_open(self.paths[0], framework="pt")


class NpzShard:
    """All tensors in one archive of NumPy arrays, mapped where it is not compressed."""

    def __init__(self, path: Path) -> None:
        self.paths = (path,)
        self._file = open_npz(path, whole_numbers=(DOCUMENT,))
        self.shapes = self._file.shapes

    def rows(self, name: str, start: int, stop: int) -> "torch.Tensor":
        """Some rows of one tensor."""
        return self._file.read(name)[start:stop].clone()


class NumpyShard:
    """Each tensor in a NumPy file of its own."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.paths = tuple(files.values())
        self._files = {name: open_npy(path, whole_numbers=name == DOCUMENT) for name, path in files.items()}
        self.shapes = {name: file.shapes["array"] for name, file in self._files.items()}

    def rows(self, name: str, start: int, stop: int) -> "torch.Tensor":
        """Some rows of one tensor; only their pages are read."""
        return self._files[name].read("array")[start:stop].clone()
