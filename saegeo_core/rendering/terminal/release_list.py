"""Releases of SAEs, and the SAEs in them. An L0 that is not known is called unknown, never zero."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from saegeo_core.cloud.sae_names import ascending_in_width, layer_in, width_in
from saegeo_core.rendering.numbers import count, significant
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.rich_table import rich_table

if TYPE_CHECKING:
    from saegeo_core.loading.release_directory import ReleaseEntry

BUNDLED = "bundled"
UNKNOWN = "unknown"
HOW_TO_SEE_THEM = "saegeo releases RELEASE lists the SAEs of one, --saes all of them"


def bundled_and_others(entries: "Sequence[ReleaseEntry]") -> RenderableType:
    """What the bundled release holds, then one line for each other release."""
    bundled = [entry for entry in entries if entry.source == BUNDLED]
    others = [entry for entry in entries if entry.source != BUNDLED]
    return Group(
        Text("bundled: comes with saegeo, needs no network", style="bold cyan"),
        _saes(bundled),
        Text(),
        Text("known to sae-lens: loaded from the Hugging Face hub", style="bold cyan"),
        _releases(others),
        _total(entries),
        Text(HOW_TO_SEE_THEM, style="dim"),
    )


def release_list(entries: "Sequence[ReleaseEntry]") -> RenderableType:
    """One line for each release: how many of its SAEs are among these, and what they are."""
    return Group(_releases(entries), _total(entries), Text(HOW_TO_SEE_THEM, style="dim"))


def sae_list(entries: "Sequence[ReleaseEntry]") -> RenderableType:
    """One line for each SAE: what to type for it, its model and its L0."""
    return Group(_saes(entries), _total(entries))


def _releases(entries: "Sequence[ReleaseEntry]") -> RichTable:
    releases: dict[str, list[ReleaseEntry]] = {}
    for entry in entries:
        releases.setdefault(entry.release, []).append(entry)
    table = _table("release", "SAEs", "layers", "widths", "L0", "model")
    for release, saes in releases.items():
        layers = [layer for entry in saes if (layer := layer_in(entry.sae_id)) is not None]
        widths = sorted({width for entry in saes if (width := width_in(str(entry)))}, key=ascending_in_width)
        l0 = [entry.l0 for entry in saes if entry.l0 is not None]
        models = ", ".join(dict.fromkeys(entry.model or UNKNOWN for entry in saes))
        table.add_row(
            plain(release),
            count(len(saes)),
            _ends(map(count, (min(layers), max(layers)))) if layers else UNKNOWN,
            _ends((widths[0], widths[-1])) if widths else UNKNOWN,
            _ends(significant(end, 3) for end in (min(l0), max(l0))) if l0 else UNKNOWN,
            plain(models),
        )
    return table


def _saes(entries: "Sequence[ReleaseEntry]") -> RichTable:
    table = _table("SAE", "model", "L0")
    for entry in entries:
        l0 = UNKNOWN if entry.l0 is None else significant(entry.l0, 3)
        table.add_row(plain(str(entry)), plain(entry.model or UNKNOWN), l0)
    return table


def _table(*headings: str) -> RichTable:
    table = rich_table()
    for heading in headings:
        is_number = heading in ("L0", "SAEs", "layers", "widths")
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    return table


def _ends(ends: Iterable[str]) -> str:
    """0 to 25, or 12 where both are the same."""
    return " to ".join(dict.fromkeys(ends))


def _total(entries: "Sequence[ReleaseEntry]") -> Text:
    n_releases = len({entry.release for entry in entries})
    saes, releases = f"SAE{'s' * (len(entries) != 1)}", f"release{'s' * (n_releases != 1)}"
    return Text(f"{count(len(entries))} {saes} in {count(n_releases)} {releases}", style="dim")
