"""Structure that is planted and known: clouds here, firing in `synthetic.firing`, activations in `synthetic.activations`."""

from saegeo_core.synthetic.clouds import (
    angular_gaussian,
    common_mean,
    families,
    isotropic,
    power_law_variances,
    with_duplicates,
    with_parallelograms,
)

__all__ = [
    "angular_gaussian",
    "common_mean",
    "families",
    "isotropic",
    "power_law_variances",
    "with_duplicates",
    "with_parallelograms",
]
