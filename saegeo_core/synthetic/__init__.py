"""Structure that is planted and known: clouds here, laws of dictionaries in `composites`, firing and activations in their files."""

from saegeo_core.synthetic.clouds import (
    angular_gaussian,
    common_mean,
    families,
    isotropic,
    power_law_variances,
    with_duplicates,
    with_parallelograms,
)
from saegeo_core.synthetic.composites import COMPOSITES

__all__ = [
    "COMPOSITES",
    "angular_gaussian",
    "common_mean",
    "families",
    "isotropic",
    "power_law_variances",
    "with_duplicates",
    "with_parallelograms",
]
