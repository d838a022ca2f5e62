"""Word pairs of the paper's size: the whole held-out analysis, and the in-sample silhouettes of the published procedure.

The twelve sets of Todd et al. are not shipped: rows that need them are left out where the folder is absent
(`../shared/relations/function_vectors` beside the checkout, or what SAEGEO_RELATIONS names). Their vectors here are made up:
a word's own noise, a common offset for each relation, and a strong direction of word length.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Work
from saegeo_core import AnalysisContext, FeatureCloud

ROOT = Path(__file__).parents[1]
RELATIONS = Path(os.environ.get("SAEGEO_RELATIONS", ROOT.parent / "shared" / "relations" / "function_vectors"))
TWELVE = [
    "country-capital",
    "country-currency",
    "english-french",
    "english-german",
    "english-spanish",
    "landmark-country",
    "person-instrument",
    "person-occupation",
    "person-sport",
    "present-past",
    "product-company",
    "singular-plural",
]
D_IN = 2304


class MadeUp:
    """What looks like a model to the analysis: one token for every word, its vector drawn anew for each text."""

    model, hook, d_in = "made-up vectors", "nowhere", D_IN

    def of(self, texts: Sequence[str]) -> Iterator[np.ndarray]:
        rng = np.random.default_rng(0)
        length = 5 * rng.standard_normal(D_IN).astype(np.float32) / np.sqrt(D_IN)
        return (rng.standard_normal((1, D_IN), dtype=np.float32) + len(text) * length for text in texts)


def cloud() -> FeatureCloud:
    """Any cloud of that width: the analysis needs only to know where it reads."""
    return FeatureCloud.from_array(np.eye(2, D_IN, dtype=np.float32))


def analysed(data: FeatureCloud) -> float:
    """The calibrated preset on the twelve sets; returns the raw pairing consistency."""
    from saegeo_crystals.analysis import Crystals, CrystalsParameters

    context: Any = AnalysisContext(np.random.default_rng(0), activations=MadeUp())  # type: ignore[arg-type]
    findings = Crystals().analyze(data, CrystalsParameters(measure="pairs", relations=RELATIONS, only=TWELVE), context)
    return next(m.value for m in findings.metrics if m.name == "pairing_consistency_raw") or 0.0


def noise() -> tuple[np.ndarray, np.ndarray]:
    """Differences without structure, 12 relations of 200 pairs."""
    rows = np.random.default_rng(0).standard_normal((2400, D_IN), dtype=np.float32)
    return rows, np.repeat(np.arange(12), 200)


def fitted_for_each(data: tuple[np.ndarray, np.ndarray]) -> float:
    """As published: discriminants fitted anew for every number of components; returns the silhouette at eleven."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.metrics import silhouette_score

    rows, labels = data
    fits = (LinearDiscriminantAnalysis(n_components=m).fit_transform(rows, labels) for m in range(2, 12))
    return float([silhouette_score(points, labels) for points in fits][-1])


def fitted_once(data: tuple[np.ndarray, np.ndarray]) -> float:
    """The paper preset's way: one fit, its leading components; returns the silhouette at eleven."""
    from saegeo_crystals.published import in_sample_silhouettes

    context = AnalysisContext(np.random.default_rng(0))
    return in_sample_silhouettes(*data, dimensions=list(range(2, 12)), context=context)[11]


ROWS = [Work("crystals, in-sample silhouettes of 2,400 x 2,304", noise, fitted_for_each, fitted_once, full=True)]
if RELATIONS.is_dir():
    ROWS.append(Work("crystals, twelve sets at d = 2,304", cloud, "has no held-out counterpart", analysed, full=True))
