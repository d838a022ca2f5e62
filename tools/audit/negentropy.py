"""The published negentropy of clouds that hold no clusters, beside the published values and the calibrated ones."""

import numpy as np
import pandas as pd
import torch

from audit.section import PVALUE, Section, estimate, measured
from saegeo_core import FeatureCloud, Figure
from saegeo_core.comparison.published import ALPHA, NEGENTROPY
from saegeo_core.synthetic import angular_gaussian, families

N, D = 5000, 2304
EXPONENTS = (0.0, 0.24, 0.48)
SMALL_D = 128
CALIBRATED_ROWS = 1536
THETAS = (1e-1, 1e-2, 1e-3, 1e-6)


def measure() -> Section:
    """Directions of the published size with nothing but a spectrum, and small clouds with and without families."""
    rng = np.random.default_rng(1)
    turn = rotation(D, rng)
    spectra = {exponent: angular_gaussian(N, D, rng, exponent=exponent) @ turn for exponent in EXPONENTS}
    read = {exponent: published(vectors) for exponent, vectors in spectra.items()}
    gaussian = torch.from_numpy(rng.standard_normal((N, SMALL_D), dtype=np.float32))
    in_families = families(N, SMALL_D, rng, size=10, correlation=0.6)
    # Lengths that vary as a Gaussian's do: both clouds then have the same judging null.
    in_families = in_families * torch.linalg.vector_norm(gaussian, dim=1, keepdim=True)
    rows = [
        *(row(f"directions, {D:,} dimensions, exponent {exponent:g}", one) for exponent, one in read.items()),
        row(f"Gaussian, {SMALL_D} dimensions", published(gaussian), calibrated(gaussian)),
        row(f"families of ten, {SMALL_D} dimensions", published(in_families), calibrated(in_families)),
    ]
    signed = dict.fromkeys(("calibrated", "low", "high"), "+.2f")
    return Section(rows, {"published way": ".1f", "published error": ".1f", **signed, "p": PVALUE}, [_drawn(read)])


def measure_theta() -> Section:
    """One and the same noise with four values of theta."""
    rows = [theta_row(theta) for theta in THETAS]
    return Section(rows, {"theta": "g", "published way": ".1f", "published error": ".1f"})


def theta_row(theta: float) -> dict[str, float]:
    """What Gaussian noise reads with this theta."""
    gaussian = torch.from_numpy(np.random.default_rng(2).standard_normal((N, SMALL_D), dtype=np.float32))
    return {"theta": theta, **published(gaussian, theta)}


def rotation(d: int, rng: np.random.Generator) -> torch.Tensor:
    """A random rotation: the published z-scoring of columns would undo a spectrum that lies along them."""
    return torch.linalg.qr(torch.from_numpy(rng.standard_normal((d, d), dtype=np.float32))).Q


def published(vectors: torch.Tensor, theta: float = 1e-2) -> dict[str, float]:
    """The paper's number and its error."""
    cloud = FeatureCloud.from_array(vectors, name="audit")
    report = measured("entropy", cloud, preset="paper", parameters={"threshold": theta})
    metric = report.metric("negentropy")
    return {
        "published way": estimate(report, "negentropy"),
        "published error": (metric.interval.high - metric.interval.low) / 2,
    }


def calibrated(vectors: torch.Tensor) -> dict[str, float]:
    """The first 100 principal components of some rows, less what Gaussian rows of the same moments read."""
    cloud = FeatureCloud.from_array(vectors, name="audit")
    metric = measured("entropy", cloud, parameters={"n_rows": CALIBRATED_ROWS}).metric("negentropy_q100")
    return {
        "calibrated": metric.value,
        "low": metric.interval.low,
        "high": metric.interval.high,
        "p": metric.nulls[0].pvalue,
    }


def row(cloud: str, *parts: dict[str, float]) -> dict[str, object]:
    """A row of the table; what was not measured is missing."""
    headings = ("cloud", "published way", "published error", "calibrated", "low", "high", "p")
    return {**dict.fromkeys(headings), "cloud": cloud, **{key: value for part in parts for key, value in part.items()}}


def _drawn(read: dict[float, dict[str, float]]) -> tuple[Figure, pd.DataFrame]:
    frame = pd.DataFrame(
        {
            "alpha": [*ALPHA.values(), *read],
            "nats": [*NEGENTROPY.values(), *(one["published way"] for one in read.values())],
            "cloud": ["published, 26 layers"] * len(ALPHA) + ["directions with no clusters"] * len(read),
        }
    )
    figure = Figure(
        name="negentropy",
        title="Published negentropy, and what no clusters at all read",
        kind="scatter",
        table="negentropy",
        x="alpha",
        y=("nats",),
        color="cloud",
        x_title="exponent of the spectrum",
        y_title="negentropy by the published procedure, nats",
    )
    return figure, frame
