"""Which analysis, on what: the lines that open every drawing of a report, and its warnings."""

import re
from collections.abc import Mapping
from typing import Any

from rich.text import Text

from saegeo_core.rendering.l0_text import l0_text
from saegeo_core.rendering.numbers import count
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.provenance import written
from saegeo_core.report.report import MeasuredSae, Report


def header(report: Report) -> list[Text]:
    """Two lines: the analysis and the SAE, then what is known of the SAE."""
    title = Text.assemble(plain(report.analysis.name, "bold cyan"), " on ", plain(report.sae.spec, "bold"))
    return [title, plain(", ".join([*sae_summary(report.sae), f"{report.analysis.preset} preset"]), "dim")]


def headline_meaning(report: Report) -> Text:
    """What the headline metric says."""
    headline = report.metric()
    return Text.assemble(plain(headline.name, "bold"), ": ", plain(headline.description))


def parameters_named(report: Report, meanings: Mapping[str, str]) -> list[Text]:
    """One line for each parameter that is set and that the headline's description or an input names: its value and meaning.

    An input of that name is what the parameter stands for: the other SAEs that the numbers are beside.
    """
    told = {*re.findall(r"\w+", report.metric().description), *report.inputs}
    return [
        plain(": ".join([f"{name} = {_listed(value)}", *([meanings[name]] if name in meanings else [])]), "dim")
        for name, value in report.parameters.items()
        if name in told and value is not None
    ]


def _listed(value: Any) -> str:
    return ", ".join(map(written, value)) if isinstance(value, list) else written(value)


def warning_lines(report: Report) -> list[Text]:
    """One line a warning."""
    return [Text.assemble(("warning: ", "bold yellow"), plain(warning)) for warning in report.warnings]


def sae_summary(sae: MeasuredSae) -> list[str]:
    """What is known of the SAE, in a few words each."""
    left_out = "" if sae.n_features == sae.d_sae else f" of {count(sae.d_sae)}"
    return [
        f"{count(sae.n_features)}{left_out} {sae.rows} directions in {count(sae.d_in)} dimensions",
        *([sae.space] if sae.space else []),
        f"L0 {l0_text(sae)}",
    ]
