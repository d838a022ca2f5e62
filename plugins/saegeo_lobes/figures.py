"""The drawings of the calibrated preset: one for every table that is worth looking at."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from saegeo_core import Figure

if TYPE_CHECKING:
    import pandas as pd


def figures(tables: "Mapping[str, pd.DataFrame]", k: int, map_method: str) -> list[Figure]:
    """The drawings of the tables that are there; `k` lobes are reported."""
    drawn = [
        *(_agreement(tables, geometry) for geometry in ("cosine_graph", "angular")),
        _accuracy(tables),
        _null_distribution(tables, k),
        LOBE_BY_TEXT,
        _map(tables, k, map_method),
        _phi_by_cosine(tables),
    ]
    return [figure for figure in drawn if figure is not None and figure.table in tables]


def published_figures(tables: "Mapping[str, pd.DataFrame]") -> list[Figure]:
    """The paper's two curves."""
    return [figure for figure in (_agreement(tables, "angular"), _accuracy(tables)) if figure is not None]


LOBE_BY_TEXT = Figure(
    name="lobe_by_text",
    title="What each lobe processes",
    kind="heatmap",
    table="lobe_by_text",
    x="label",
    y=("lobe",),
    z="share_of_label",
    x_title="kind of text",
    y_title="lobe",
    caption="Share of the blocks of each kind of text that each lobe leads; lobes are numbered by size.",
)


def _agreement(tables: "Mapping[str, pd.DataFrame]", geometry: str) -> Figure | None:
    name = f"agreement_with_{geometry}"
    if name not in tables:
        return None
    return Figure(
        name=name,
        title=f"Agreement of lobes with clusters of the {geometry.replace('_', ' ')}",
        kind="line",
        table=name,
        x="k",
        y=_all_but("k", tables[name]),
        log_x=True,
        x_title="number of lobes",
        y_title="adjusted mutual information",
        caption="Lobes by each affinity; phi_of_control are those of an untrained dictionary.",
    )


def _accuracy(tables: "Mapping[str, pd.DataFrame]") -> Figure | None:
    if "accuracy_by_number" not in tables:
        return None
    return Figure(
        name="accuracy_by_number",
        title="How well a feature's lobe is told from its direction",
        kind="line",
        table="accuracy_by_number",
        x="k",
        y=_all_but("k", tables["accuracy_by_number"]),
        log_x=True,
        x_title="number of lobes",
        y_title="balanced accuracy",
    )


def _null_distribution(tables: "Mapping[str, pd.DataFrame]", k: int) -> Figure:
    return Figure(
        name="null_distribution",
        title=f"Agreement at {k} lobes, and its nulls",
        kind="bar",
        table="null_distribution",
        x="value",
        y=_all_but("value", tables["null_distribution"]),
        x_title="adjusted mutual information",
        y_title="share of draws",
    )


def _map(tables: "Mapping[str, pd.DataFrame]", k: int, method: str) -> Figure:
    return Figure(
        name="map",
        title=f"The dictionary on a plane ({method})",
        kind="scatter",
        table="map",
        x="x",
        y=("y",),
        color="lobe",
        hover="label" if "label" in tables["map"].columns else "feature",
        caption=f"Features close on the map point in like directions; colour is the lobe, of {k}.",
    )


def _phi_by_cosine(tables: "Mapping[str, pd.DataFrame]") -> Figure:
    columns = tables["phi_by_cosine"].columns
    return Figure(
        name="phi_by_cosine",
        title="Firing together against lying together",
        kind="line",
        table="phi_by_cosine",
        x="cosine",
        y=tuple(name for name in ("mean_phi", "control") if name in columns),
        x_title="cosine of two features",
        y_title="mean phi",
    )


def _all_but(x: str, table: "pd.DataFrame") -> tuple[str, ...]:
    return tuple(column for column in table.columns if column != x)
