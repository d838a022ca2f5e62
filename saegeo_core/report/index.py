"""What is compared of thousands of reports, kept beside them in one file: a report that has not changed is not read again.

The reports are the truth, and the index is never believed against them: it holds size and time of the last change of each report's
files, and what differs in them is read from the report. An index that is missing, damaged, of another version or not to be written
costs time, nothing else. It appears whole or not at all, so that of two writers the later one's stays.
"""

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from saegeo_core.atomic_file import replacing
from saegeo_core.report.report import SCHEMA_VERSION, ReportHead
from saegeo_core.report.store import ReportStore, StoredArrays, arrays_beside
from saegeo_core.size_limit import refuse_inflating

FILE = ".saegeo-index.parquet"
FROM_REPORTS = 200
"""Fewer are read in a second, and their folder stays as it is."""
SETTLED = 2_000_000_000
"""Nanoseconds. What changed later than that before it was read may change again without its time telling."""
OF_A_FILE = 2
"""Numbers of an identity."""
COLUMNS = ("path", "identity", "head")
CHECKSUM, VERSION = b"checksum", b"version"

Entries = dict[str, tuple[str, str]]
"""Path of a report below the folder to the identity of its files and, as JSON, what is compared of it."""


@contextmanager
def indexed(folder: Path) -> Iterator[Callable[[Path], ReportHead]]:
    """Reads what is compared of the reports below a folder, from its index where that is true, and mends the index at the end.

    What it yields raises SaegeoError for what is no report, as `ReportStore.read` does.
    """
    known, found = _read(folder / FILE), Entries()

    def head_of(path: Path) -> ReportHead:
        name, identity, now = path.relative_to(folder).as_posix(), _identity(path), time.time_ns()
        if identity is not None and known.get(name, ("", ""))[0] == str(identity):
            with contextlib.suppress(ValueError):
                head = ReportHead.model_validate_json(known[name][1])
                found[name] = known[name]
                return head.with_arrays(StoredArrays(path)) if len(identity) > OF_A_FILE else head
        report = ReportStore.read(path)
        if identity is not None and max(identity[1::OF_A_FILE]) < now - SETTLED:
            found[name] = str(identity), report.head.model_dump_json()
        return report.head

    yield head_of
    if len(found) >= FROM_REPORTS and any(known.get(name) != entry for name, entry in found.items()):
        with contextlib.suppress(OSError):
            _write(folder / FILE, found)


def _identity(path: Path) -> tuple[int, ...] | None:
    """Size and time of the last change of a report and of the arrays beside it; None where there is no file."""
    try:
        states = [path.stat()]
    except OSError:
        return None
    with contextlib.suppress(OSError):
        states.append(arrays_beside(path).stat())
    return tuple(number for state in states for number in (state.st_size, state.st_mtime_ns))


def _read(path: Path) -> Entries:
    """What an index holds; nothing where there is none to be believed."""
    if not path.is_file():
        return {}
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as opened, pq.ParquetFile(opened) as file:
            groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
            refuse_inflating(sum(group.total_byte_size for group in groups), path.stat().st_size, str(path))
            told = file.schema_arrow.metadata
            columns = [file.read([name]).column(0).to_pylist() for name in COLUMNS]
        if told[VERSION] != _version() or told[CHECKSUM] != _checksum(columns):
            return {}
    except Exception:  # a damaged file fails in many ways, Arrow's, and those of what it is then taken for
        return {}
    names, identities, heads = columns
    return dict(zip(names, zip(identities, heads, strict=True), strict=True))


def _write(path: Path, entries: Entries) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = [list(entries), [identity for identity, _ in entries.values()], [head for _, head in entries.values()]]
    table = pa.table({name: pa.array(column, pa.large_string()) for name, column in zip(COLUMNS, columns, strict=True)})
    table = table.replace_schema_metadata({VERSION: _version(), CHECKSUM: _checksum(columns)})
    with replacing(path) as file:
        pq.write_table(table, file, compression="zstd")


def _version() -> bytes:
    """Whose reading of reports it holds."""
    return f"saegeo {version('saegeo')}, schema {SCHEMA_VERSION}".encode()


def _checksum(columns: list[list[str]]) -> bytes:
    """Of all texts, in their order. Parquet itself checks less."""
    digest = hashlib.sha256()
    for text in (text for column in columns for text in column):
        digest.update(text.encode())
        digest.update(b"\n")
    return digest.hexdigest().encode()
