"""What a long analysis is going to take, said before it starts."""

import time

import torch

from saegeo_core.cli.messages import say
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.numerics.bounded_products import fastest_format
from saegeo_core.running.configured_analysis import ConfiguredAnalysis

LONG = 60.0
"""Seconds from which on a plan is worth a line."""
ROWS, COLUMNS = 1024, 8192
"""Of the products that are timed: some tenths of a second on two cores at 2,304 dimensions."""


def say_cost(configured: ConfiguredAnalysis, cloud: FeatureCloud, device: str) -> None:
    """One line on standard error, where the analysis tells its cost and that is more than a minute."""
    cost = configured.analysis.cost(cloud.n_features, cloud.d_in, configured.parameters)
    if cost is None:
        return
    seconds = cost.multiply_adds / multiply_adds_per_second(cloud.d_in, device)
    if seconds < LONG:
        return
    say(
        f"{configured.name} on {cloud.sae.spec}: some {in_words(seconds)} and {cost.n_bytes / 1e9:.1f} GB beside the directions "
        f"are expected ({cloud.n_features:,} x {cloud.d_in:,}, {cost.multiply_adds:.1e} multiply-adds)"
    )


def multiply_adds_per_second(d_in: int, device: str) -> float:
    """How fast this machine multiplies rows of that length in its fastest format, measured now."""
    dtype: torch.dtype = getattr(torch, fastest_format(device, d_in))
    left = torch.full((ROWS, d_in), 0.5, dtype=dtype, device=device)
    right = torch.full((COLUMNS, d_in), 0.5, dtype=dtype, device=device)
    return ROWS * COLUMNS * d_in / min(_seconds(left, right) for _ in range(3))


def in_words(seconds: float) -> str:
    """A duration for a person: minutes up to two hours, then hours."""
    minutes = seconds / 60
    return f"{max(minutes, 1):.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _seconds(left: torch.Tensor, right: torch.Tensor) -> float:
    start = time.perf_counter()
    (left @ right.T)[0, 0].item()
    return time.perf_counter() - start
