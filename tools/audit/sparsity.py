"""What of the published differences between layers goes with L0, and what L0 alone does to the bundled SAEs."""

import numpy as np
import pandas as pd

from audit.section import Section, estimate, measured
from saegeo_core import Figure
from saegeo_core.comparison.adjustment import Adjustment, regress_on_log_l0
from saegeo_core.comparison.published import ALPHA, BLOG_2B, BLOG_2B_L0, GALAXY_L0

P0 = 1e-4
LOW = 75
"""The published plateau is the four SAEs of at most this L0 among layers 4 to 25."""


def measure() -> Section:
    """Both published profiles regressed on log L0."""
    alpha = regressed("alpha", ALPHA, GALAXY_L0)
    tails = regressed("log tail", {layer: float(np.log(tail)) for layer, tail in BLOG_2B.items()}, BLOG_2B_L0)
    rows = [
        regression_row("exponent, 26 SAEs of width 65k", alpha),
        regression_row("log of the tail, 26 SAEs of width 16k", tails),
    ]
    formats = {"slope in log L0": "+.3f", "p": ".3f", "R² without L0": ".2f", "R² with L0": ".2f"}
    return Section(rows, formats, [_drawn(alpha)])


def measure_bundled() -> Section:
    """Layer 3 of the bundled release: as it is, with another seed, and with twice the L0."""
    saes = {"L0 33": "layer_3", "L0 33, another seed": "seed_1_layer_3", "L0 65": "l0_64_layer_3"}
    asked = {
        f"tail at null probability {P0:g}": ("cosine-tails", "tail_fraction", {"p0": P0}),
        "exponent": ("power-law", "alpha", {"null_draws": 19, "power_law_draws": 0}),
    }
    rows = [
        {
            "bundled layer 3": what,
            **{
                heading: estimate(measured(analysis, f"minilm-l6:{sae}", parameters=parameters), metric)
                for heading, sae in saes.items()
            },
        }
        for what, (analysis, metric, parameters) in asked.items()
    ]
    return Section(rows, dict.fromkeys(saes, ".4f"))


def regressed(name: str, values: dict[int, float], l0: dict[int, float]) -> Adjustment:
    """A profile by layer regressed on a polynomial in the layer and log L0, as `saegeo compare --adjust l0` does."""
    layers = np.array(list(values), np.float64)
    return regress_on_log_l0(
        name, [str(layer) for layer in values], np.array(list(values.values())), np.array(list(l0.values())), layers
    )


def regression_row(what: str, found: Adjustment) -> dict[str, str | float]:
    """The slope in log L0, its p, and what of the variance it explains beside depth."""
    return {
        "published": what,
        "slope in log L0": found.slope,
        "p": found.pvalue,
        "R² without L0": found.r_squared_without_l0,
        "R² with L0": found.r_squared,
    }


def _drawn(alpha: Adjustment) -> tuple[Figure, pd.DataFrame]:
    layers = list(ALPHA)
    l0 = np.array(list(GALAXY_L0.values()))
    frame = pd.DataFrame(
        {
            "layer": [*layers, *layers],
            "alpha": [*ALPHA.values(), *alpha.values.values()],
            "series": [
                *np.where(l0 <= LOW, f"published, L0 at most {LOW}", "published, L0 77 to 128"),
                *["at one L0, by regression"] * len(layers),
            ],
        }
    )
    figure = Figure(
        name="sparsity",
        title="Published exponents, and the same at one L0",
        kind="scatter",
        table="sparsity",
        x="layer",
        y=("alpha",),
        color="series",
        y_title="exponent alpha",
    )
    return figure, frame
