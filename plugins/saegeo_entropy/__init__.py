"""Entropy: whether the points of a cloud cluster beyond what its mean and covariance explain, and in how many dimensions."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_entropy.analysis import Entropy

    register(Entropy())
