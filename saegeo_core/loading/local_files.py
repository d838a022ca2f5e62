"""SAEs from a path: the first file format that recognizes it reads it. What a stranger's format does wrong is its own."""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from saegeo_core.cloud.description import Rows
from saegeo_core.cloud.sae_names import in_natural_order
from saegeo_core.contained import contained
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import FileFormat, Layout, StoredDirections
from saegeo_core.loading.formats.plain_matrix import PlainMatrix
from saegeo_core.loading.tensor_files import SUFFIXES
from saegeo_core.visible_text import visible

if TYPE_CHECKING:
    from saegeo_core.plugin.manager import PluginManager

Read = TypeVar("Read")


def read_path(path: Path, rows: Rows, layout: Layout | None, plugins: "PluginManager") -> StoredDirections:
    """The directions in a file or folder.

    Raises:
        SaegeoError: missing, of unknown content, or what its format finds wrong with it.
        RuntimeError: the format itself failed; its package is named.
    """
    file_format = _format_of(path, plugins)

    def read() -> StoredDirections:
        stored = file_format.read(path, rows, layout)
        if not isinstance(stored, StoredDirections):
            raise TypeError(f"read returned a {type(stored).__name__}, not StoredDirections")
        return stored

    return _told_whose(read, file_format, path, plugins)


def read_whole(path: Path, plugins: "PluginManager") -> Any:
    """The SAE in a file or folder with its encoder, an SAE of sae-lens.

    Raises:
        SaegeoError: its format gives directions alone; else as `read_path`.
        RuntimeError: the format itself failed; its package is named.
    """
    file_format = _format_of(path, plugins)
    read_sae: Callable[[Path], Any] | None = getattr(file_format, "read_sae", None)
    if read_sae is None:
        raise SaegeoError(
            f"{path} is read as {file_format.name}, which gives directions and not how they encode: when its features fire "
            "cannot be found out",
            "save it in a format that tells it, for example with SAE.save_model of sae-lens; docs/loading.md lists them",
        )

    def read() -> Any:
        sae = read_sae(path)
        missing = [name for name in ("cfg", "encode") if not hasattr(sae, name)]
        if missing:
            raise TypeError(
                f"read_sae returned a {type(sae).__name__} without {' and '.join(missing)}: no SAE of sae-lens"
            )
        return sae

    return _told_whose(read, file_format, path, plugins)


def is_recognised(path: Path, plugins: "PluginManager") -> bool:
    """Whether any file format takes a path for an SAE of its own."""
    return any(_recognises(file_format, path, plugins) for file_format in plugins.formats)


def _format_of(path: Path, plugins: "PluginManager") -> FileFormat:
    """The first format that recognizes a path; strangers' first, so that they can be more particular than the built-in ones."""
    formats = sorted(plugins.formats, key=_is_built_in)
    for file_format in formats:
        if _recognises(file_format, path, plugins):
            return file_format
    inside = saes_inside(path, plugins)
    if inside:
        shown = ", ".join(str(one.relative_to(path)) for one in inside[:5]) + (" …" if len(inside) > 5 else "")
        raise SaegeoError(
            f"{path} holds {len(inside)} SAE{'s' * (len(inside) > 1)} and is none itself: {shown}",
            f"name one of them, {inside[0]}; saegeo run, compare and harvest take all of them by the name of the folder",
        )
    _refuse_configuration_alone(path)
    known = "; ".join(f"{file_format.name}: {file_format.summary}" for file_format in formats) or "none is registered"
    raise SaegeoError(f"{_what_it_is(path)} is in no file format known here", f"known formats - {known}")


def _refuse_configuration_alone(path: Path) -> None:
    """Raise SaegeoError for a folder that has the configuration of an SAE and no arrays."""
    files = sorted(child.name for child in path.iterdir() if child.is_file()) if path.is_dir() else []
    configurations = [name for name in files if name in ("cfg.json", "config.json", "hyperparams.json")]
    if configurations and not any(Path(name).suffix in SUFFIXES for name in files):
        raise SaegeoError(
            f"{path} holds {configurations[0]} and no weights: it holds {', '.join(files)}",
            "copy the weights from where the SAE was saved, for example sae_weights.safetensors",
        )


def saes_inside(path: Path, plugins: "PluginManager") -> list[Path]:
    """The SAEs in a folder that is none itself, at any depth, in natural order; none in what is no folder.

    Folders and files that a format knows as those of an SAE. A bare matrix may be anything, and is not taken for one; hidden
    folders are passed over.
    """
    formats = [one for one in plugins.formats if not isinstance(one, PlainMatrix)]
    found: list[Path] = []
    for folder, folders, files in os.walk(path):
        names = [name for name in (*folders, *files) if not name.startswith(".")]
        here = [name for name in names if any(_recognises(one, Path(folder, name), plugins) for one in formats)]
        found += [Path(folder, name) for name in here]
        folders[:] = [name for name in folders if name in names and name not in here]
    return sorted(found, key=lambda one: [in_natural_order(part) for part in one.parts])


def _recognises(file_format: FileFormat, path: Path, plugins: "PluginManager") -> bool:
    """A format that fails when it looks at a path does not stop the others from reading it."""
    try:
        with contained():
            return bool(file_format.recognises(path))
    except Exception as error:
        warnings.warn(visible(f"{_of(file_format, plugins)} failed to look at {path}: {_told(error)}"), stacklevel=2)
        return False


def _told_whose(read: Callable[[], Read], file_format: FileFormat, path: Path, plugins: "PluginManager") -> Read:
    """What `read` gives; where the format itself fails, it and its package are named."""
    try:
        with contained():
            return read()
    except SaegeoError:
        raise
    except Exception as error:
        raise RuntimeError(f"{_of(file_format, plugins)} failed to read {path}: {_told(error)}") from error


def _of(file_format: FileFormat, plugins: "PluginManager") -> str:
    return f"file format {file_format.name} of package {plugins.package_of_format(file_format)}"


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _is_built_in(file_format: FileFormat) -> bool:
    return type(file_format).__module__.startswith("saegeo_core.")


def _what_it_is(path: Path) -> str:
    if not path.is_dir():
        return str(path)
    names = sorted(child.name + "/" * child.is_dir() for child in path.iterdir())
    shown = ", ".join(names[:10]) + (" …" if len(names) > 10 else "")
    return f"the folder {path}, which holds {shown or 'nothing'},"
