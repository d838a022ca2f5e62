"""Reports on disk: one JSON file each, named by a digest of everything that decides its numbers.

A report lies at `<folder>/<release>/<sae_id>/<plugin>-<digest>.json`, its arrays beside it in a `.npz`. Files appear whole or
not at all: each is written under a temporary name in the same folder and renamed, so readers and several writers never meet
half a report. Nothing in a file names the folder, so a store can be moved to another machine.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saegeo_core.atomic_file import replacing
from saegeo_core.errors import SaegeoError
from saegeo_core.report.report import Report
from saegeo_core.size_limit import read_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIGEST_CHARACTERS = 12


def digest_of(content: Any) -> str:
    """A short digest of plain JSON content; equal content has equal digests whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_CHARACTERS]


class ReportStore:
    """A folder of reports."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def path(self, release: str, sae_id: str, plugin: str, digest: str) -> Path:
        """Where such a report lies, whether it exists or not.

        Raises:
            SaegeoError: a name that would leave the folder.
        """
        path = self.folder / release / sae_id / f"{plugin}-{digest}.json"
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise SaegeoError(f"the report of {release}:{sae_id} would lie outside {self.folder}", "rename the SAE")
        return path

    def make_ready(self) -> None:
        """Make the folder and try to write in it, so that a hopeless run ends before it starts.

        Raises:
            SaegeoError: the folder cannot be made or written to.
        """
        with _explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder) as trial:
                trial.write(b"saegeo")

    def write(self, report: Report, path: Path) -> None:
        """Store a report and its arrays, whole or not at all.

        Raises:
            SaegeoError: the folder is full or cannot be written to.
        """
        import numpy as np

        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            if report.arrays:
                with replacing(arrays_beside(path)) as file:
                    np.savez_compressed(file, allow_pickle=False, **dict(report.arrays))
            with replacing(path) as file:
                file.write(report.to_json().encode())

    @staticmethod
    def read(path: Path) -> Report:
        """Read a report and the arrays beside it.

        Raises:
            SaegeoError: no such file, or not a report this saegeo can read.
        """
        try:
            text = read_whole(path).decode()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not text"
            raise SaegeoError(f"cannot read {path}: {reason}", "give a report written by saegeo run") from None
        report = Report.from_json(text, source=str(path))
        arrays = arrays_beside(path)
        return report.with_arrays(_read_arrays(arrays)) if arrays.exists() else report


def arrays_beside(path: Path) -> Path:
    """Where the arrays of a report lie, if it has any."""
    return path.with_suffix(".npz")


class StoredArrays(Mapping[str, "NDArray[np.generic]"]):
    """The arrays beside a report, read when they are asked for.

    Asking raises SaegeoError where they are damaged.
    """

    def __init__(self, report: Path) -> None:
        self._report = report

    @cached_property
    def _arrays(self) -> "dict[str, NDArray[np.generic]]":
        return _read_arrays(arrays_beside(self._report))

    def __getitem__(self, name: str) -> "NDArray[np.generic]":
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)


def _read_arrays(path: Path) -> "dict[str, NDArray[np.generic]]":
    from saegeo_core.numerics.stored_arrays import read_npz

    try:
        return read_npz(path)
    except SaegeoError:
        raise
    except Exception as error:  # a damaged archive fails in many ways, zlib's and zipfile's among them
        raise SaegeoError(
            f"the arrays beside the report are damaged: {path}", "run the analysis again with --existing replace"
        ) from error


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SaegeoError(
            f"cannot write {path}: {error.strerror or error}", "choose another folder with --out"
        ) from error
