"""Comparisons on terminals of four widths, with all that changes their tables: each number whole, each line within the width."""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from saegeo_core import Absent, FeatureCloud, Findings, Interval, NullComparison, Replicates, compare, run
from saegeo_core.firing.sparsity import statement_warning
from saegeo_core.rendering.comparison.console import console_tables
from saegeo_core.rendering.comparison.rank_texts import rank_texts
from saegeo_core.rendering.comparison.texts import comparison_texts, profile_texts
from tests.rendering.conftest import Everything, metric

SPARSITIES, WIDTHS, LAYERS = (9.25, 41.5, 82.75, 170.25), ("16k", "131k"), (2, 10, 21)
REFERENCE = "trained-long-ago-res:layer_2/width_16k/average_l0_83"
METRICS = ["share_of_pairs_beyond_a_cosine", "of_features_without_a_partner", "small"]


class SideBySide(Everything):
    """Long names, long numbers, an interval that is not centered, and a metric without any."""

    name = "side-by-side"
    headline = METRICS[0]

    def analyze(self, cloud, parameters, context):
        x = 3.4232e-3 + 2e-4 * context.rng.standard_normal()
        nulls = (NullComparison(model="flat", mean=1.234e-3, pvalue=0.005, draws=199),)
        return Findings(
            [
                metric(METRICS[0], x, Interval(low=x - 1e-4, high=x + 2e-4, method="jackknife"), nulls),
                metric(METRICS[1], 1e6 * x, Interval(low=1e6 * x - 300, high=1e6 * x + 300, method="jackknife"), nulls),
                metric(METRICS[2], x * 1e-3, Interval(low=x * 0.9e-3, high=x * 1.1e-3, method="jackknife"), nulls),
            ],
            replicates=[Replicates(METRICS[0], x + 1e-4 * context.rng.standard_normal(20), 0.5, "documents")],
        )


@pytest.fixture(scope="module")
def reports():
    """Of three layers, two widths and four sparsities each."""
    made = []
    for seed, (layer, width, l0) in enumerate(product(LAYERS, WIDTHS, SPARSITIES)):
        rows = np.random.default_rng(seed).standard_normal((30, 5)).astype("f4")
        report = run(SideBySide(), FeatureCloud.from_array(rows, name="x"), seed=seed)
        sae_id = f"layer_{layer}/width_{width}/average_l0_{l0:.0f}"
        known = {
            "spec": f"trained-long-ago-res:{sae_id}",
            "release": "trained-long-ago-res",
            "sae_id": sae_id,
            "layer": layer,
            "model": "a-model",
            "hook_name": f"blocks.{layer}.hook_resid_post",
            "d_sae": int(width[:-1]) * 1024,
            "l0": l0,
            "digest": sae_id,
        }
        sae = report.sae.model_copy(update=known)
        made.append(report.model_copy(update={"sae": sae, "seed": 0}))
    return made


OF_TABLE = {
    "plain": {},
    "reference": {"reference": REFERENCE},
    "ranks": {"ranks": True, "fixed_saes": True},
    "adjusted": {"adjust": "l0"},
    "matched, over layers": {"match_l0": True, "profile": True},
    "grouped": {"group_by": "layer", "sort": "-l0"},
    "all of it": {
        "metrics": ["side-by-side.*"],
        "reference": REFERENCE,
        "adjust": "l0",
        "ranks": True,
        "fixed_saes": True,
        "profile": True,
        "group_by": "width",
    },
}


@pytest.fixture(scope="module")
def compared(reports):
    """Every comparison by what was asked."""
    return {asked: compare(reports, **of_table) for asked, of_table in OF_TABLE.items()}


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("asked", list(OF_TABLE))
def test_every_number_of_every_row_is_whole(compared, seen, asked, width):
    comparison = compared[asked]
    main = comparison_texts(comparison, nulls=True, pvalues=True)
    tables = [main, *rank_texts(comparison), *profile_texts(comparison)]
    text = seen(console_tables(tables, comparison.profile, width), width)
    for table in tables:
        assert len(table.rows) >= 6
        for number in {cell for row in table.rows for cell in row[1:] if re.search(r"\d", cell)}:
            assert re.search(rf"(^|\s){re.escape(number)}(\s|$)", text, re.MULTILINE), f"{number} is not in\n{text}"
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", [80, 100, 140])
def test_of_a_headline_there_is_one_table_and_no_row_takes_two_lines(compared, seen, width):
    table = comparison_texts(compared["plain"])
    text = seen(console_tables([replace(table, warnings=())], None, width), width)
    lines = [line for line in text.splitlines() if re.search(r"average_l0_\d+ ", line)]
    assert len(lines) == len(table.rows)
    for line, row in zip(lines, table.rows, strict=True):
        assert line.split(maxsplit=1)[1].split() == " ".join(row[1:]).split()


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_many_that_cannot_be_told_apart_fit(seen, reports, width):
    few = reports[:1] * 60
    step = 5e-6
    rows = [
        one.model_copy(
            update={
                "sae": one.sae.model_copy(update={"spec": f"a:{place}", "sae_id": str(place), "digest": str(place)}),
                "measured": (
                    metric(
                        METRICS[0],
                        place * step,
                        Interval(low=place * step - 1e-4, high=place * step + 1e-4, method="jackknife"),
                        Absent("none"),
                    ),
                ),
            }
        )
        for place, one in enumerate(few)
    ]
    [table] = rank_texts(compare(rows, ranks=True, fixed_saes=True))
    text = seen(console_tables([table], None, width), width)
    assert max(map(len, text.splitlines())) <= width
    assert len(re.findall(r"^a:\d+ ", text, re.MULTILINE)) == 60


def test_stated_l0_that_the_firing_contradicts_is_one_warning_of_all_saes(reports):
    rows = []
    for one in reports:
        sae = one.sae.model_copy(update={"l0_stated": 2 * one.sae.l0, "l0_tokens": 1000})
        rows.append(one.model_copy(update={"sae": sae, "warnings": (statement_warning(sae), "something else")}))
    table = comparison_texts(compare(rows))
    told = [text for text in (*table.warnings, *table.notes) if "the measured one is used" in text]
    assert len(told) == 1
    assert "differs by more than 25 % from the one stated, of trained-long-ago-res:layer_2/" in told[0]
    assert "and 18 more" in told[0]
    assert any("something else" in note for note in table.notes)
