"""The covariance spectrum: the published procedure against the whole analysis, and planted exponents read back.

The published way is np.cov, its eigenvalues and a line through ranks 11 to 150, done for the cloud and once more for a Gaussian
matrix. Ours adds intervals, 118 null spectra (19 of them of rows that are drawn), the correction for sample size and four
laws; both answer with the raw exponent. `python -m benchmarks.power_law` plants five exponents and prints what is read of them.
"""

import numpy as np
import torch
from scipy import stats

from benchmarks.measure import Work
from saegeo_core import run
from saegeo_core.cloud.feature_cloud import FeatureCloud

D_IN = 2304
PLANTED = (0.15, 0.25, 0.35, 0.47, 0.7)
FIRST, LAST = 11, 150


def planted(n: int, exponent: float, seed: int = 0) -> torch.Tensor:
    """Gaussian rows, float32 (n, 2304), whose variances fall as rank^-exponent."""
    rows = torch.randn(n, D_IN, generator=torch.Generator().manual_seed(seed))
    return rows.mul_(torch.arange(1, D_IN + 1) ** (-exponent / 2))


def planted_16k() -> FeatureCloud:
    """The width most dictionaries have."""
    return FeatureCloud.from_array(planted(16_384, 0.35))


def planted_65k() -> FeatureCloud:
    """The dictionary of the paper."""
    return FeatureCloud.from_array(planted(65_536, 0.35))


def published(cloud: FeatureCloud) -> float:
    """Slopes of the cloud and of a Gaussian matrix of its shape."""
    slopes = [slope(cloud.vectors.numpy())]
    slopes.append(slope(np.random.default_rng(0).standard_normal(cloud.vectors.shape)))
    return -slopes[0]


def slope(rows: np.ndarray) -> float:
    """The line through log eigenvalue on log rank."""
    eigenvalues = np.linalg.eigvalsh(np.cov(rows, rowvar=False))[::-1]
    ranks = np.arange(FIRST, LAST + 1)
    return float(stats.linregress(np.log10(ranks), np.log10(eigenvalues[ranks - 1])).slope)


def analysis(cloud: FeatureCloud) -> float:
    """Everything that a report of the calibrated preset holds."""
    return run("power-law", cloud).metric("alpha_raw").estimate


ROWS = [
    Work("power law, 16,384 x 2,304", planted_16k, published, analysis, full=True),
    Work("power law, 65,536 x 2,304", planted_65k, published, analysis, full=True),
]


if __name__ == "__main__":
    print("planted exponent, 16,384 x 2,304: raw, corrected with its 95 % interval")
    for seed, exponent in enumerate(PLANTED):
        cloud = FeatureCloud.from_array(planted(16_384, exponent, seed))
        report = run("power-law", cloud, parameters={"null_draws": 19, "power_law_draws": 0})
        raw, alpha = report.metric("alpha_raw").estimate, report.metric("alpha")
        print(f"{exponent:.2f}: {raw:.4f}, {alpha.estimate:.4f} [{alpha.interval.low:.4f}, {alpha.interval.high:.4f}]")
