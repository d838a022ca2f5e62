"""The files that an analysis reads besides the SAE: parameters of type Path. What they hold decides the numbers."""

import hashlib
from pathlib import Path
from typing import Any

from saegeo_core.errors import SaegeoError


def input_files(parameters: Any) -> dict[str, dict[str, Any]]:
    """For every parameter that names a file or a folder: how many files and bytes, and a SHA-256 of names and contents.

    `parameters` is a pydantic model. Hidden files of a folder do not count.

    Raises:
        SaegeoError: not there, or unreadable.
    """
    given = {key: value for key in type(parameters).model_fields if isinstance(value := getattr(parameters, key), Path)}
    return {key: _identity(key, path.expanduser()) for key, path in given.items()}


def refuse_absent_files(analysis: str, parameters: Any) -> None:
    """Raise SaegeoError where a parameter names a file or a folder that is not there."""
    for key in type(parameters).model_fields:
        value = getattr(parameters, key)
        if isinstance(value, Path) and not value.expanduser().exists():
            meaning = type(parameters).model_fields[key].description
            raise SaegeoError(f"{analysis}.{key}: there is no file or folder {value}", f"{key}: {meaning}")


def _identity(key: str, path: Path) -> dict[str, Any]:
    files = sorted(file for file in path.rglob("*") if _is_counted(file, path)) if path.is_dir() else [path]
    content = hashlib.sha256()
    try:
        for file in files:
            content.update(file.relative_to(path).as_posix().encode())
            with file.open("rb") as stream:
                content.update(hashlib.file_digest(stream, "sha256").digest())
        n_bytes = sum(file.stat().st_size for file in files)
    except OSError as error:
        raise SaegeoError(f"{key}: {error.filename} cannot be read: {error.strerror}") from error
    return {"path": str(path), "files": len(files), "bytes": n_bytes, "digest": content.hexdigest()}


def _is_counted(file: Path, folder: Path) -> bool:
    return file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
