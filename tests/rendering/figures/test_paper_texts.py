"""On paper no two texts overlap and none leaves the sheet: every figure of every analysis, and those of several SAEs together."""

from itertools import combinations

import numpy as np
import pytest
from golden_findings import FOREIGN

import saegeo_core as sg
from saegeo_core import Figure
from saegeo_core.rendering.comparison_figures import comparison_figures
from saegeo_core.rendering.figures.paper_sheet import WIDTHS
from saegeo_core.rendering.figures.static_drawing import drawn_sheet
from saegeo_core.report.report import Table

TOUCHING = 0.5
"""Points by which boxes may overlap: letters do not fill theirs."""
QUICK = {
    "crystals": {"pairs_per_relation": 8, "n_folds": 2, "null_draws": 19, "dictionary_draws": 3},
    "entropy": {"null_draws": 19},
    "lobes": {"null_draws": 99, "document_splits": 0, "isotropic_draws": 2},
    "power-law": {"first_rank": 2, "last_rank": 12},
    "redundancy": {"null_draws": 19},
    "stability": {"other": str(FOREIGN / "other.npy")},
}
"""Fewer draws than by default, and what small clouds need: figures are the same."""
PAPER = {"lobes": {"n_clusters": [2, 3, 8], "isotropic_draws": 5, "null_draws": 19}}
ANALYSES = ["cosine-tails", *QUICK, "frequency-geometry"]
BOTH_PRESETS = ["cosine-tails", "crystals", "entropy", "lobes", "power-law"]


def texts_of(sheet):
    """Every text that is drawn, with its corners (4, 2) in points, on its own axes where it is turned."""
    from matplotlib.text import Text
    from matplotlib.transforms import Affine2D

    renderer = sheet.canvas.get_renderer()
    sheet.draw(renderer)
    hidden = hidden_ticks(sheet)
    for text in sheet.findobj(Text):
        if not text.get_visible() or not text.get_text().strip() or text in hidden:
            continue
        angle = text.get_rotation()
        text.set_rotation(0)
        box = text.get_window_extent(renderer)
        text.set_rotation(angle)
        turned = text.get_window_extent(renderer)
        middle = (turned.x0 + turned.x1) / 2, (turned.y0 + turned.y1) / 2
        half = box.width / 2, box.height / 2
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
        yield text.get_text(), Affine2D().rotate_deg(angle).translate(*middle).transform(corners) * 72 / sheet.dpi


def hidden_ticks(sheet):
    """Labels of ticks beyond the ends of their axes, which are not drawn."""
    hidden = set()
    for axes in sheet.axes:
        for axis in axes._axis_map.values():
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                    hidden |= {tick.label1, tick.label2}
    return hidden


def overlap(one, other):
    """How far two rectangles, corners (4, 2), reach into each other: along the axis on which that is least; 0 where apart."""
    depths = []
    for corners in (one, other):
        for side in (corners[1] - corners[0], corners[3] - corners[0]):
            length = np.hypot(*side)
            if length == 0:
                return 0.0
            (low, high), (from_, to) = ((at.min(), at.max()) for at in (one @ side / length, other @ side / length))
            depths.append(min(high, to) - max(low, from_))
    return max(0.0, min(depths))


def faults(figure, table, width):
    """What is wrong with the texts of a figure, in words."""
    with drawn_sheet(figure, table, width) as sheet:
        found = list(texts_of(sheet))
        across, upwards = 72 * sheet.get_size_inches()
    told = [
        f"{one!r} leaves the sheet"
        for one, corners in found
        if corners.min() < -TOUCHING or (corners > np.array([across, upwards]) + TOUCHING).any()
    ]
    pairs = ((one, other, overlap(a, b)) for (one, a), (other, b) in combinations(found, 2))
    return told + [f"{one!r} over {other!r}, by {depth:.1f} pt" for one, other, depth in pairs if depth > TOUCHING]


@pytest.fixture(scope="module")
def cloud():
    """480 features in 24 dimensions, and which fire where."""
    return sg.load_cloud(str(FOREIGN / "decoder.npy")), sg.FiringStatistics.open(FOREIGN / "firing")


