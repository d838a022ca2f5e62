"""Releases of SAEs, and the SAEs in them. An L0 that is not known is called unknown, never zero."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from saegeo_core.cloud.sae_names import ascending_in_width, layer_in, width_in
from saegeo_core.rendering.numbers import count, significant
from saegeo_core.rendering.terminal.whole_names import whole_name_table

if TYPE_CHECKING:
    from saegeo_core.loading.release_directory import ReleaseEntry

BUNDLED = "bundled"
UNKNOWN = "unknown"
HOW_TO_SEE_THEM = "saegeo releases RELEASE lists the SAEs of one, --saes all of them"


def bundled_and_others(entries: "Sequence[ReleaseEntry]", width: int) -> RenderableType:
    """What the bundled release holds, then one line for each other release."""
    bundled = [entry for entry in entries if entry.source == BUNDLED]
    others = [entry for entry in entries if entry.source != BUNDLED]
    return Group(
        Text("bundled: comes with saegeo, needs no network", style="bold cyan"),
        _saes(bundled, width),
        Text(),
        Text("known to sae-lens: loaded from the Hugging Face hub", style="bold cyan"),
        _releases(others, width),
        _total(entries),
        Text(HOW_TO_SEE_THEM, style="dim"),
    )


def release_list(entries: "Sequence[ReleaseEntry]", width: int) -> RenderableType:
    """One line for each release: how many of its SAEs are among these, and what they are."""
    return Group(_releases(entries, width), _total(entries), Text(HOW_TO_SEE_THEM, style="dim"))


def sae_list(entries: "Sequence[ReleaseEntry]", width: int) -> RenderableType:
    """One line for each SAE: what to type for it, its model and its L0."""
    return Group(_saes(entries, width), _total(entries))


def _releases(entries: "Sequence[ReleaseEntry]", width: int) -> Text:
    releases: dict[str, list[ReleaseEntry]] = {}
    for entry in entries:
        releases.setdefault(entry.release, []).append(entry)
    rows: dict[str, list[list[str]]] = {}
    for release, saes in releases.items():
        layers = [layer for entry in saes if (layer := layer_in(entry.sae_id)) is not None]
        widths = sorted({one for entry in saes if (one := width_in(str(entry)))}, key=ascending_in_width)
        l0 = [entry.l0 for entry in saes if entry.l0 is not None]
        models = ", ".join(dict.fromkeys(entry.model or UNKNOWN for entry in saes))
        row = [
            release,
            count(len(saes)),
            _ends(map(count, (min(layers), max(layers)))) if layers else UNKNOWN,
            _ends((widths[0], widths[-1])) if widths else UNKNOWN,
            _ends(significant(end, 3) for end in (min(l0), max(l0))) if l0 else UNKNOWN,
        ]
        rows.setdefault(models, []).append(row)
    return _by_model(("release", "SAEs", "layers", "widths", "L0"), rows, width)


def _saes(entries: "Sequence[ReleaseEntry]", width: int) -> Text:
    rows: dict[str, list[list[str]]] = {}
    for entry in entries:
        l0 = UNKNOWN if entry.l0 is None else significant(entry.l0, 3)
        rows.setdefault(entry.model or UNKNOWN, []).append([str(entry), l0])
    return _by_model(("SAE", "L0"), rows, width)


def _by_model(headings: Sequence[str], rows: Mapping[str, Sequence[Sequence[str]]], width: int) -> Text:
    """A table of the rows of each model, under its name."""
    models = [f"model: {model}" for model, of_model in rows.items() for _ in of_model]
    return whole_name_table(headings, [row for of_model in rows.values() for row in of_model], width, groups=models)


def _ends(ends: Iterable[str]) -> str:
    """0-25, or 12 where both are the same."""
    return "-".join(dict.fromkeys(ends))


def _total(entries: "Sequence[ReleaseEntry]") -> Text:
    n_releases = len({entry.release for entry in entries})
    saes, releases = f"SAE{'s' * (len(entries) != 1)}", f"release{'s' * (n_releases != 1)}"
    return Text(f"{count(len(entries))} {saes} in {count(n_releases)} {releases}", style="dim")
