"""Every table of every command on terminals of four widths: each number whole, each line within the width."""

import io
import re
from types import SimpleNamespace

import pytest
from rich.text import Text

from saegeo_core import Absent, FeatureCloud, Findings, Interval, NullComparison, run
from saegeo_core.cli.messages import results
from saegeo_core.loading.release_directory import ReleaseEntry
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.rendering.comparison.console import console_table
from saegeo_core.rendering.terminal.analysis_card import analysis_card
from saegeo_core.rendering.terminal.conformance_table import conformance_table
from saegeo_core.rendering.terminal.fitted_table import fitted_table
from saegeo_core.rendering.terminal.harvest_table import harvest_table
from saegeo_core.rendering.terminal.plugin_list import plugin_list
from saegeo_core.rendering.terminal.release_list import release_list, sae_list
from saegeo_core.rendering.terminal.report_in_full import report_in_full
from saegeo_core.rendering.terminal.report_summary import report_summary
from saegeo_core.rendering.text_table import TextTable
from saegeo_core.running.subset_null import MODEL
from saegeo_core.testing.outcome import Conformance, failed, passed
from tests.rendering.conftest import Everything, metric

WIDTHS = pytest.mark.parametrize("width", [60, 80, 100, 140])
PATH = "/data/of_the_group/runs/2026-03/minilm/resid_post_expansion_16_lr_0.0003/seed{}/layers.1"
NAMES = [PATH.format(seed) for seed in range(3)]
LONG = "consistency_of_pairs_after_projection_minus_before"


def assert_whole(text, numbers, width):
    for number in numbers:
        assert re.search(rf"(^|\s){re.escape(number)}(\s|$)", text, re.MULTILINE), f"{number} is not in\n{text}"
    assert max(map(len, text.splitlines())) <= width


class LongNames(Everything):
    """Metrics with long names, wide intervals and a null of random features."""

    headline = LONG

    def analyze(self, cloud, parameters, context):
        nulls = (
            NullComparison(model="shuffled", mean=0.05123, pvalue=4.1e-231),
            NullComparison(model=MODEL, mean=0.07345, pvalue=0.05, draws=39),
        )
        interval = Interval(low=0.0751, high=0.0827, method="jackknife")
        return Findings(
            [
                metric(LONG, 0.0796, interval, nulls),
                metric(f"{LONG}_of_words", 123456.7, Absent("extremes have none"), nulls),
                metric(f"{LONG}_of_tokens", 1.506e-6, Interval(low=1.476e-6, high=1.536e-6, method="x"), nulls),
            ]
        )


@pytest.fixture
def long_report(rng):
    return run(LongNames(), FeatureCloud.from_array(rng.standard_normal((30, 5)).astype("f4"), name=NAMES[0]))


@WIDTHS
def test_metrics(long_report, seen, width):
    text = seen(report_summary(long_report, width), width)
    estimates = ["0.0796 [0.0751, 0.0827]", "123,457", "(1.506 ± 0.030)e-6"]
    assert_whole(text, [*estimates, "0.0512", "4.1e-231", "0.0735", "0.05"], width)
    assert not re.search(r"\d…|…\d", text)


@WIDTHS
def test_random_features_judge_in_the_summary_too(long_report, seen, width):
    below = seen(report_summary(long_report, width), width).split("Beside random features")[1]
    assert_whole(below, ["0.0735", "0.05"], width)
    assert f"null model: {MODEL}, as many, drawn 39 times" in " ".join(below.split())


@WIDTHS
def test_a_report_in_full(long_report, report, seen, width):
    for one in (long_report, report):
        text = seen(report_in_full(one, width), width)
        assert max(map(len, text.splitlines())) <= width
        assert not re.search(r"\d…|…\d", text)


@WIDTHS
@pytest.mark.parametrize("group", ["", "a/rather/long/release/of/everything/that/was/ever/trained"])
def test_a_comparison(seen, width, group):
    metrics = ["crystals.pairing_consistency_gain_of_words", "cosine-tails.tail_fraction", "power-law.alpha"]
    parts = ("", ": null", ": p", ": difference", ": p of difference")
    numbers = [
        [f"{65.2 + row}", *(f"{row}.{column:02d} ± 0.0{column}" for column in range(len(metrics) * len(parts)))]
        for row in range(len(NAMES))
    ]
    table = TextTable(
        headings=("SAE", "L0", *(one + part for one in metrics for part in parts)),
        rows=tuple((name, *row) for name, row in zip(NAMES, numbers, strict=True)),
        groups=(group,) * len(NAMES),
    )
    text = seen(console_table(table, width), width)
    assert_whole(text, [number for row in numbers for number in row], width)
    for seed in range(3):
        assert re.search(rf"^(/data|…)\S*d{seed}/layers\.1 ", text, re.MULTILINE)
    assert text.count("crystals.") < len(metrics) * len(parts)


