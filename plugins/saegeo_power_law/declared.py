"""Name, unit, range and meaning of every metric, in the order in which they are reported: of either preset, and of activations."""

from saegeo_core import Declarations, Declared

INFINITE = float("inf")

DECLARED = Declarations(
    alpha=Declared(
        "exponent",
        "neither",
        "Rank exponent of the covariance spectrum: eigenvalues fall as rank^-alpha. Corrected for the number of features.",
        range=(0, INFINITE),
    ),
    alpha_raw=Declared(
        "exponent",
        "neither",
        "The same exponent as read off the sample spectrum. It depends on the number of features.",
    ),
    alpha_window_spread=Declared(
        "exponent",
        "lower",
        "Largest less smallest alpha over windows of other ranks; 0 for a power law.",
        range=(0, INFINITE),
    ),
    eigenvalue_decades=Declared(
        "decades",
        "neither",
        "log10 of the first over the last eigenvalue of the window: what a law was seen over.",
        range=(0, INFINITE),
    ),
    power_law_gain=Declared(
        "ln eigenvalue",
        "neither",
        "Held-out error of the best of exponential, lognormal and broken power law, less the power law's; below 0 one of "
        "them foretells left-out ranks better.",
        alternative="less",
        no_interval="it switches from one rival law to another: what was tried covered 89 % of 95 on some clouds",
    ),
    density_exponent=Declared(
        "exponent",
        "neither",
        "1 + 1/alpha: the density of eigenvalues falls as their value to minus this power.",
        range=(1, INFINITE),
        no_null="infinite without structure; alpha is judged instead",
    ),
    participation_ratio=Declared(
        "dimensions",
        "neither",
        "(sum of eigenvalues)^2 over the sum of their squares; d is isotropy.",
        alternative="less",
        range=(1, INFINITE),
    ),
    effective_rank=Declared(
        "dimensions",
        "neither",
        "exp of the entropy of the shares of variance; d is isotropy.",
        alternative="less",
        range=(1, INFINITE),
    ),
    relative_log_volume=Declared(
        "nats per dimension",
        "neither",
        "Mean ln of eigenvalue over mean eigenvalue; 0 is isotropy, and nothing lies above.",
        alternative="less",
        range=(-INFINITE, 0),
    ),
    outlier_eigenvalues=Declared(
        "eigenvalues",
        "neither",
        "Eigenvalues above the Marchenko-Pastur edge for a cloud of this size and variance.",
        range=(0, INFINITE),
        no_interval="a count of eigenvalues beyond an edge: it jumps, and no resampling follows",
    ),
    mean_norm=Declared(
        "ratio",
        "neither",
        "Length of the mean row over the root mean square length of the rows; 0 is centered.",
        range=(0, 1),
    ),
)

OF_ACTIVATIONS = Declarations(
    alpha_activations=Declared(
        "exponent",
        "neither",
        "The exponent as read off the covariance spectrum of the activations that the SAE reads, over the same ranks.",
        no_null="tokens of one text are not independent, so their number does not say what no structure would read",
    ),
)

PUBLISHED = Declarations(
    alpha=Declared("exponent", "neither", "Minus the slope of log10 eigenvalue on log10 rank, as published."),
    log_determinant=Declared(
        "nats",
        "neither",
        "Sum of ln eigenvalue over the window only, as published.",
        no_interval="the published procedure gives none",
    ),
)