@pytest.fixture(scope="module")
def measured(cloud):
    """Runs an analysis once, on the foreign cloud; crystals has words on the bundled release alone."""
    kept = {}

    def measure(name, preset="calibrated"):
        if (name, preset) not in kept:
            directions, firing = (sg.load_cloud("minilm-l6:layer_3"), None) if name == "crystals" else cloud
            parameters = (QUICK if preset == "calibrated" else PAPER).get(name, {})
            kept[name, preset] = sg.run(name, directions, parameters=parameters, preset=preset, firing=firing, out=None)
        return kept[name, preset]

    return measure


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("name", "preset"),
    [*((name, "calibrated") for name in ANALYSES), *((name, "paper") for name in BOTH_PRESETS)],
)
def test_texts_of_every_analysis_have_room(measured, name, preset, width):
    report = measured(name, preset)
    told = {figure.name: faults(figure, report.tables[figure.table], width) for figure in report.figures}
    assert not {name: one for name, one in told.items() if one}


def in_layers(report, n, release="a-release-of-some-length"):
    """The report of as many layers, each with curves and nulls of its own."""
    drawn = {(figure.table, name) for figure in report.figures for name in figure.y}

    def moved(i):
        return {
            table: Table(
                columns={
                    name: [
                        value * (1 + i / 100) if isinstance(value, float) and (table, name) in drawn else value
                        for value in values
                    ]
                    for name, values in content.columns.items()
                }
            )
            for table, content in report.tables.items()
        }

    def sae(i):
        told = {"release": release, "sae_id": f"layer_{i}/width_16k", "layer": i, "digest": f"{release} {i}"}
        return report.sae.model_copy(update=told | {"spec": f"{release}:layer_{i}/width_16k"})

    return [report.model_copy(update={"sae": sae(i), "tables": moved(i)}) for i in range(n)]


def some(named):
    """All curves, and two of the trends, which differ in their words alone."""
    found = list(named)
    trends = [one for one in found if one[0].endswith("-by-layer")]
    return [*(one for one in found if one not in trends), *trends[:2]]


@pytest.mark.parametrize(("n_layers", "width"), [(3, "double"), (26, "single")])
@pytest.mark.parametrize("name", ANALYSES)
def test_texts_of_several_saes_together_have_room(measured, name, n_layers, width):
    drawn = some(comparison_figures(in_layers(measured(name), n_layers)))
    told = {file: faults(figure, table, width) for file, figure, table in drawn}
    assert told
    assert not {name: one for name, one in told.items() if one}


@pytest.mark.parametrize("width", WIDTHS)
def test_texts_of_a_base_model_against_its_instruction_tuned_one_have_room(measured, width):
    report = measured("cosine-tails")
    reports = [one for kind in ("pt", "it") for one in in_layers(report, 3, f"gemma-scope-9b-{kind}-res-canonical")]
    told = {file: faults(figure, table, width) for file, figure, table in some(comparison_figures(reports))}
    assert sum("against" in file for file in told) == 2
    assert not {name: one for name, one in told.items() if one}


@pytest.mark.parametrize("width", WIDTHS)
def test_long_texts_have_room(every_kind, width):
    report = every_kind("a text that is longer than most are, of several words", points=40)
    told = {figure.name: faults(figure, report.tables[figure.table], width) for figure in report.figures}
    assert not {name: one for name, one in told.items() if one}


def test_a_fault_is_found():
    figure = Figure(name="f", title="F", kind="line", table="t", x="x", y=("y",))
    table = Table(columns={"x": [0, 1, 2], "y": [1, 2, 3]})
    with drawn_sheet(figure, table, "single") as sheet:
        sheet.axes[0].text(1, 2, "here")
        sheet.axes[0].text(1.02, 2, "there")
        sheet.text(0.95, 0.5, "beyond the edge")
        found = dict(texts_of(sheet))
    assert overlap(found["here"], found["there"]) > TOUCHING
    assert found["beyond the edge"].max() > 72 * WIDTHS["single"]
