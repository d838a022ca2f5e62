"""One population exponent read from more and fewer rows, and a spectrum that is no power law."""

import numpy as np
import pandas as pd
import torch

from audit.section import Section, estimate, measured
from saegeo_core import FeatureCloud, Figure, Interval
from saegeo_core.synthetic import power_law_variances

EXPONENT = 0.35
SIZES = (1024, 2048, 4096, 8192, 16384)
D = 512
CHEAP = {"null_draws": 19, "power_law_draws": 0}


def measure() -> Section:
    """Gaussian rows with a power law, a lognormal spectrum, and none."""
    ranks = (np.arange(D) + 0.5) / D
    lognormal = torch.from_numpy(np.exp(-0.5 * _normal_quantile(ranks)))
    flat = torch.ones(D, dtype=torch.float64)
    power_law = power_law_variances(D, EXPONENT)
    by_size = [row_of(f"power law {EXPONENT}", n, power_law) for n in SIZES]
    rows = [
        *by_size,
        row_of("no structure", SIZES[0], flat),
        row_of("no structure", SIZES[-1], flat),
        row_of("lognormal, sigma .5", SIZES[-1], lognormal),
    ]
    frame = pd.DataFrame(
        {
            "rows": SIZES,
            "corrected": [row["corrected"] for row in by_size],
            "as read (published)": [row["as read"] for row in by_size],
            "planted": [EXPONENT] * len(SIZES),
            "low": [row["low"] for row in by_size],
            "high": [row["high"] for row in by_size],
        }
    )
    figure = Figure(
        name="power_law",
        title=f"Exponent read where {EXPONENT} is true, in {D} dimensions",
        kind="line",
        table="power_law",
        x="rows",
        y=("corrected", "as read (published)", "planted"),
        low="low",
        high="high",
        log_x=True,
        y_title="exponent over ranks 11 to 150",
    )
    formats = dict.fromkeys(("as read", "corrected", "low", "high", "window spread"), ".3f")
    return Section(rows, {"rows": ",d", **formats}, [(figure, frame)])


def row_of(spectrum: str, n: int, variances: torch.Tensor) -> dict[str, object]:
    """The exponent as published and corrected, and what speaks against a power law."""
    rows = (
        torch.from_numpy(np.random.default_rng(6).standard_normal((n, D), dtype=np.float32)) * variances.sqrt().float()
    )
    cloud = FeatureCloud.from_array(rows, name="audit")
    report = measured("power-law", cloud, parameters=CHEAP)
    interval = report.metric("alpha").interval
    assert isinstance(interval, Interval)
    return {
        "spectrum": spectrum,
        "rows": n,
        "as read": estimate(measured("power-law", cloud, preset="paper"), "alpha"),
        "corrected": estimate(report, "alpha"),
        "low": interval.low,
        "high": interval.high,
        "window spread": estimate(report, "alpha_window_spread"),
    }


def _normal_quantile(shares: np.ndarray) -> np.ndarray:
    from scipy.stats import norm

    return np.asarray(norm.ppf(shares))
