"""Writes a complete plugin package to begin with: it installs, passes its tests and runs before a word is changed."""

import importlib.util
import re
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from string import Template

from saegeo_core.errors import SaegeoError

TEMPLATE = Path(__file__).parent / "template"
FILES = {
    "pyproject.toml": "pyproject.toml.template",
    "README.md": "README.md.template",
    "$module/__init__.py": "init.py.template",
    "$module/analysis.py": "analysis.py.template",
    "$module/declared.py": "declared.py.template",
    "$module/formula.py": "formula.py.template",
    "tests/test_$module.py": "test.py.template",
}
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
PREFIX = "saegeo-"


def write_plugin(name: str, folder: Path, taken: Iterable[str] = ()) -> Path:
    """Write the package `saegeo-NAME`, in a folder of that name inside `folder`; returns where it lies.

    `taken` are the names of installed analyses.

    Raises:
        SaegeoError: no name for an analysis, a name that is taken, something at that place, or a folder that cannot be written.
    """
    _refuse_bad_name(name)
    values = {
        "name": name,
        "distribution": PREFIX + name,
        "module": (PREFIX + name).replace("-", "_"),
        "class_name": "".join(part.capitalize() for part in name.split("-")),
        "saegeo_version": version("saegeo"),
    }
    _refuse_taken(name, values["module"], taken)
    place = folder / values["distribution"]
    if place.exists():
        raise SaegeoError(f"{place} exists, and nothing is written over it", "choose another name, or another --dir")
    try:
        for path, template in FILES.items():
            file = place / Template(path).substitute(values)
            file.parent.mkdir(parents=True, exist_ok=True)
            text = (TEMPLATE / template).read_text(encoding="utf-8")
            file.write_text(Template(text).substitute(values), encoding="utf-8")
    except OSError as error:
        raise SaegeoError(f"cannot write {place}: {error.strerror or error}", "choose another --dir") from error
    return place


def _refuse_bad_name(name: str) -> None:
    if name.startswith(PREFIX):
        raise SaegeoError(f"{PREFIX} is put before the name anyway", f"type {name.removeprefix(PREFIX) or 'a name'}")
    if not NAME.fullmatch(name):
        likely = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")
        raise SaegeoError(
            f"{name!r} is no name for an analysis: lower-case letters, digits and single hyphens, a letter first",
            f"for example {likely if NAME.fullmatch(likely) else 'norm-spread'}",
        )


def _refuse_taken(name: str, module: str, taken: Iterable[str]) -> None:
    if name in taken:
        raise SaegeoError(
            f"there is an analysis {name!r} already", "saegeo plugins shows them all; choose another name"
        )
    if importlib.util.find_spec(module) is not None:
        raise SaegeoError(f"there is a Python module {module} already", "choose another name")
