"""What `--corpus` takes: a file, a folder, a data set of the hub, the Python installation itself, or what a plugin reads."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from saegeo_core.corpora.corpus import Corpus
from saegeo_core.corpora.corpus_kind import CorpusKind, kind_and_place
from saegeo_core.corpora.document_rows import TEXT, DocumentRows
from saegeo_core.corpora.hub import HubCorpus
from saegeo_core.corpora.json_lines import JsonLinesCorpus
from saegeo_core.corpora.python_environment import PythonEnvironment
from saegeo_core.corpora.table_files import READERS, TableFilesCorpus
from saegeo_core.corpora.text_files import TextFilesCorpus
from saegeo_core.errors import SaegeoError
from saegeo_core.typed_path import typed_path

HUB = "hf:"
PYTHON_ENVIRONMENT = "python-env"
COMPRESSED = (".gz", ".zst")
JSON_LINES = (".jsonl", ".ndjson", ".json")
TEXT_FILES = (".txt", ".text", ".md", ".rst", ".tex")
KNOWN = "a JSON-lines, Parquet, CSV or text file, a folder of them, hf:NAME or python-env"


def open_corpus(
    where: str,
    *,
    label_field: str | None = None,
    text_field: str | None = None,
    skip_bad_lines: bool = False,
    kinds: Sequence[CorpusKind] = (),
) -> Corpus:
    """The corpus named by `where`: `KIND:WHERE` for the kinds given, a file or folder, `hf:NAME[:CONFIG][@SPLIT]`, or `python-env`.

    Of a folder, all JSON files are read, those in subfolders too, in the order of their paths; where there are none its tables
    (Parquet, CSV, TSV); only where there are none of these either are its text files (so that a README beside the data is no
    document).

    Raises:
        SaegeoError: nothing there, a file of another kind, a folder without text, or options that this corpus has no use for.
    """
    reading = DocumentRows(label_field, skip_bad_lines, text_field or TEXT)
    if named := kind_and_place(where, kinds):
        kind, place = named
        return kind.open(place, reading)
    if where.startswith(HUB):
        return HubCorpus(where.removeprefix(HUB), reading)
    if where == PYTHON_ENVIRONMENT:
        _refuse_fields(label_field, text_field, where)
        return PythonEnvironment()
    path = typed_path(where)
    files = _files(path)
    lines = [file for file in files if _kind(file) in JSON_LINES]
    if lines:
        return JsonLinesCorpus(_named(lines, path), reading)
    tables = [file for file in files if file.suffix in READERS]
    if tables:
        return TableFilesCorpus(_named(tables, path), reading)
    _refuse_fields(label_field, text_field, where)
    return TextFilesCorpus(_named(files, path))


def _files(path: Path) -> list[Path]:
    if path.is_file():
        if not _is_known(path):
            endings = ", ".join(JSON_LINES + TEXT_FILES)
            raise SaegeoError(
                f"{path} is neither JSON lines nor text by its name, and no table",
                f"known: {endings}, each also with .gz or .zst; {', '.join(READERS)}",
            )
        return [path]
    if not path.is_dir():
        raise SaegeoError(f"there is no corpus {path}", f"name {KNOWN}")
    files = sorted(
        file for file in path.rglob("*") if file.is_file() and _is_known(file) and not _is_hidden(file, path)
    )
    if not files:
        raise SaegeoError(f"the folder {path} holds no JSON-lines, no table and no text file", f"name {KNOWN}")
    return files


def _named(files: Iterable[Path], root: Path) -> list[tuple[str, Path]]:
    return [(file.name if file == root else file.relative_to(root).as_posix(), file) for file in files]


def _kind(file: Path) -> str:
    """The ending that says what is in a file, compression aside."""
    return (file.with_suffix("") if file.suffix in COMPRESSED else file).suffix


def _is_known(file: Path) -> bool:
    return _kind(file) in JSON_LINES + TEXT_FILES or file.suffix in READERS


def _is_hidden(file: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(root).parts)


def _refuse_fields(label_field: str | None, text_field: str | None, where: str) -> None:
    for option, what, field in (("--label-field", "label", label_field), ("--text-field", "text", text_field)):
        if field:
            raise SaegeoError(
                f"a {what} field, {field!r}, was given for {where}, which has no fields", f"leave out {option}"
            )
