"""The published sum of log eigenvalues beside the whole log volume, as a cloud grows less isotropic."""

import numpy as np
import pandas as pd

from audit.section import Section, estimate, measured
from saegeo_core import FeatureCloud, Figure
from saegeo_core.synthetic import angular_gaussian

EXPONENTS = (0.0, 0.12, 0.24, 0.36, 0.47)
N, D = 8192, 512
CHEAP = {"null_draws": 19, "power_law_draws": 0}


def measure() -> Section:
    """Unit rows of five exponents."""
    rows = [row_at(exponent) for exponent in EXPONENTS]
    isotropic = rows[0]
    frame = pd.DataFrame(
        {
            "exponent": EXPONENTS,
            "ranks 11 to 150 (published)": [row["published sum"] - isotropic["published sum"] for row in rows],
            "all ranks": [row["whole log volume"] - isotropic["whole log volume"] for row in rows],
        }
    )
    figure = Figure(
        name="effective_volume",
        title="Sum of log eigenvalues, less that of isotropic rows",
        kind="line",
        table="effective_volume",
        x="exponent",
        y=("ranks 11 to 150 (published)", "all ranks"),
        x_title="exponent of the planted spectrum",
        y_title="nats",
    )
    formats = {"exponent": ".2f", "published sum": ".1f", "whole log volume": ".1f", "effective rank": ".0f"}
    return Section(rows, formats, [(figure, frame)])


def row_at(exponent: float) -> dict[str, float]:
    """Both sums of one cloud; the whole one is relative to isotropy, d times the metric of that name."""
    rows = angular_gaussian(N, D, np.random.default_rng(5), exponent=exponent)
    cloud = FeatureCloud.from_array(rows, name="audit")
    calibrated = measured("power-law", cloud, parameters=CHEAP)
    return {
        "exponent": exponent,
        "published sum": estimate(measured("power-law", cloud, preset="paper"), "log_determinant"),
        "whole log volume": D * estimate(calibrated, "relative_log_volume"),
        "effective rank": estimate(calibrated, "effective_rank"),
    }
