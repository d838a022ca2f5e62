"""Directions from a path: the first file format that recognises it reads it."""

from pathlib import Path
from typing import TYPE_CHECKING

from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import FileFormat, Layout, StoredDirections
from saegeo_core.sae_description import Rows

if TYPE_CHECKING:
    from saegeo_core.plugin_manager import PluginManager


def read_path(path: Path, rows: Rows, layout: Layout | None, plugins: "PluginManager") -> StoredDirections:
    """The directions in a file or folder.

    Raises:
        SaegeoError: missing, of unknown content, or what its format finds wrong with it.
    """
    # Strangers' formats first, so that they can be more particular than the built-in ones.
    formats = sorted(plugins.formats, key=_is_built_in)
    for file_format in formats:
        if file_format.recognises(path):
            return file_format.read(path, rows, layout)
    known = "; ".join(f"{file_format.name}: {file_format.summary}" for file_format in formats) or "none is registered"
    raise SaegeoError(f"{_what_it_is(path)} is in no file format known here", f"known formats - {known}")


def _is_built_in(file_format: FileFormat) -> bool:
    return type(file_format).__module__.startswith("saegeo_core.")


def _what_it_is(path: Path) -> str:
    if not path.is_dir():
        return str(path)
    names = sorted(child.name + "/" * child.is_dir() for child in path.iterdir())
    shown = ", ".join(names[:10]) + (" …" if len(names) > 10 else "")
    return f"the folder {path}, which holds {shown or 'nothing'},"
