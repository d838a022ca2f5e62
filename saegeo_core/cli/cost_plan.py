"""What a long analysis is going to take, said before it starts."""

from collections.abc import Sequence

from saegeo_core.cli.messages import say
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.numerics.product_rate import multiply_adds_per_second
from saegeo_core.running.configured_analysis import ConfiguredAnalysis

LEAST = 0.4
"""Seconds that a report takes however small its SAE is (python -m benchmarks.sweep)."""
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


def work_in_words(analyses: Sequence[ConfiguredAnalysis], cloud: FeatureCloud, n_each: float) -> str:
    """What `n_each` reports of each analysis take, were all SAEs like this one and all workers as fast as this machine's CPU."""
    costs = {one.name: one.analysis.cost(cloud.n_features, cloud.d_in, one.parameters) for one in analyses}
    if not any(costs.values()):
        return "what they take is not known"
    rate = multiply_adds_per_second(cloud.d_in, "cpu")
    seconds = n_each * sum(max(LEAST, cost.multiply_adds / rate) for cost in costs.values() if cost)
    unknown = [name for name, cost in costs.items() if cost is None]
    like = f"if all are like {cloud.sae.spec} ({cloud.n_features:,} x {cloud.d_in:,}) and no worker is faster than this machine"
    besides = f", besides what {', '.join(unknown)} may take" if unknown else ""
    return f"some {in_words(seconds)} of one worker are expected, {like}{besides}"


def in_words(seconds: float) -> str:
    """A duration for a person: minutes up to two hours, then hours."""
    minutes = seconds / 60
    return f"{max(minutes, 1):.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
