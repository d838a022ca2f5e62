"""Writes a complete plugin package to begin with: it installs, passes its tests and runs before a word is changed."""

import importlib.util
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Literal

from saegeo_core.errors import SaegeoError

TEMPLATES = Path(__file__).parent / "template"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
PREFIX = "saegeo-"
Kind = Literal["analysis", "format", "source"]


@dataclass(frozen=True)
class NewPackage:
    """What a package of one kind is made of.

    Attributes:
        what: the thing it brings, in words.
        modules: its modules beside `__init__`.
        libraries: what it imports besides saegeo.
        next_steps: what to type once it is written.
    """

    what: str
    modules: tuple[str, ...]
    libraries: tuple[str, ...]
    next_steps: tuple[str, ...]

    def files(self, kind: Kind) -> Mapping[str, str]:
        """Where its files lie, by the templates they are made of."""
        own = {"README.md": "README.md", "$module/__init__.py": "init.py", "tests/test_$module.py": "test.py"}
        own |= {f"$module/{module}.py": f"{module}.py" for module in self.modules}
        return {"pyproject.toml": "pyproject.toml.template"} | {
            place: f"{kind}/{template}.template" for place, template in own.items()
        }


KINDS: Mapping[Kind, NewPackage] = {
    "analysis": NewPackage(
        "analysis",
        ("analysis", "declared", "formula"),
        ("numpy", "scipy"),
        ("pip install -e $place", "saegeo plugins check $name", "pytest $place", "saegeo run --plugin $name"),
    ),
    "format": NewPackage(
        "file format",
        ("file_format",),
        ("torch",),
        ("pip install -e $place", "pytest $place", "saegeo run --plugin cosine-tails FILE.$name"),
    ),
    "source": NewPackage(
        "source of activations",
        ("source",),
        ("numpy", "torch"),
        ("pip install -e $place", "pytest $place", "saegeo harvest SAE --model $name:FOLDER"),
    ),
}


def write_plugin(name: str, folder: Path, taken: Iterable[str] = (), kind: Kind = "analysis") -> Path:
    """Write the package `saegeo-NAME`, in a folder of that name inside `folder`; returns where it lies.

    `taken` are the names of what is installed of that kind.

    Raises:
        SaegeoError: no name for such a thing, a name that is taken, something at that place, or a folder that cannot be written.
    """
    new = KINDS[kind]
    _refuse_bad_name(name, new.what)
    values = {
        "name": name,
        "what": new.what,
        "distribution": PREFIX + name,
        "module": (PREFIX + name).replace("-", "_"),
        "class_name": "".join(part.capitalize() for part in name.split("-")),
        "libraries": ", ".join(f'"{library}"' for library in new.libraries),
        "saegeo_version": version("saegeo"),
    }
    _refuse_taken(name, values["module"], new.what, taken)
    place = folder / values["distribution"]
    if place.exists():
        raise SaegeoError(f"{place} exists, and nothing is written over it", "choose another name, or another --dir")
    try:
        for path, template in new.files(kind).items():
            file = place / Template(path).substitute(values)
            file.parent.mkdir(parents=True, exist_ok=True)
            text = (TEMPLATES / template).read_text(encoding="utf-8")
            file.write_text(Template(text).substitute(values), encoding="utf-8")
    except OSError as error:
        raise SaegeoError(f"cannot write {place}: {error.strerror or error}", "choose another --dir") from error
    return place


def next_steps(name: str, place: Path, kind: Kind) -> list[str]:
    """The commands that go on from a package just written."""
    return [Template(step).substitute(name=name, place=place) for step in KINDS[kind].next_steps]


def _refuse_bad_name(name: str, what: str) -> None:
    if name.startswith(PREFIX):
        raise SaegeoError(f"{PREFIX} is put before the name anyway", f"type {name.removeprefix(PREFIX) or 'a name'}")
    if not NAME.fullmatch(name):
        likely = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")
        article = "an" if what[0] in "aeiou" else "a"
        raise SaegeoError(
            f"{name!r} is no name for {article} {what}: lower-case letters, digits and single hyphens, a letter first",
            f"for example {likely if NAME.fullmatch(likely) else 'norm-spread'}",
        )


def _refuse_taken(name: str, module: str, what: str, taken: Iterable[str]) -> None:
    if name in taken:
        article = "an" if what[0] in "aeiou" else "a"
        raise SaegeoError(
            f"there is {article} {what} {name!r} already", "saegeo plugins shows them all; choose another name"
        )
    if importlib.util.find_spec(module) is not None:
        raise SaegeoError(f"there is a Python module {module} already", "choose another name")
