"""Name, unit, range and meaning of every metric, in the order in which they are reported."""

from saegeo_core import Described, Descriptions, Findings

INFINITE = float("inf")

DESCRIBED = Descriptions(
    alpha=Described(
        "exponent",
        "neither",
        "Rank exponent of the covariance spectrum: eigenvalues fall as rank^-alpha. Corrected for the number of features.",
    ),
    alpha_raw=Described(
        "exponent",
        "neither",
        "The same exponent as read off the sample spectrum. It depends on the number of features.",
    ),
    alpha_window_spread=Described(
        "exponent", "lower", "Largest less smallest alpha over windows of other ranks; 0 for a power law."
    ),
    eigenvalue_decades=Described(
        "decades", "neither", "log10 of the first over the last eigenvalue of the window: what a law was seen over."
    ),
    power_law_gain=Described(
        "ln eigenvalue",
        "neither",
        "Held-out error of the best of exponential, lognormal and broken power law, less the power law's; below 0 one of "
        "them foretells left-out ranks better.",
    ),
    density_exponent=Described(
        "exponent",
        "neither",
        "1 + 1/alpha: the density of eigenvalues falls as their value to minus this power.",
    ),
    participation_ratio=Described(
        "dimensions", "neither", "(sum of eigenvalues)^2 over the sum of their squares; d is isotropy."
    ),
    effective_rank=Described("dimensions", "neither", "exp of the entropy of the shares of variance; d is isotropy."),
    relative_log_volume=Described(
        "nats per dimension",
        "neither",
        "Mean ln of eigenvalue over mean eigenvalue; 0 is isotropy, and nothing lies above.",
    ),
    outlier_eigenvalues=Described(
        "eigenvalues", "neither", "Eigenvalues above the Marchenko-Pastur edge for a cloud of this size and variance."
    ),
    mean_norm=Described(
        "ratio", "neither", "Length of the mean row over the root mean square length of the rows; 0 is centred."
    ),
)
RANGES = {
    "alpha_raw": (-INFINITE, INFINITE),
    "power_law_gain": (-INFINITE, INFINITE),
    "density_exponent": (1, INFINITE),
    "participation_ratio": (1, INFINITE),
    "effective_rank": (1, INFINITE),
    "relative_log_volume": (-INFINITE, 0),
    "mean_norm": (0, 1),
}
"""Where the values of a metric can lie, if not from 0 upwards. No interval is drawn beyond."""

PUBLISHED = Descriptions(
    alpha=Described("exponent", "neither", "Minus the slope of log10 eigenvalue on log10 rank, as published."),
    log_determinant=Described("nats", "neither", "Sum of ln eigenvalue over the window only, as published."),
)


def nothing_to_measure(preset: str, n_features: int) -> Findings:
    """Every metric of the preset, absent: one feature has no covariance, and one dimension no spectrum."""
    reason = "one feature has no covariance" if n_features < 2 else "one dimension has one eigenvalue, and no ranks"
    described = PUBLISHED if preset == "paper" else DESCRIBED
    return Findings([described.missing(name, reason) for name in described])
