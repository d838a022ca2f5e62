"""What a long analysis is going to take, said before it starts."""

from saegeo_core.cli.messages import say
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.numerics.product_rate import multiply_adds_per_second
from saegeo_core.running.configured_analysis import ConfiguredAnalysis

LONG = 60.0
"""Seconds from which on a plan is worth a line."""


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


def in_words(seconds: float) -> str:
    """A duration for a person: minutes up to two hours, then hours."""
    minutes = seconds / 60
    return f"{max(minutes, 1):.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
