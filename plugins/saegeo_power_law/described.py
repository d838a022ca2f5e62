"""Name, unit, range and meaning of every metric, in the order in which they are reported."""

from typing import NamedTuple

from saegeo_core import Absent, Better, Findings, Interval, Metric, NullComparison

INFINITE = float("inf")


class Description(NamedTuple):
    """What does not depend on the cloud. No interval is drawn beyond least and most, where no value can lie."""

    unit: str
    better: Better
    text: str
    least: float = 0.0
    most: float = INFINITE


DESCRIBED = {
    "alpha": Description(
        "exponent",
        "neither",
        "Rank exponent of the covariance spectrum: eigenvalues fall as rank^-alpha. Corrected for the number of features.",
    ),
    "alpha_raw": Description(
        "exponent",
        "neither",
        "The same exponent as read off the sample spectrum. It depends on the number of features.",
        least=-INFINITE,
    ),
    "alpha_window_spread": Description(
        "exponent", "lower", "Largest less smallest alpha over windows of other ranks; 0 for a power law."
    ),
    "eigenvalue_decades": Description(
        "decades", "neither", "log10 of the first over the last eigenvalue of the window: what a law was seen over."
    ),
    "power_law_gain": Description(
        "ln eigenvalue",
        "neither",
        "Held-out error of the best of exponential, lognormal and broken power law, less the power law's; below 0 one of "
        "them foretells left-out ranks better.",
        least=-INFINITE,
    ),
    "density_exponent": Description(
        "exponent",
        "neither",
        "1 + 1/alpha: the density of eigenvalues falls as their value to minus this power.",
        least=1,
    ),
    "participation_ratio": Description(
        "dimensions", "neither", "(sum of eigenvalues)^2 over the sum of their squares; d is isotropy.", least=1
    ),
    "effective_rank": Description(
        "dimensions", "neither", "exp of the entropy of the shares of variance; d is isotropy.", least=1
    ),
    "relative_log_volume": Description(
        "nats per dimension",
        "neither",
        "Mean ln of eigenvalue over mean eigenvalue; 0 is isotropy, and nothing lies above.",
        least=-INFINITE,
        most=0,
    ),
    "outlier_eigenvalues": Description(
        "eigenvalues", "neither", "Eigenvalues above the Marchenko-Pastur edge for a cloud of this size and variance."
    ),
    "mean_norm": Description(
        "ratio", "neither", "Length of the mean row over the root mean square length of the rows; 0 is centred.", most=1
    ),
}

PUBLISHED = {
    "alpha": Description("exponent", "neither", "Minus the slope of log10 eigenvalue on log10 rank, as published."),
    "log_determinant": Description("nats", "neither", "Sum of ln eigenvalue over the window only, as published."),
}


def described_metric(
    name: str,
    estimate: float,
    n: int,
    *,
    interval: Interval | Absent,
    nulls: tuple[NullComparison, ...] | Absent,
    addition: str = "",
    described: dict[str, Description] = DESCRIBED,
) -> Metric:
    """The metric of that name, with its description and what `addition` says of this cloud."""
    description = described[name]
    return Metric(
        name=name,
        estimate=estimate,
        interval=interval,
        nulls=nulls,
        n=n,
        unit=description.unit,
        better=description.better,
        description=description.text + addition,
    )


def missing_metric(name: str, reason: str, n: int = 0, described: dict[str, Description] = DESCRIBED) -> Metric:
    """The metric of that name, absent for that reason."""
    unit, better, text, *_ = described[name]
    return Metric.missing(name, reason, unit=unit, better=better, description=text, n=n)


def nothing_to_measure(preset: str, n_features: int) -> Findings:
    """Every metric of the preset, absent: one feature has no covariance, and one dimension no spectrum."""
    reason = "one feature has no covariance" if n_features < 2 else "one dimension has one eigenvalue, and no ranks"
    described = PUBLISHED if preset == "paper" else DESCRIBED
    return Findings([missing_metric(name, reason, described=described) for name in described])