@WIDTHS
def test_a_harvest(seen, width):
    class Counted:
        tails, n_blocks, n_tokens, n_features, n_tails = "dropped", 1_234_567, 98_765_432, 16_384, 4_321
        fires_above = 0.0
        corpus = {"documents": 7, "documents_without_block": 0, "skipped_lines": 0, "tokens_in_tails": 0}
        corpus |= {"high_norm_tokens": 0}
        controls_from = ()

    import numpy as np

    firing = Counted()
    firing.counts, firing.token_counts = np.ones(16_384, int), np.full(16_384, 2_000_000)
    text = seen(harvest_table([SimpleNamespace(spec=name, firing=firing) for name in NAMES], width), width)
    assert_whole(text, ["1,234,567", "98,765,432", "16,384", "0", "4,321"], width)
    for seed in range(3):
        assert re.search(rf"^(/data|…)\S*d{seed}/layers\.1 ", text, re.MULTILINE)


@WIDTHS
def test_the_list_of_plugins(seen, width):
    plugins = PluginManager()
    text = seen(plugin_list(plugins), width)
    assert_whole(text, [plugins.analysis(name).name for name in plugins.analysis_names], width)


@WIDTHS
def test_names_that_do_not_fit_tell_what_they_share_once_below(seen, width):
    names = [f"gemma-scope-2b-pt-res:layer_{layer}/width_16k/average_l0_82" for layer in (3, 12)]
    rows = [[Text(name), *(Text(f"0.0{n}23 ± 0.0013") for n in range(1, 5))] for name in names]
    text = seen(fitted_table([("SAE",), *[(f"metric_{n}",) for n in range(1, 5)]], rows, width), width)
    assert_whole(text, [number.plain for row in rows for number in row[1:]], width)
    is_short = width < 140
    assert ("… at the beginning: gemma-scope-2b-pt-res:" in text) == is_short
    assert (names[0] in text) != is_short
    assert ("\n…la" in text) == is_short


def test_headings_that_fit_are_not_broken(seen):
    rows = [[Text("a"), Text("1"), Text("2")]]
    assert "rather long heading" in seen(fitted_table([("x",), ("rather long heading",), ("y",)], rows, 80))


def test_what_columns_share_is_told_once(seen):
    headings = [("SAE",), ("tails.", "fraction"), ("tails.", "fraction", "p"), ("tails.", "mean"), ("law.", "mean")]
    told = seen(fitted_table(headings, [[Text(str(place)) for place in range(5)]], 80))
    assert (told.count("tails."), told.count("fraction"), told.count("law."), told.count("mean")) == (1, 1, 1, 2)


def entries():
    """Releases whose names, ids and models are short, long and longer than a line."""
    models = {"far": "gpt2-small", "a" * 45: "google/gemma-3-27b-it", "b" * 90: None}
    return [
        ReleaseEntry(release, f"layer_{layer}/width_16k/l0_{layer}", "sae-lens", "x", "y", model=model, l0=l0)
        for release, model in models.items()
        for layer, l0 in ((2, 18.25), (12, None), (21, 123_456.0))
    ]


@pytest.fixture
def printed():
    """What a command would print."""

    def of(renderable, width, **options):
        stream = io.StringIO()
        console = results(stream)
        console.width = width
        console.print(renderable, **options)
        return stream.getvalue()

    return of


@WIDTHS
@pytest.mark.parametrize("list_them", [release_list, sae_list])
def test_the_lists_of_releases_and_saes(printed, width, list_them):
    listed = entries()
    text = printed(list_them(listed, width), width, soft_wrap=True)
    names = {entry.release if list_them is release_list else str(entry) for entry in listed}
    numbers = ["2-21", "18.2-123,456", "16k"] if list_them is release_list else ["18.2", "123,456"]
    for whole in [*names, *numbers]:
        assert re.search(rf"(^|\s){re.escape(whole)}(\s|$)", text, re.MULTILINE), f"{whole} is not in\n{text}"
    lines = text.partition("\n9 SAEs in ")[0].splitlines()
    assert all(len(line) <= width or line in names for line in lines)
    assert {f"model: {model}" for model in ("gpt2-small", "google/gemma-3-27b-it", "unknown")} < set(lines)
    is_alone = "b" * 90 in lines
    assert is_alone == (list_them is release_list and width <= 100)
    assert is_alone == bool(re.search(r"\n +3 +2-21 +16k +18\.2-123,456$", text, re.MULTILINE))


@WIDTHS
def test_no_line_of_what_is_printed_ends_in_blanks(long_report, report, seen, printed, width):
    shown = [report_summary(long_report, width), report_in_full(report, width), plugin_list(PluginManager())]
    for one in shown:
        text = printed(one, width)
        assert not re.search(r" +$", text, re.MULTILINE)
        assert [line.rstrip() for line in seen(one, width).splitlines()] == text.splitlines()


@WIDTHS
def test_the_card_of_an_analysis_and_what_its_check_says(long_report, printed, width):
    outcomes = (
        passed("numbers are finite", f"{LONG} = 0.0796"),
        failed("a check", expected="1", seen="12,345", advice="x"),
    )
    shown = [
        analysis_card(LongNames(), "a-package", long_report),
        conformance_table(Conformance("long-names", outcomes, 61.0)),
    ]
    for one, numbers in zip(shown, (["30"], ["0.0796", "12,345"]), strict=True):
        assert_whole(printed(one, width), numbers, width)
