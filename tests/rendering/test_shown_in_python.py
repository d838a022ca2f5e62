"""What print and the prompt show of a report and of a comparison."""

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from saegeo_core import compare, run
from saegeo_core.cli import main


@pytest.fixture
def comparison(report):
    """Two layers of unlike L0."""
    saes = [
        {"sae_id": f"layer_{n}", "spec": f"a:layer_{n}", "layer": n, "l0": 30.0 * (n + 1), "digest": f"{n}"}
        for n in (0, 1)
    ]
    reports = [report.model_copy(update={"sae": report.sae.model_copy(update=known)}) for known in saes]
    return compare(reports, metrics=["everything.tail_fraction", "everything.max_cosine"])


def test_a_report_prints_what_a_terminal_of_80_columns_shows(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    shown = CliRunner().invoke(main, ["run", "--plugin", "cosine-tails", "--out", str(tmp_path)]).stdout
    report = run("cosine-tails", "minilm-l6:layer_3", out=tmp_path)
    told = [line.rstrip() for line in shown.partition("\nreport: ")[0].splitlines()]
    assert str(report).splitlines() == told
    assert repr(report).startswith("<Report cosine-tails on minilm-l6:layer_3: tail_fraction 0.")
    assert repr(report).endswith(" × null>")


def test_printed_text_is_plain_and_narrow_wherever_it_is_printed(report, comparison, monkeypatch):
    before = str(report), str(comparison)
    for name, value in (("FORCE_COLOR", "1"), ("COLUMNS", "200"), ("TERM", "xterm-256color"), ("TTY_COMPATIBLE", "1")):
        monkeypatch.setenv(name, value)
    assert (str(report), str(comparison)) == before
    for text in before:
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert max(map(cell_len, text.splitlines())) <= 80


def test_one_line_holds_analysis_sae_and_headline(report, mean_norm, cloud):
    assert "\n" not in repr(report)
    assert repr(report).startswith("<Report everything on ")
    assert ": tail_fraction 0.0034" in repr(report)
    paper = run(mean_norm, cloud, preset="paper")
    assert repr(paper) == f"<Report mean-norm (paper) on memory:small: mean_norm {paper.metric().value:.4g}>"
    headless = paper.model_copy(update={"measured": ()})
    assert repr(headless) == "<Report mean-norm (paper) on memory:small>"


def test_a_comparison_prints_its_table_and_its_warnings(comparison):
    text = str(comparison)
    assert "layer_0" in text
    assert "layer_1" in text
    assert "warning: L0 differs" in text


def test_a_comparison_on_one_line(report, comparison):
    assert repr(comparison) == "<Comparison of 2 SAEs by everything.tail_fraction, everything.max_cosine>"
    assert repr(compare(report)) == "<Comparison of 1 SAE by everything.tail_fraction>"
    n_metrics = len(report.measured)
    assert n_metrics > 3
    assert repr(compare(report, metrics=["everything.*"])) == f"<Comparison of 1 SAE by {n_metrics} metrics>"
