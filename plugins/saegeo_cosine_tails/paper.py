"""The procedure of the blog *Feature Geometry*, as published: a fixed cosine and one random draw of the same size."""

import numpy as np
import torch

from saegeo_core import Absent, AnalysisContext, FeatureCloud, Findings
from saegeo_core.measuring.null_comparison import Draws, Moments, Nulls
from saegeo_core.numerics.pairwise_cosine import PairwiseCosines, pairwise_cosines
from saegeo_core.statistics.uniform_directions import tail_probability
from saegeo_cosine_tails.declared import DECLARED
from saegeo_cosine_tails.tables import nearest_table, tail_figures, tail_tables

DRAW = "one random draw of the same size, normalized Gaussian rows (the published null)"
EXACT = "uniform directions, the exact value that the draw estimates"
PUBLISHED_THRESHOLD = 0.1


def paper_findings(cloud: FeatureCloud, context: AnalysisContext, *, threshold: float | None) -> Findings:
    """Fraction of pairs of the strictly lower triangle with |cosine| above the fixed threshold."""
    cosine = PUBLISHED_THRESHOLD if threshold is None else threshold
    rows = context.rng.standard_normal((cloud.n_features, cloud.d_in), dtype=np.float32)
    observed, drawn = (
        pairwise_cosines(
            vectors,
            [cosine],
            device=context.device,
            watch=context.watch("pairwise cosines"),
        )
        for vectors in (cloud.vectors, torch.from_numpy(rows))
    )

    exact = float(tail_probability(cosine, cloud.d_in))
    nulls: Nulls = {
        DRAW: Draws([_tail_fraction(drawn)], has_pvalue=True, alternative="greater"),
        EXACT: Moments(exact, float(np.sqrt(exact * (1 - exact) / observed.n_pairs))),
    }
    tables = tail_tables(observed, cloud.d_in, expected={"random_draw": drawn.histogram_counts / drawn.n_pairs})
    return DECLARED.findings(
        {"tail_fraction": _tail_fraction(observed)},
        n=observed.n_pairs,
        spread=Absent("the published procedure gives none"),
        nulls={"tail_fraction": nulls},
        additions={"tail_fraction": f" The threshold is {cosine:g}."},
        tables=tables | {"nearest": nearest_table(cloud, observed)},
        figures=tail_figures(("observed", "uniform")),
        warnings=_artifacts(cosine, cloud.d_in, exact, observed.n_pairs),
    )


def _tail_fraction(cosines: PairwiseCosines) -> float:
    return float((cosines.n_above + cosines.n_below).sum() / 2 / cosines.n_pairs)


def _artifacts(threshold: float, d_in: int, exact: float, n_pairs: int) -> list[str]:
    """What is known to be wrong with the published procedure, with its size here."""
    deviations, expected = threshold * np.sqrt(d_in), exact * n_pairs
    return [
        f"a fixed cosine means another thing in every dimension: |cosine| > {threshold:g} is {deviations:.1f} standard deviations "
        f"at d = {d_in} (4.8 at 2,304, 6.0 at 3,584), so tails are not comparable between models of different width",
        f"one random draw estimates what is known exactly: {exact:.3g} of the pairs, here "
        f"{expected:.3g} ± {np.sqrt(expected):.2g} pairs",
        "a tail of |cosine| adds up a common mean, the covariance and local families, and discards the sign; "
        "the calibrated preset tells them apart",
        "decoder tails grow as L0 falls: the published comparisons of layers and of instruction tuning compared SAEs whose L0 "
        "differed by factors of 1.7 to 8",
    ]
