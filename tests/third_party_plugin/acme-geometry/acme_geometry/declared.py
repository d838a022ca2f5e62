"""What is measured."""

from saegeo_core import Declarations, Declared

DECLARED = Declarations(
    largest_hub=Declared(
        "features",
        "lower",
        "Most features that share a nearest neighbor.",
        no_interval="no resampling gives a valid interval for an extreme",
    ),
)
