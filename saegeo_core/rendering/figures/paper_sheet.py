"""The sheet that a figure for paper is drawn on: as wide as one column of a paper or as both, and the style of its letters."""

from typing import Any, Literal

from saegeo_core.report.findings import Figure

PaperWidth = Literal["single", "double"]
WIDTHS: dict[PaperWidth, float] = {"single": 3.35, "double": 7.0}
"""Inches: 85 mm and 178 mm, as most journals have them."""
USUAL_HEIGHT: dict[PaperWidth, float] = {"single": 2.5, "double": 3.5}
HEIGHTS: dict[str, dict[PaperWidth, float]] = {
    "scatter": {"single": 3.2, "double": 5.0},
    "arrows": {"single": 3.4, "double": 5.6},
    "scatter3d": {"single": 3.4, "double": 5.0},
    "heatmap": {"single": 3.3, "double": 4.6},
    "alluvial": {"single": 3.0, "double": 4.2},
}
FONT_SIZES: dict[PaperWidth, float] = {"single": 7.0, "double": 8.0}
"""Points."""
INK = "#24292f"


def sheet_size(figure: Figure, width: PaperWidth) -> tuple[float, float]:
    """Width and height in inches."""
    return WIDTHS[width], HEIGHTS.get(figure.kind, USUAL_HEIGHT)[width]


def style(width: PaperWidth) -> dict[str, Any]:
    """The settings of matplotlib."""
    size = FONT_SIZES[width]
    return {
        "svg.hashsalt": "saegeo",  # names inside the file follow from its content
        "svg.fonttype": "none",  # text stays text, in the fonts of the paper
        "pdf.fonttype": 42,
        "text.parse_math": False,  # a dollar sign is one
        "font.family": "sans-serif",
        "font.size": size,
        "axes.titlesize": size + 1,
        "axes.labelsize": size,
        "xtick.labelsize": size,
        "ytick.labelsize": size,
        "legend.fontsize": size,
        "figure.titlesize": size + 1,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.6,
        "axes.grid": True,
        "axes.unicode_minus": True,
        "grid.color": "#e4e2dc",
        "grid.linewidth": 0.5,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "axes.axisbelow": True,
        "legend.frameon": False,
        "hatch.linewidth": 0.6,
    }
