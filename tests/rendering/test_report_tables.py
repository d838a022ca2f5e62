import re

import pytest

from saegeo_core.rendering.terminal.report_in_full import report_in_full
from saegeo_core.rendering.terminal.report_summary import report_summary

ESTIMATES = ["0.00342 ± 0.00010", "(1.506 ± 0.030)e-6", "0.9823"]


def test_the_headline_comes_first(report, seen):
    lines = seen(report_summary(report, 100), 100).splitlines()
    table = lines[next(i for i, line in enumerate(lines) if line.startswith("metric")) :]
    assert table[2].split()[0] == "tail_fraction"
    assert "tail_fraction: What tail_fraction says." in lines


def test_a_number_stands_beside_its_null_its_pvalue_and_how_they_compare(report, seen):
    text = seen(report_summary(report, 100), 100)
    assert re.search(r"tail_fraction +0\.00342 ± 0\.00010 +1\.00e-6 +< 1e-300 +3,423 × null", text)
    assert re.search(r"tail_fraction_negative +\(1\.506 ± 0\.030\)e-6 +1\.50e-6 +0\.44 +like null", text)
    assert re.search(r"duplicate_features +2 +— +—", text)
    assert "lower is better: duplicate_features" in text
    assert "null model: uniform directions" in " ".join(text.split())
    assert "± or [low, high]: interval of 95 %; null: mean under the null model" in text


def test_parameters_that_the_headline_names_are_explained(report, seen):
    saying = report.metric().model_copy(update={"description": "Agreement at k_reported, with seeds."})
    others = [metric for metric in report.measured if metric.name != saying.name]
    changes = {"measured": (saying, *others), "parameters": {"k_reported": 8, "seed": 1}}
    text = seen(report_summary(report.model_copy(update=changes), 100, {"k_reported": "How many."}), 100)
    assert "\nk_reported = 8: How many.\n" in text
    assert "seed = 1" not in text


def test_other_saes_that_numbers_are_beside_are_named(report, seen):
    changes = {"inputs": {"others": {"digest": "00"}}, "parameters": {"others": ["r:a", "r:b"], "chance": 0.01}}
    text = seen(report_summary(report.model_copy(update=changes), 100, {"others": "Other seeds."}), 100)
    assert "\nothers = r:a, r:b: Other seeds.\n" in text
    assert "chance" not in text


def test_what_is_absent_is_told_with_its_reason(report, seen):
    text = seen(report_summary(report, 100), 100)
    assert "no estimate for nearest: too few features" in text
    assert "no interval for max_cosine: extremes have none" in text
    assert "no null for duplicate_features: none is expected" in text


@pytest.mark.parametrize("width", [200, 100, 80, 60, 40])
def test_no_number_is_cut_or_broken_at_any_width(report, seen, width):
    text = seen(report_summary(report, width), width)
    for number in ESTIMATES:
        assert re.search(rf" {re.escape(number)}\s", text)
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("draw", [report_summary, report_in_full])
def test_hostile_names_and_warnings_are_shown_as_harmless_text(report, seen, draw):
    text = seen(draw(report, 200), 200)
    assert r"mind [red]\x1b[31mred\x1b]0;title\x07 \u202eevil this" in re.sub(" +", " ", text)
    assert r"on memory:[red]\x1b[31mred" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)


def test_in_full_shows_every_null_interval_and_origin(report, seen):
    text = " ".join(seen(report_in_full(report, 200), 200).split())
    assert (
        "null: uniform directions (exact): mean 1.000e-6, standard deviation 1.00e-7, z = 35.1, p < 1e-300 (two-sided)"
        in text
    )
    assert "null: angular Gaussian of equal covariance (199 draws): mean 0.001200, p ≤ 0.005 (greater)" in text
    assert "95 % interval 0.003322 … 0.003524 (jackknife, 20 replicates)" in text
    assert "nearest not computed: too few features" in text
    assert "unit fraction; n = 1,178,880" in text
    assert f"sae.digest {report.sae.digest}" in text
    assert f"created {report.created}" in text
    assert "reference nobody (2024)" in text
    assert "numpy" in text


def test_in_full_shows_shapes_first_rows_and_the_columns_that_did_not_fit(report, seen):
    text = seen(report_in_full(report, 80))
    assert "hist  201 rows, 3 columns" in text
    assert "wide  2 rows, 31 columns" in text
    assert re.search(r"0\.1429 +0\.2857", text)
    assert "also: column_" in text
    assert "column_29, label" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80


def test_in_full_sketches_curves_and_names_what_it_cannot_sketch(report, seen):
    text = seen(report_in_full(report, 80))
    observed, null = (
        next(line for line in text.splitlines() if line.strip().startswith(f"{name} ")) for name in ("observed", "null")
    )
    assert len(set(observed) & set("▁▂▃▄▅▆▇█")) >= 4
    assert null.count("█") < observed.count("█")
    assert "cosine: -1 … 1;  observed: 4.58e-8 … 1, logarithmic" in text
    assert "A cloud  scatter of hist" in text
