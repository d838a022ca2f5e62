"""The figures of the calibrated preset, over its tables, and the one that both presets draw."""

from typing import TYPE_CHECKING

from saegeo_core import Figure

if TYPE_CHECKING:
    import pandas as pd


def figures_of(tables: "dict[str, pd.DataFrame]", length: str) -> list[Figure]:
    """Silhouettes by dimension, what each way gains, the plane before and after, offsets of relations, and the distractors."""
    relation = tables["plane_raw"]["relation"].iloc[0]
    distractors = ", ".join(tables["components"]["distractor"].unique())
    planes = [
        Figure(
            name=f"plane_{space}",
            title=f"The pairs of {relation}, {words}",
            kind="arrows",
            table=f"plane_{space}",
            x="x",
            y=("y",),
            to_x="to_x",
            to_y="to_y",
            hover="pair",
            x_title="first principal axis",
            y_title="second",
            caption="Held-out pairs of the relation whose offsets are most alike after projection. Parallel arrows of one length "
            "are parallelograms.",
        )
        for space, words in (("raw", "as they are"), ("projected", "projected"))
    ]
    heatmaps = [
        Figure(
            name=f"offset_similarity_{space}",
            title=f"How alike the offsets of two relations are, {words}",
            kind="heatmap",
            table="offsets",
            x="relation",
            y=("other",),
            z=space,
            caption="Mean cosine of held-out offsets.",
        )
        for space, words in (("raw", "as they are"), ("projected", "projected"))
    ]
    return [
        Figure(
            name="silhouette_by_dimension",
            title="Silhouette against the number of discriminants",
            kind="line",
            table="dimensions",
            x="dimensions",
            y=("raw", "in_sample", "held_out", "shuffled_partners"),
            x_title="discriminants",
            y_title="silhouette",
            caption="What is fitted and scored on the same pairs rises with the dimension whatever they are; what shuffled "
            "partners reach held out is category, not pairing.",
        ),
        Figure(
            name="gain_by_way",
            title="What taking away gains in pairing",
            kind="bar",
            table="comparisons",
            x="way",
            y=("pairing_consistency_gain",),
            low="pairing_consistency_gain_low",
            high="pairing_consistency_gain_high",
            x_title="",
            y_title="gain over raw",
            caption="Pairing consistency less that of the raw space. If a distractor hides parallelograms, taking just that away "
            f"gains. Components are principal ones of the differences; the named distractors are {distractors or 'none'}.",
        ),
        *planes,
        *heatmaps,
        Figure(
            name="distractor_correlations",
            title="Principal components of the differences and the named distractors",
            kind="bar",
            table="components",
            x="component",
            y=("correlation", "within_correlation"),
            color="distractor",
            low="low",
            high="high",
            x_title="component",
            y_title="correlation",
            caption="Over all pairs, with intervals, and within relations.",
        ),
        length_figure(
            length,
            title="First principal component against the difference in length",
            caption="Mean over the pairs of each difference, with their standard deviation.",
        ),
    ]


def length_figure(length: str, *, title: str, caption: str) -> Figure:
    """The first component against the difference in `length`, the name of a word fact: the paper's figure, over `lengths`."""
    return Figure(
        name="first_component_by_length",
        title=title,
        kind="line",
        table="lengths",
        x="difference",
        y=("mean",),
        low="low",
        high="high",
        x_title=f"difference of {length.replace('_', ' ')}, characters",
        y_title="first component",
        caption=caption,
    )
