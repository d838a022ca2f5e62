"""What every container offers, and how damage in any of them is told."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    import torch

    from saegeo_core.loading.file_format import Layout


@dataclass(frozen=True)
class TensorFile:
    """Named arrays in a file.

    Attributes:
        path: the file.
        shapes: shape of every array, by name. Known without reading the arrays.
        read: the tensor of a name, memory-mapped where the file allows it.
        notes: what a PyTorch file keeps beside its arrays, by name: texts, numbers, truth values.
    """

    path: Path
    shapes: Mapping[str, tuple[int, ...]]
    read: "Callable[[str], torch.Tensor]"
    notes: Mapping[str, Any] = field(default_factory=dict)

    def listing(self) -> str:
        """Names and shapes, for messages."""
        return ", ".join(f"{name} {shape}" for name, shape in self.shapes.items()) or "no arrays"

    def directions(self, stored: "Mapping[str, Layout]") -> "torch.Tensor":
        """The matrix (n_features, d_in) under the first name of `stored` that the file holds.

        The value beside a name says whether the rows or the columns of that matrix are the features. Columns become
        rows as a view.

        Raises:
            SaegeoError: none of the names, not two axes, or not of floating-point numbers.
        """
        name = next((name for name in stored if name in self.shapes), None)
        if name is None:
            raise SaegeoError(f"{self.path} holds no {' or '.join(stored)}", f"it holds {self.listing()}")
        if len(self.shapes[name]) == 3:
            raise SaegeoError(
                f"{name} of {self.path} has three axes, {self.shapes[name]}: its features write to several layers",
                "of a cross-layer transcoder the directions that it reads can be measured: add --rows encoder",
            )
        if len(self.shapes[name]) != 2:
            raise SaegeoError(f"{name} of {self.path} has shape {self.shapes[name]}; a matrix has two axes")
        matrix = self.floating(name)
        return matrix if stored[name] == "rows" else matrix.T

    def floating(self, name: str) -> "torch.Tensor":
        """The array of a name, of floating-point numbers.

        Raises:
            SaegeoError: other numbers, or a file that is damaged there.
        """
        array = self.read(name)
        refuse_unless_floating(str(array.dtype).removeprefix("torch."), f"{name} of {self.path}")
        return array


def refuse_unless_floating(dtype: str, what: str) -> None:
    """Raise SaegeoError for number types a cloud cannot be measured in: integers, objects, 8-bit and 128-bit floats."""
    if dtype not in ("float16", "bfloat16", "float32", "float64"):
        raise SaegeoError(
            f"{what} holds {dtype}, not floating-point numbers of 16 to 64 bits", "convert it to float32 first"
        )


@contextlib.contextmanager
def reading(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever a parser raises on a damaged file into a SaegeoError.

    Catches every Exception on purpose: parsers of binary formats raise anything from KeyError to struct.error on bytes
    they were not made for.
    """
    try:
        yield
    except SaegeoError:
        raise
    except OSError as error:
        raise SaegeoError(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise SaegeoError(
            f"{path} cannot be read as {kind}: {reason}",
            "it may be damaged or cut short: copy it again from its source",
        ) from error


@contextlib.contextmanager
def opening(path: Path, kind: str) -> Iterator[None]:
    """`reading` from the beginning. A pipe would be waited for, a device read without end: neither is opened."""
    if path.exists() and not path.is_file():
        raise SaegeoError(f"{path} is no plain file", "copy it again from its source")
    with reading(path, kind):
        yield
