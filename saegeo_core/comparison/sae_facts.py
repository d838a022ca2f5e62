"""What is known of an SAE that bears on a comparison, read from its reports; and what is not known."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from saegeo_core.comparison.sae_reports import SaeReports

if TYPE_CHECKING:
    from saegeo_core.report.report import MeasuredSae, ReportHead

IN_A_LAYER = re.compile(r"^.*?(?:blocks|layers?|h)\.\d+\.?")
ROW_LENGTHS = "row lengths"
LENGTHS = ((0.02, "of one length"), (0.2, "of like lengths"), (float("inf"), "of unlike lengths"))
"""What is said of rows whose lengths vary by at most such a share of their mean.

A covariance of rows of unlike lengths weighs the long ones: its spectrum and its effective dimensions are others than those of the
directions alone.
"""
TRAINING_DATA = re.compile(r"dataset|corpus|training_tokens")


@dataclass(frozen=True)
class SaeFacts:
    """What is known of one SAE that bears on a comparison; None is unknown."""

    name: str
    l0: float | None = None
    width: int | None = None
    dimension: int | None = None
    site: str | None = None
    directions: str | None = None
    model: str | None = None
    training_data: str | None = None
    corpus: str | None = None
    row_lengths: str | None = None


def facts_of(row: SaeReports) -> SaeFacts:
    """The facts of a row's SAE; nothing but the name where it is not known."""
    sae = row.sae
    if sae is None:
        return SaeFacts(row.name)
    return SaeFacts(
        name=row.name,
        l0=sae.l0,
        width=sae.d_sae,
        dimension=sae.d_in,
        site=site_of(sae),
        directions=sae.rows,
        model=sae.model,
        training_data=_training_data(sae.training),
        corpus=_corpus(row.reports.values()),
        row_lengths=_row_lengths(sae.norm_variation) if _lengths_matter(row.reports.values()) else None,
    )


def unknown_facts(saes: Sequence[SaeFacts]) -> dict[str, list[str]]:
    """Facts that could not be compared: fact to the names of the SAEs where it is unknown.

    L0 is always among them where it is unknown; another fact only where it is known of some other SAE.
    """
    facts = {"L0": "l0", "site": "site", "model": "model", "training data": "training_data", "corpus": "corpus"}
    unknown = {fact: [sae.name for sae in saes if getattr(sae, field) is None] for fact, field in facts.items()}
    return {fact: names for fact, names in unknown.items() if names and (fact == "L0" or len(names) < len(saes))}


def site_of(sae: "MeasuredSae") -> str | None:
    """Where in a layer the SAE reads: the hook's name without the layer, or the space where no hook is known."""
    hook = IN_A_LAYER.sub("", sae.hook_name) if sae.hook_name else ""
    return hook or sae.space


def _lengths_matter(reports: "Iterable[ReportHead]") -> bool:
    """Whether any of the analyses would give other numbers for rows of other lengths."""
    told = [report.analysis.invariances for report in reports]
    return any(invariances is not None and ROW_LENGTHS not in invariances for invariances in told)


def _row_lengths(variation: float | None) -> str | None:
    """How much the lengths of the rows vary, in words that agree for SAEs that are alike in it."""
    if variation is None:
        return None
    return next(words for most, words in LENGTHS if variation <= most)


def _training_data(training: Mapping[str, Any]) -> str | None:
    known = {key: value for key, value in training.items() if TRAINING_DATA.search(key) and value not in (None, "")}
    return ", ".join(f"{key} {known[key]}" for key in sorted(known)) or None


def _corpus(reports: "Iterable[ReportHead]") -> str | None:
    """The text whose firing was counted, and how much of it."""
    for report in reports:
        firing = report.inputs.get("firing")
        corpus = firing.get("corpus") if isinstance(firing, dict) else None
        if corpus and corpus.get("text"):
            text = corpus["text"]
            identity = [str(text.get(key)) for key in ("kind", "documents_sha256") if text.get(key)]
            return f"{' '.join(identity) or text}, {corpus.get('documents', 'unknown')} documents"
    return None
