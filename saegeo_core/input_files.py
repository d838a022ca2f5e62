"""The files that an analysis reads besides the SAE: parameters of type Path. What they hold decides the numbers."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from saegeo_core.errors import SaegeoError
from saegeo_core.typed_path import typed_path


def input_files(parameters: Any) -> dict[str, dict[str, Any]]:
    """For every parameter that names files or folders: how many files and bytes, and a SHA-256 of names and contents.

    `parameters` is a pydantic model; paths may stand in lists, dictionaries and models of theirs. Hidden files of a folder do not
    count.

    Raises:
        SaegeoError: not there, or unreadable.
    """
    fields = type(parameters).model_fields
    named = {key: list(_paths_in(getattr(parameters, key))) for key in fields}
    return {key: _identity_of_all(key, paths) for key, paths in named.items() if paths}


def _paths_in(value: Any) -> Iterator[Path]:
    if isinstance(value, Path):
        yield typed_path(value)
    elif isinstance(value, Mapping):
        yield from _paths_in([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for one in sorted(value, key=str) if isinstance(value, set | frozenset) else value:
            yield from _paths_in(one)
    elif isinstance(value, BaseModel):
        yield from _paths_in([getattr(value, key) for key in type(value).model_fields])


def _identity_of_all(key: str, paths: list[Path]) -> dict[str, Any]:
    """What is told of one file or folder; of several, their paths, the sums, and one digest of all in their order."""
    told = [_identity(key, path) for path in paths]
    if len(told) == 1:
        return told[0]
    digest = hashlib.sha256("".join(one["digest"] for one in told).encode()).hexdigest()
    sums = {name: sum(one[name] for one in told) for name in ("files", "bytes")}
    return {"path": [one["path"] for one in told], **sums, "digest": digest}


def refuse_absent_files(analysis: str, parameters: Any) -> None:
    """Raise SaegeoError where a parameter names a file or a folder that is not there, or something else, a pipe say."""
    for key, field in type(parameters).model_fields.items():
        for path in _paths_in(getattr(parameters, key)):
            if not path.exists():
                raise SaegeoError(f"{analysis}.{key}: there is no file or folder {path}", f"{key}: {field.description}")
            if not path.is_file() and not path.is_dir():  # a pipe nobody writes to would be waited for
                raise SaegeoError(f"{analysis}.{key}: {path} is no file or folder", f"{key}: {field.description}")


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
