"""The runs made so far, one line of JSON each, one file for each cell: what is written stays, and what is missing is made.

Those that come with the repository (`kept`) need not be made.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from benchmarks.calibration.cell import Cell, Said


class Records:
    """The runs of one cell in a folder, in a file that names the analysis with its version and the law."""

    def __init__(self, folder: Path, cell: Cell, kept: Mapping[int, dict[str, Said]] | None = None) -> None:
        name = f"{cell.analysis} {cell.version} on {cell.law}".replace("/", " over ").replace(":", "")
        self.path, self._kept = folder / f"{name}.jsonl", kept or {}

    def read(self) -> dict[int, dict[str, Said]]:
        """What each run said, by its number. A line that was cut off, and the one written after it, are no run."""
        return {**self._kept, **dict(self._lines())}

    def add(self, number: int, said: dict[str, Said]) -> None:
        """Keep what a run said."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"run": number, "said": said}) + "\n")

    def _lines(self) -> Iterator[tuple[int, dict[str, Said]]]:
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8").splitlines():
            with suppress(json.JSONDecodeError):
                record = json.loads(line)
                yield record["run"], record["said"]
