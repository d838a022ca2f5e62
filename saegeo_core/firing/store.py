"""Firing statistics on disk: a folder of plain `.npy` arrays with a manifest that says what they are.

    <folder>/<release>/<sae_id>/manifest.json     what is known besides arrays; size and SHA-256 of every array, and of itself
                                counts.npy …      one file an array, memory-mapped when opened
                                axes.npy          the principal axes of the activations, where controls are reflected
                                controls/0/ …     an untrained dictionary: the same with control.json, and signs.npy of
                                                  a reflected one, directions.npy of one drawn from a Gaussian

The manifest is taken away first and written last, so a folder with one is complete, and a folder without one is nothing.
Nothing in a file names the folder: it can be moved to another machine.

Here are arrays and facts; `FiringStatistics.open` and `write` make them statistics and the other way round.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, ValidationError

from saegeo_core.atomic_file import replacing
from saegeo_core.errors import SaegeoError, near_matches
from saegeo_core.firing.consistency import refuse_impossible_pairs
from saegeo_core.firing.deferred import Deferred
from saegeo_core.frozen import Frozen
from saegeo_core.json_text import parsed
from saegeo_core.numerics.stored_arrays import read_npz
from saegeo_core.size_limit import read_whole

MANIFEST = "manifest.json"
CONTROL_MANIFEST = "control.json"
FORMAT = "saegeo-firing"
FORMAT_VERSION = 3

Arrays = dict[str, NDArray[Any]]


class StoredArray(Frozen):
    """How to tell that a file is what was written."""

    n_bytes: int
    sha256: str


class Manifest(Frozen):
    """What stands beside the arrays."""

    format: Literal["saegeo-firing"]
    format_version: Literal[1, 2, 3]
    sha256: str | None = None
    """Of all else in it, `_checksum`; since version 3."""
    arrays: dict[str, StoredArray]
    n_controls: int = Field(ge=0)
    n_blocks: int
    n_tokens: int | None
    block_tokens: int | None
    fires_above: FiniteFloat | None
    tails: Literal["dropped", "kept"] | None
    n_tails: int | None
    sae_digest: str | None
    label_names: tuple[str, ...]
    corpus: dict[str, Any]


@dataclass(frozen=True, eq=False)
class StoredFiring:
    """What the folder of one SAE holds.

    Attributes:
        facts: what is known besides arrays, as in `Manifest`.
        arrays: by name; memory-mapped where they were read.
        controls: read or make the untrained dictionaries harvested beside it, when they are asked for.
    """

    facts: Mapping[str, Any]
    arrays: Arrays
    controls: "tuple[Deferred[StoredFiring], ...]" = field(default=())


def firing_folder(root: str | Path, release: str, sae_id: str) -> Path:
    """Where in a harvest folder the statistics of an SAE lie, whether they exist or not.

    Raises:
        SaegeoError: a name that would leave the folder.
    """
    folder = Path(root, release, sae_id)
    if not folder.resolve().is_relative_to(Path(root).resolve()):
        raise SaegeoError(f"the statistics of {release}:{sae_id} would lie outside {root}", "rename the SAE")
    return folder


def harvested(root: Path) -> dict[str, Path]:
    """The SAEs whose statistics lie below a folder: `<release>/<sae_id>` to folder."""
    folders = [manifest.parent for manifest in sorted(root.rglob(MANIFEST))]
    return {folder.relative_to(root).as_posix(): folder for folder in folders}


def folder_of_sae(path: Path, release: str | None = None, sae_id: str | None = None) -> Path:
    """The folder at or below `path` that holds the statistics of one SAE.

    Raises:
        SaegeoError: nothing there, several SAEs and none named, or not the SAE named.
    """
    if (path / MANIFEST).exists():
        return path
    found = harvested(path) if path.is_dir() else {}
    if not found:
        raise SaegeoError(
            f"there are no firing statistics at {path}", "give a folder written by saegeo harvest, or a .npz"
        )
    wanted = f"{release}/{sae_id}"
    if release is None and sae_id is None and len(found) == 1:
        return next(iter(found.values()))
    if wanted not in found:
        missing = "holds several SAEs" if release is None else f"holds no firing statistics of {release}:{sae_id}"
        raise SaegeoError(
            f"{path} {missing}", f"{near_matches(wanted, list(found))}; give one of these folders below it"
        )
    return found[wanted]


def write_firing(stored: StoredFiring, folder: Path) -> None:
    """Write statistics and their controls to `folder`, in place of what it held.

    Raises:
        SaegeoError: the folder is full or may not be written to.
    """
    try:
        _write(stored, folder, MANIFEST)
    except OSError as error:
        raise SaegeoError(
            f"cannot write {folder}: {error.strerror or error}", "choose another folder with --out"
        ) from error


def read_firing(folder: Path) -> StoredFiring:
    """Open what one SAE's folder holds: arrays memory-mapped, checksums compared, controls left for later.

    Raises:
        SaegeoError: no manifest, one of another format, or damaged files.
    """
    return _read(folder, MANIFEST)


def read_array_alone(folder: Path, name: str) -> tuple[dict[str, Any], NDArray[Any] | None]:
    """The facts of one SAE's folder and one of its arrays, None where it has no such array; the rest is not looked at.

    Raises:
        SaegeoError: as `read_firing`.
    """
    manifest = _read_manifest(folder / MANIFEST)
    stored = manifest.arrays.get(name)
    return manifest.model_dump(), None if stored is None else _read_array(folder / f"{name}.npy", stored)


def read_pair_counts(path: Path) -> tuple[NDArray[Any], int]:
    """The paper's `*_cooccurrences.npz`: `histogram` (N, N), `n_chunks`.

    Raises:
        SaegeoError: it cannot be read, or holds other arrays.
    """
    try:
        stored = read_npz(path)
        histogram, n_chunks = stored["histogram"], stored["n_chunks"]
    except KeyError as error:
        raise SaegeoError(
            f"{path} has no array {_first_line(error)}", "give a file with 'histogram' and 'n_chunks'"
        ) from None
    except SaegeoError:
        raise
    except Exception as error:  # a damaged archive fails in many ways, zlib's and zipfile's among them
        raise SaegeoError(
            f"cannot read {path}: {_first_line(error)}", "give a *_cooccurrences.npz or a harvest folder"
        ) from error
    if n_chunks.size != 1 or n_chunks.dtype.kind not in "iu":
        raise SaegeoError(f"n_chunks in {path} is not one whole number", "it is the number of blocks counted")
    return histogram, int(n_chunks.item())


def _write(stored: StoredFiring, folder: Path, manifest_name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / manifest_name).unlink(missing_ok=True)
    for number, control in enumerate(stored.controls):
        _write(control(), folder / "controls" / str(number), CONTROL_MANIFEST)
    manifest = {
        **stored.facts,
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "n_controls": len(stored.controls),
        "arrays": {name: _write_array(folder / f"{name}.npy", values) for name, values in stored.arrays.items()},
    }
    with replacing(folder / manifest_name) as file:
        file.write(json.dumps(manifest | {"sha256": _checksum(manifest)}, indent=1, allow_nan=False).encode())


def _write_array(path: Path, values: NDArray[Any]) -> dict[str, Any]:
    with replacing(path) as file:
        np.save(file, values, allow_pickle=False)
    return {"n_bytes": path.stat().st_size, "sha256": _sha256(path)}


def _read(folder: Path, manifest_name: str) -> StoredFiring:
    manifest = _read_manifest(folder / manifest_name)
    arrays = {name: _read_array(folder / f"{name}.npy", stored) for name, stored in manifest.arrays.items()}
    if "pair_counts" in arrays:
        refuse_impossible_pairs(arrays["pair_counts"], manifest.n_blocks)
    controls = (folder / "controls" / str(number) for number in range(manifest.n_controls))
    # The manifest of a control names every array with its SHA-256, so it identifies them.
    deferred = (
        Deferred(partial(_read, control, CONTROL_MANIFEST), partial(_identity_of_control, control))
        for control in controls
    )
    return StoredFiring(
        facts=manifest.model_dump(exclude={"format", "format_version", "sha256", "arrays", "n_controls"}),
        arrays=arrays,
        controls=tuple(deferred),
    )


def _identity_of_control(folder: Path) -> str:
    try:
        return _sha256(folder / CONTROL_MANIFEST)
    except OSError as error:
        raise SaegeoError(f"cannot read {folder / CONTROL_MANIFEST}: {_first_line(error)}", "harvest again") from None


def _read_manifest(path: Path) -> Manifest:
    try:
        content = parsed(read_whole(path))
        version = content.get("format_version") if isinstance(content, dict) else None
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise SaegeoError(
                f"{path} was written by a newer saegeo (format {version})", "pip install --upgrade saegeo"
            )
        manifest = Manifest.model_validate(content)
    except (OSError, ValueError, ValidationError) as error:
        raise SaegeoError(
            f"{path} is not the manifest of firing statistics: {_first_line(error)}", "harvest again"
        ) from None
    if manifest.sha256 != _checksum(content) and (manifest.sha256 is not None or manifest.format_version >= 3):
        raise SaegeoError(f"{path} is damaged: it is not what was written", "harvest again")
    return manifest


def _checksum(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of the content of a manifest, whatever its layout: numbers in it decide numbers of metrics."""
    content = {name: value for name, value in manifest.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _read_array(path: Path, stored: StoredArray) -> NDArray[Any]:
    try:
        if path.stat().st_size != stored.n_bytes or _sha256(path) != stored.sha256:
            raise SaegeoError(f"{path} is damaged: it is not what was written", "harvest again")
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise SaegeoError(f"cannot read {path}: {_first_line(error)}", "harvest again") from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
