"""What a file format is: the interface between files on disk and clouds, and all that a loader plugin has to write.

A format of a library whose encoders are known may give the whole SAE besides, so that it can be harvested.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    import torch

Layout = Literal["rows", "columns"]


@dataclass(frozen=True)
class StoredDirections:
    """Directions as a file holds them.

    Attributes:
        vectors: tensor (n_features, d_in), memory-mapped where the file allows it.
        facts: what the source says of the SAE, by the field names of `SaeDescription` (`model`, `hook_name`, `l0` …);
            None or a missing name is unknown. A `d_sae` or `d_in` that contradicts the shape of `vectors` is an error.
    """

    vectors: "torch.Tensor"
    facts: dict[str, Any] = field(default_factory=dict)


class FileFormat(Protocol):
    """One way of keeping an SAE on disk.

    Attributes:
        name: for messages and reports, for example "gemma-scope".
        summary: one line: what files it reads.
    """

    name: str
    summary: str

    def recognises(self, path: Path) -> bool:
        """Whether `path`, which exists, looks like this format. Looks at names and headers only."""
        ...

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """The decoder (or encoder) directions. `layout` is the user's word on the orientation, for formats that do not fix it.

        Raises:
            SaegeoError: damaged, incomplete, or of unclear orientation.
        """
        ...


class WholeSaeFormat(FileFormat, Protocol):
    """A file format that also tells how its SAEs encode. A format without `read_sae` gives directions alone."""

    def read_sae(self, path: Path) -> Any:
        """The whole SAE, an `SAE` of sae-lens on the CPU whose `encode` gives what the library that wrote it would give.

        `saegeo_core.loading.sae_from_arrays` makes one of arrays and a rule.

        Raises:
            SaegeoError: damaged, or the files do not tell how it encodes: what is missing, and what to type.
        """
        ...


def named_file(path: Path, name: str) -> Path | None:
    """The file called `name`: `path` itself, or the one inside the folder `path`; None when there is no such file."""
    inside = path if path.name == name else path / name
    return inside if inside.is_file() else None


def refuse_layout(layout: Layout | None, what: str) -> None:
    """Raise SaegeoError when the user states an orientation that the format fixes by itself."""
    if layout is not None:
        raise SaegeoError(
            f"--decoder-layout {layout} was given for {what}, which fixes its own orientation",
            "leave it out: it is for files that hold a bare matrix",
        )
