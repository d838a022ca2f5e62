import json
import math

import numpy as np
import pandas as pd
import pytest

from saegeo_core import Report, SaegeoError, run
from saegeo_core.report import SCHEMA_VERSION, table_from_frame

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
