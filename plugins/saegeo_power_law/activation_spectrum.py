"""The spectrum of the activations that an SAE reads, beside that of its directions: what the SAE was given, and what it made of it.

Text is read once, and of its activations only sums and products are kept, for each of 20 groups of documents: the interval leaves
out one group at a time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
import torch

from saegeo_core import Absent, AnalysisContext, Figure, Findings
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.grouped_moments import GroupedMoments
from saegeo_core.statistics.marchenko_pastur import expected_eigenvalues
from saegeo_core.statistics.population import TEXT
from saegeo_core.statistics.resampling import FEWEST_GROUPS, dealt_kin, digest_of_parts, jackknife_of
from saegeo_power_law.declared import OF_ACTIVATIONS
from saegeo_power_law.fitted_laws import POWER_LAW, RankWindow, fitted_curves, fitted_exponent
from saegeo_power_law.paper import regression
from saegeo_power_law.spectrum import Spectrum, spectrum_of

NAME, TABLE = "alpha_activations", "activation_spectrum"
GROUPS = 20


@dataclass(frozen=True, eq=False)
class ActivationSpectrum:
    """What is kept of the activations of a text.

    Attributes:
        spectrum: of all tokens.
        n_tokens: how many there are.
        n_documents: with a token; pieces of one source are one document.
        without: the spectrum without each group of documents that has a token.
        parts: names the groups.
    """

    spectrum: Spectrum
    n_tokens: int
    n_documents: int
    without: list[Spectrum]
    parts: str

    def spread(self, window: RankWindow) -> Spread | Absent:
        """How well the exponent in a window would be known on other text, or why that is not told."""
        if self.n_documents < FEWEST_GROUPS:
            return Absent(f"{self.n_documents} documents, and an interval needs {FEWEST_GROUPS}")
        if min(part.rank for part in self.without) < window.last:
            return Absent(f"without some of the documents there are no {window.last} eigenvalues above zero")
        estimate, *replicates = (fitted_exponent(one.eigenvalues, window) for one in (self.spectrum, *self.without))
        return Spread(jackknife_of(estimate, replicates, population=TEXT), self.parts)


def beside_activations(
    found: Findings, window: RankWindow, context: AnalysisContext, *, n_documents: int | None
) -> Findings:
    """The exponent of the activations, and both spectra in one table and figure.

    Args:
        found: what was found of the cloud, with its spectrum where there is one.
        window: ranks that laws are fitted to, in both.
        context: of the run, with the model and the corpus where they were named.
        n_documents: how many documents to read; None reads all.
    """
    known = activation_spectrum(context, n_documents)
    if isinstance(known, Absent):
        return OF_ACTIVATIONS.findings({NAME: known}, n=0)
    spectrum, eigenvalues = known.spectrum, known.spectrum.eigenvalues
    has_window = spectrum.rank >= window.last
    tables = {}
    if spectrum.rank and "spectrum" in found.tables and found.tables["spectrum"]["eigenvalue"].any():
        tables[TABLE] = both_spectra(found.tables["spectrum"], eigenvalues, window if has_window else None)
    if not has_window:
        reason = (
            f"it needs {window.last} eigenvalues above zero, and {known.n_tokens} tokens in {spectrum.d_in} dimensions have "
            f"{spectrum.rank}"
        )
        return OF_ACTIVATIONS.findings({NAME: Absent(reason)}, n=known.n_tokens, tables=tables, figures=figures(tables))
    is_published = context.preset == "paper"
    return OF_ACTIVATIONS.findings(
        {NAME: fitted_exponent(eigenvalues, window)},
        n=known.n_tokens,
        spread={NAME: Spread(regression(eigenvalues, window)) if is_published else known.spread(window)},
        additions={NAME: _of_what(known, window)},
        tables=tables,
        figures=figures(tables),
    )


def activation_spectrum(context: AnalysisContext, n_documents: int | None) -> ActivationSpectrum | Absent:
    """The spectrum of what the model of the run computes for the first `n_documents` of its corpus, or why there is none."""
    corpus = context.corpus
    if corpus is None:
        return Absent("no text was named for a model to read: type --model MODEL --set power-law.corpus=TEXT")
    if context.activations is None:
        return Absent("no model was named that reads the text: type --model MODEL")

    def documents() -> Iterator[Any]:
        return islice(corpus.documents(), n_documents)

    sources, lengths = zip(*((document.group, len(document.text)) for document in documents()), strict=True)
    source_of_document = np.unique(sources, return_inverse=True)[1]
    # A generator of its own: whether a model is read changes no other number.
    group_of_document = dealt_kin(source_of_document, context.rng.spawn(1)[0], n_groups=GROUPS)
    moments = GroupedMoments(int(group_of_document.max()) + 1, context.activations.d_in, device=context.device)
    by_document = groupby(context.activations.pieces(documents()), key=itemgetter(0))
    have_tokens = []
    for document, pieces in context.progress(by_document, len(sources), "activations"):
        have_tokens.append(source_of_document[document])
        for _, rows in pieces:
            moments.add(torch.from_numpy(rows), group_of_document[document])
    n_tokens = int(moments.n_rows.sum())
    if n_tokens < 2:
        return Absent(f"a covariance needs two tokens, and the text has {n_tokens}")
    return ActivationSpectrum(
        spectrum_of(moments.mean(), moments.covariance(), n_tokens),
        n_tokens,
        len(set(have_tokens)),
        list(_without_each(moments)),
        f"documents left out, {digest_of_parts(np.stack([group_of_document, lengths]))}",
    )


def _of_what(known: ActivationSpectrum, window: RankWindow) -> str:
    structureless = fitted_exponent(expected_eigenvalues(known.n_tokens - 1, known.spectrum.d_in), window)
    return (
        f" Over ranks {window}, of {known.n_tokens} tokens in {known.n_documents} documents; {structureless:.4f} is expected of as "
        "many independent tokens without structure."
    )


def _without_each(moments: GroupedMoments) -> Iterator[Spectrum]:
    """The spectrum without each group that has rows."""
    n_tokens = int(moments.n_rows.sum())
    for group in np.flatnonzero(moments.n_rows):
        left = n_tokens - int(moments.n_rows[group])
        if left >= 2:
            yield spectrum_of(moments.mean(), moments.covariance(without=int(group)), left)


def both_spectra(of_cloud: pd.DataFrame, activations: Floats, window: RankWindow | None) -> pd.DataFrame:
    """Shares of variance by rank, of the directions and of the activations, and in the window the power law fitted to each.

    Args:
        of_cloud: the table `spectrum`, with an eigenvalue above zero.
        activations: eigenvalues, (d,), descending, one of them above zero.
        window: None where the activations have no such ranks.
    """
    directions = of_cloud["eigenvalue"]
    columns = {
        "rank": of_cloud["rank"],
        "directions": directions / directions.sum(),
        "activations": activations / activations.sum(),
    }
    if POWER_LAW in of_cloud:
        columns["directions_power_law"] = of_cloud[POWER_LAW] / directions.sum()
    if window is not None:
        fitted = np.full(len(activations), np.nan)
        fitted[window.first - 1 : window.last] = fitted_curves(activations, window)[POWER_LAW] / activations.sum()
        columns["activations_power_law"] = fitted
    return pd.DataFrame(columns)


def figures(tables: Mapping[str, pd.DataFrame]) -> list[Figure]:
    """The drawing of both spectra, where there is the table of them."""
    if TABLE not in tables:
        return []
    return [
        Figure(
            name=TABLE,
            title="Spectra of directions and activations",
            kind="line",
            table=TABLE,
            x="rank",
            y=tuple(name for name in tables[TABLE].columns if name != "rank"),
            log_x=True,
            log_y=True,
            x_title="rank",
            y_title="share of variance",
            caption="Eigenvalues of the covariance of the SAE's directions and of the activations that it reads, each over their "
            "sum, and the power law fitted to either in the window.",
        )
    ]
