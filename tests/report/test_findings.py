import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from saegeo_core import Figure, Findings, Metric

METRIC = Metric.missing("a", "why", unit="u", better="neither", description="d")
TABLE = pd.DataFrame({"x": [1], "y": [2.0]})


def figure(**changes):
    return Figure(**{"name": "f", "title": "F", "kind": "line", "table": "t", "x": "x", "y": ("y",), **changes})


def test_complete_findings_are_taken():
    assert Findings([METRIC], {"t": TABLE}, [figure()]).figures[0].columns == ["x", "y"]


@pytest.mark.parametrize("broken", [figure(table="u"), figure(y=("z",)), figure(color="c"), figure(low="l", high="h")])
def test_a_figure_of_what_is_not_there_is_refused(broken):
    with pytest.raises(ValueError, match="figure f draws"):
        Findings([METRIC], {"t": TABLE}, [broken])


def test_repeated_names_are_refused():
    with pytest.raises(ValueError, match="repeated: a"):
        Findings([METRIC, METRIC])


def test_parts_are_joined_in_their_order():
    other = METRIC.model_copy(update={"name": "b"})
    one = Findings([METRIC], {"t": TABLE}, [figure()], warnings=["first"])
    two = Findings([other], {"u": TABLE}, arrays={"x": np.arange(3)}, warnings=["second"])
    joined = Findings.joined(one, two)
    assert [metric.name for metric in joined.metrics] == ["a", "b"]
    assert list(joined.tables) == ["t", "u"]
    assert (list(joined.arrays), joined.warnings, list(joined.figures)) == (["x"], ["first", "second"], [figure()])
    with pytest.raises(ValueError, match="table names must differ; repeated: t"):
        Findings.joined(one, Findings([other], {"t": TABLE}))
    with pytest.raises(ValueError, match="metric names must differ; repeated: a"):
        Findings.joined(one, Findings([METRIC]))


def test_a_plain_number_is_no_metric():
    with pytest.raises(TypeError, match="float"):
        Findings([1.0])


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "heatmap"},
        {"kind": "scatter3d"},
        {"low": "x"},
        {"kind": "pie"},
        {"y": ()},
        {"kind": "arrows", "to_x": "x"},
        {"to_x": "x", "to_y": "y"},
        {"low": ("x",), "high": (None,)},
        {"low": ("x", "x"), "high": ("x", "x")},
        {"y_names": ("one", "two")},
        {"nulls": ("x",)},
        {"marked": ("x",)},
    ],
)
def test_incomplete_figures_are_refused(changes):
    with pytest.raises(ValidationError):
        figure(**changes)


def test_each_column_may_have_its_intervals():
    one = figure(y=("y", "x"), low=(None, "l"), high=(None, "h"))
    assert one.ends == {"x": ("l", "h")}
    assert one.columns == ["x", "y", "x", "l", "h"]
    assert figure(low="l", high="h").ends == {"y": ("l", "h")}
    assert Figure.model_validate_json(one.model_dump_json()) == one


def test_only_arrows_have_words_at_their_ends():
    labeled = figure(kind="arrows", to_x="x", to_y="y", label="x", to_label="y")
    assert labeled.has_labels
    assert labeled.columns == ["x", "y", "x", "y", "x", "y"]
    assert not figure().has_labels
    for end in ("label", "to_label"):
        with pytest.raises(ValidationError, match="only arrows have label and to_label"):
            figure(kind="scatter", **{end: "x"})
        with pytest.raises(ValueError, match="figure f draws"):
            Findings([METRIC], {"t": TABLE}, [figure(kind="arrows", to_x="x", to_y="y", **{end: "u"})])


def test_figures_stored_before_arrows_had_words_are_read():
    stored = figure(kind="arrows", to_x="x", to_y="y").model_dump(exclude={"label", "to_label"})
    assert not type(figure()).model_validate(stored).has_labels


def test_arrows_end_somewhere():
    arrows = figure(kind="arrows", to_x="x", to_y="y")
    assert arrows.columns == ["x", "y", "x", "y"]
    with pytest.raises(ValueError, match="figure f draws"):
        Findings([METRIC], {"t": TABLE}, [figure(kind="arrows", to_x="u", to_y="v")])
