"""Text that lies on every machine saegeo runs on: the Python installation itself. No download, four kinds of text.

`source` is code of the standard library, `docstring` its documentation; `licence` and `description` come with the
installed packages. A module gives either its source or its docstrings, never both: the same words must not stand under
two labels. Within a kind the order is that of the SHA-256 of the names, as good as random, which depends on no seed and no
file system; the kinds take turns, so that the first N documents hold all of them. Texts are cut at line ends into pieces,
and the pieces of one text are one group.
"""

import ast
import hashlib
import platform
import re
import sysconfig
import tokenize
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import Distribution, distributions
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from saegeo_core.corpora.corpus import Document
from saegeo_core.errors import SaegeoError

PIECE_CHARACTERS = 4096
SHORTEST = 200
#: Folders that are no library: tests, other people's packages, and tables of character codes.
NO_LIBRARY = {"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__", "encodings"}
LICENSE = re.compile(r"(licen[cs]e|copying|notice).*", re.IGNORECASE)

Item = TypeVar("Item")
#: A name and a text.
Named = tuple[str, str]


class PythonEnvironment:
    """The text of the running Python installation, in pieces of 200 to 4,096 characters, labeled by kind."""

    n_skipped = 0

    def describe(self) -> dict[str, Any]:
        """The versions of Python and of the installed packages (as one digest), which decide the text."""
        packages = sorted(f"{package.name}=={package.version}" for package in _packages())
        return {
            "kind": "python-env",
            "python": platform.python_version(),
            "packages": hashlib.sha256("\n".join(packages).encode()).hexdigest(),
            "piece_characters": PIECE_CHARACTERS,
        }

    def documents(self, start: int = 0) -> Iterator[Document]:
        """The documents from number `start` on; those before are cut again, to count them.

        Raises:
            SaegeoError: this installation holds no text (a frozen or zipped one).
        """
        return islice(self._all_documents(), start, None)

    def _all_documents(self) -> Iterator[Document]:
        modules, packages = _standard_library(), _packages()
        pieces = _taking_turns(
            _pieces("source", _sources([path for path in modules if _has_its_source_read(path)])),
            _pieces("docstring", _docstrings([path for path in modules if not _has_its_source_read(path)])),
            _pieces("licence", _licenses(packages)),
            _pieces("description", ((package.name, _description(package)) for package in packages)),
        )
        position = -1
        for position, (text, kind, group) in enumerate(pieces):
            yield Document(text, kind, group, position)
        if position < 0:
            raise SaegeoError("this Python installation holds no text", "name a file or a folder as the corpus")


def cut(text: str, most: int = PIECE_CHARACTERS) -> Iterator[str]:
    """`text` in consecutive pieces of at most `most` characters, cut at line ends where a line is no longer than that."""
    piece = ""
    for line in text.splitlines(keepends=True):
        if piece and len(piece) + len(line) > most:
            yield piece
            piece = ""
        piece += line
        while len(piece) > most:
            yield piece[:most]
            piece = piece[most:]
    if piece:
        yield piece


def _pieces(kind: str, texts: Iterable[Named]) -> Iterator[tuple[str, str, str]]:
    for name, text in texts:
        valid = text.encode("utf-8", "ignore").decode()  # metadata may hold half a surrogate pair
        for piece in cut(valid):
            if len(piece) >= SHORTEST:
                yield piece, kind, f"{kind}/{name}"


def _taking_turns(*sequences: Iterator[Item]) -> Iterator[Item]:
    waiting = deque(sequences)
    while waiting:
        sequence = waiting.popleft()
        for item in islice(sequence, 1):
            yield item
            waiting.append(sequence)


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def _root() -> Path:
    return Path(sysconfig.get_path("stdlib"))


def _standard_library() -> list[str]:
    """Paths of the modules, relative to the standard library's folder."""
    root = _root()
    paths = (file.relative_to(root) for file in root.rglob("*.py"))
    return sorted((path.as_posix() for path in paths if not NO_LIBRARY & set(path.parts)), key=_digest)


def _has_its_source_read(module: str) -> bool:
    return _digest(module)[0] % 2 == 0


def _sources(modules: Sequence[str]) -> Iterator[Named]:
    root = _root()
    for module in modules:
        try:
            with tokenize.open(root / module) as file:
                yield module, file.read()
        except (OSError, SyntaxError, UnicodeDecodeError):  # templates and deliberately broken files are no text
            continue


def _docstrings(modules: Sequence[str]) -> Iterator[Named]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for module, source in _sources(modules):
        try:
            with warnings.catch_warnings(action="ignore"):
                nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, documented)]
        except (SyntaxError, ValueError):
            continue
        yield module, "\n\n".join(filter(None, map(ast.get_docstring, nodes)))


def _packages() -> list[Distribution]:
    """The installed packages, of several of one name the one that Python imports."""
    by_name: dict[str, Distribution] = {}
    for package in distributions():
        if package.metadata["Name"]:
            by_name.setdefault(package.name.lower(), package)
    return [by_name[name] for name in sorted(by_name, key=_digest)]


def _licenses(packages: Iterable[Distribution]) -> Iterator[Named]:
    """The license texts of all packages, each text once however many packages share it."""
    seen: set[bytes] = set()
    for package in packages:
        for file in package.files or []:
            if not LICENSE.fullmatch(file.name):
                continue
            try:
                text = Path(str(file.locate())).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                continue
            if _digest(text) not in seen:
                seen.add(_digest(text))
                yield f"{package.name}/{file.name}", text


def _description(package: Distribution) -> str:
    return str(package.metadata.json.get("description", ""))
