"""Rows of a Parquet file, a few at a time, and no more bytes of it than it can mean."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saegeo_core.errors import SaegeoError
from saegeo_core.size_limit import MOST_OF_AN_ARRAY, refuse_inflating, refuse_too_large

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData

ROWS_AT_ONCE = 8
"""Few, for a text that stands once in a dictionary stands in memory as often as rows name it; 3 microseconds a row."""
BUFFER = 1 << 16


def parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Every row by the names of its columns. Checksums of pages are compared where the file has them.

    Raises:
        SaegeoError: two columns of one name, or a part that inflates beyond what it can mean.
        Exception: whatever pyarrow raises of a damaged file.
    """
    from pyarrow.parquet import ParquetFile

    with path.open("rb") as content:
        file = ParquetFile(content, page_checksum_verification=True, buffer_size=BUFFER, memory_map=False)
        name, times = Counter(file.schema_arrow.names).most_common(1)[0] if file.schema_arrow.names else ("", 0)
        if times > 1:
            raise SaegeoError(f"{path} has {times} columns called {name!r}", "leave one of them")
        _refuse_inflating_parts(path, file.metadata)
        for batch in file.iter_batches(ROWS_AT_ONCE, use_threads=False):
            refuse_too_large(batch.nbytes, f"{batch.num_rows} rows of {path}", MOST_OF_AN_ARRAY)
            yield from batch.to_pylist()


def _refuse_inflating_parts(path: Path, known: "FileMetaData") -> None:
    """Raise SaegeoError where a column of a row group is said to inflate as no text does."""
    for number in range(known.num_row_groups):
        group = known.row_group(number)
        for column in map(group.column, range(group.num_columns)):
            refuse_inflating(
                column.total_uncompressed_size,
                column.total_compressed_size,
                f"{column.path_in_schema} in part {number + 1} of {path}",
            )
