import json
import math
from functools import reduce
from operator import getitem
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from saegeo_core import Report, ReportStore, SaegeoError, run
from saegeo_core.report.report import SCHEMA_VERSION, table_from_frame

KEYS = "schema_version analysis sae inputs parameters seed environment created duration_seconds metrics tables figures warnings"


@pytest.fixture
def report(mean_norm, cloud):
    return run(mean_norm, cloud)


def test_the_keys_of_the_contract(report):
    content = json.loads(report.to_json())
    assert list(content) == KEYS.split()
    assert {"name", "version", "package", "preset"} <= set(content["analysis"])
    assert {"spec", "release", "sae_id", "model", "hook_name", "d_sae", "d_in", "n_features", "l0", "digest"} <= set(
        content["sae"]
    )
    metric = set(content["metrics"][0])
    assert metric == {"name", "estimate", "interval", "nulls", "n", "unit", "better", "description"}


def test_json_round_trip(report):
    assert Report.from_json(report.to_json()) == report


def test_json_is_what_its_schema_says(report):
    jsonschema = pytest.importorskip("jsonschema", reason="the test extra installs jsonschema")
    jsonschema.validate(json.loads(report.to_json()), Report.model_json_schema())


def test_metrics_as_a_frame(report):
    assert report.metrics.loc["mean_norm", "estimate"] == report.metric().estimate


def test_an_unknown_metric_or_table_has_near_matches(report):
    with pytest.raises(SaegeoError, match="did you mean 'mean_norm'"):
        report.metric("mean_nrom")
    with pytest.raises(SaegeoError, match="did you mean 'norms'"):
        report.table("norm")


def test_tables_come_back(report, cloud):
    np.testing.assert_array_equal(report.table("norms")["norm"], cloud.norms)


def test_no_value_is_null_and_single_precision_keeps_its_digits():
    frame = pd.DataFrame(
        {"a": np.array([0.1, math.nan], dtype=np.float32), "b": [None, "x"], "c": [True, False], "d": [1, 2]}
    )
    table = table_from_frame(frame)
    assert table.columns == {"a": [0.1, None], "b": [None, "x"], "c": [True, False], "d": [1, 2]}


def test_an_infinite_cell_is_refused():
    with pytest.raises(ValueError, match="finite"):
        table_from_frame(pd.DataFrame({"a": [math.inf]}))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema_version": "1"}', '{"schema_version": 1}'])
def test_what_is_no_report_is_named(text):
    with pytest.raises(SaegeoError, match=r"here\.json"):
        Report.from_json(text, source="here.json")


@pytest.mark.parametrize("version", [True, False, 1.0, "1", None, [1]])
def test_what_is_no_version_is_refused_though_python_may_hold_it_equal_to_one(report, version):
    changed = json.loads(report.to_json()) | {"schema_version": version}
    with pytest.raises(SaegeoError, match="no whole number as schema_version"):
        Report.from_json(json.dumps(changed))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("seed",), "1"),
        (("seed",), True),
        (("sae", "n_duplicate_rows"), "7"),
        (("sae", "n_features"), 24.0),
        (("duration_seconds",), "1.5"),
        (("sae", "digest"), 7),
    ],
)
def test_a_text_is_no_number_and_a_number_no_text(report, place, value):
    changed = json.loads(report.to_json())
    *folders, last = place
    reduce(getitem, folders, changed)[last] = value
    with pytest.raises(SaegeoError, match=f"no valid saegeo report: {'.'.join(place)}"):
        Report.from_json(json.dumps(changed))


def test_a_newer_schema_is_refused(report):
    newer = json.loads(report.to_json()) | {"schema_version": SCHEMA_VERSION + 1}
    with pytest.raises(SaegeoError, match="update saegeo"):
        Report.from_json(json.dumps(newer))


def test_a_table_with_a_ragged_column_or_a_figure_of_nothing_is_refused(report):
    ragged = json.loads(report.to_json())
    ragged["tables"]["norms"]["columns"]["norm"].pop()
    with pytest.raises(SaegeoError, match="different lengths"):
        Report.from_json(json.dumps(ragged))
    gone = json.loads(report.to_json()) | {"tables": {}}
    with pytest.raises(SaegeoError, match="figure norms draws"):
        Report.from_json(json.dumps(gone))


GOLDEN = Path(__file__).parents[1] / "golden"


def test_every_schema_version_has_a_report_kept():
    assert {path.stem for path in GOLDEN.glob("report_v*.json")} == {f"report_v{i + 1}" for i in range(SCHEMA_VERSION)}


def test_a_report_of_version_1_is_read_with_all_it_holds():
    """Written by the first version of the schema; its numbers are typed here, so that no reader may change them."""
    report = ReportStore.read(GOLDEN / "report_v1.json")
    share = report.metric()
    assert (share.estimate, share.interval.low, share.interval.high, share.interval.replicates) == (0.25, 0.2, 0.3, 4)
    assert (share.nulls[0].z, share.nulls[0].pvalue, share.nulls[0].alternative) == (7.5, 0.01, "greater")
    assert report.metric("gone").estimate.absent == "too few features"
    assert report.table("curve")["y"].tolist()[::2] == [1.0, 3.0]
    assert (report.figures[0].kind, report.figures[0].hover, report.warnings) == ("line", "label", ("a warning",))
    assert (report.sae.layer, report.sae.l0, report.sae.training) == (1, 1.5, {"seed": 0})
    replicates = report.replicates()
    assert (replicates.values.tolist(), replicates.factor, replicates.key) == (
        [0.24, 0.26, 0.25, 0.25],
        1.5,
        "documents 1",
    )


def test_a_report_of_version_1_reads_as_the_same_report_of_version_2():
    """What its interval told in words, and its replicates in an array of text, is told in numbers beside the interval."""
    first, second = (ReportStore.read(GOLDEN / f"report_v{version}.json") for version in (1, 2))
    assert (first.schema_version, second.schema_version) == (1, 2)
    assert first.replicates().pairs_with(second.replicates())
    interval = second.metric().interval
    assert interval.standard_error == pytest.approx((interval.high - interval.low) / 2 / 3.18244630528371)
    assert interval.degrees_of_freedom == 3
    beside = {"replicate_factor": 1.5, "replicate_key": "documents 1"}
    assert first.metric().interval.model_copy(update=beside) == interval


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (('"seed": 0', '"seed": 1, "seed": 0'), "'seed' twice"),
        (('"parameters": {', '"parameters": {"more": NaN, '), "NaN is not JSON"),
        (('"parameters": {', '"parameters": {"more": 1e400, '), "1e400 is beyond all numbers"),
    ],
)
def test_what_strict_json_has_not_is_refused(report, change, what):
    text = report.to_json()
    assert change[0] in text
    with pytest.raises(SaegeoError, match=f"is not JSON .*{what}"):
        Report.from_json(text.replace(*change, 1))
