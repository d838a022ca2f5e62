"""Releases of SAEs, and the SAEs in them. An L0 that is not known is called unknown, never zero."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from saegeo_core.rendering.numbers import count, significant
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.rich_table import rich_table

if TYPE_CHECKING:
    from saegeo_core.loading.release_directory import ReleaseEntry

BUNDLED = "bundled"
UNKNOWN = "unknown"


def release_list(entries: "Sequence[ReleaseEntry]") -> RenderableType:
    """What the bundled release holds, then one line for each other release with the number of its SAEs."""
    bundled = [entry for entry in entries if entry.source == BUNDLED]
    others: dict[str, list[ReleaseEntry]] = {}
    for entry in entries:
        if entry.source != BUNDLED:
            others.setdefault(entry.release, []).append(entry)
    table = _table("release", "model", "SAEs")
    for release, saes in others.items():
        models = ", ".join(dict.fromkeys(entry.model or UNKNOWN for entry in saes))
        table.add_row(plain(release), plain(models), count(len(saes)))
    return Group(
        Text("bundled: comes with saegeo, needs no network", style="bold cyan"),
        _saes(bundled),
        Text(),
        Text("known to sae-lens: loaded from the Hugging Face hub", style="bold cyan"),
        table,
        _total(entries),
    )


def sae_list(entries: "Sequence[ReleaseEntry]") -> RenderableType:
    """One line for each SAE: what to type for it, its model and its L0."""
    return Group(_saes(entries), _total(entries))


def _saes(entries: "Sequence[ReleaseEntry]") -> RichTable:
    table = _table("SAE", "model", "L0")
    for entry in entries:
        l0 = UNKNOWN if entry.l0 is None else significant(entry.l0, 3)
        table.add_row(plain(f"{entry.release}:{entry.sae_id}"), plain(entry.model or UNKNOWN), l0)
    return table


def _table(*headings: str) -> RichTable:
    table = rich_table()
    for heading in headings:
        table.add_column(heading, justify="right" if heading in ("L0", "SAEs") else "left", overflow="fold")
    return table


def _total(entries: "Sequence[ReleaseEntry]") -> Text:
    n_releases = len({entry.release for entry in entries})
    saes, releases = f"SAE{'s' * (len(entries) != 1)}", f"release{'s' * (n_releases != 1)}"
    return Text(f"{count(len(entries))} {saes} in {count(n_releases)} {releases}", style="dim")
