"""Word pairs of the paper's size: the whole held-out analysis, and the in-sample silhouettes of the published procedure.

The twelve sets of Todd et al. are not shipped: rows that need them are left out where the folder is absent
(`../shared/relations/function_vectors` beside the checkout, or what SAEGEO_RELATIONS names). Their vectors here are made up:
a word's own noise, and a strong direction of word length.
"""

import os
from pathlib import Path

import numpy as np

from benchmarks.measure import Work
from saegeo_core import AnalysisContext, FeatureCloud, TextActivations
from saegeo_core.numerics.blas_threads import one_blas_thread
from saegeo_core.synthetic.activations import made_up_activations, made_up_tokens

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


def words() -> TextActivations:
    """One token for every word: noise of its own, and how long it is along one direction."""
    length = 5 * np.random.default_rng(0).standard_normal(D_IN, np.float32) / np.sqrt(D_IN)
    noise = made_up_tokens(D_IN)
    return made_up_activations(lambda text: noise(text)[:1] + len(text) * length, D_IN)


def cloud() -> FeatureCloud:
    """Any cloud of that width: the analysis needs only to know where it reads."""
    return FeatureCloud.from_array(np.eye(2, D_IN, dtype=np.float32))


@one_blas_thread()  # as a run has it
def analyzed(data: FeatureCloud) -> float:
    """The calibrated preset on the twelve sets; returns the raw pairing consistency."""
    from saegeo_crystals.analysis import Crystals, CrystalsParameters

    context = AnalysisContext(np.random.default_rng(0), activations=words())
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
    from saegeo_crystals.paper import in_sample_discriminants, in_sample_silhouettes

    context, dimensions = AnalysisContext(np.random.default_rng(0)), list(range(2, 12))
    return in_sample_silhouettes(*data, dimensions, in_sample_discriminants(*data, max(dimensions)), context)[11]


ROWS = [Work("crystals, in-sample silhouettes of 2,400 x 2,304", noise, fitted_for_each, fitted_once, full=True)]
if RELATIONS.is_dir():
    ROWS.append(Work("crystals, twelve sets at d = 2,304", cloud, "has no held-out counterpart", analyzed, full=True))
