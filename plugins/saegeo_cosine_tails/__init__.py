"""Cosine tails: how uniformly the directions of a dictionary are spread, and which pairs are too close to be chance."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_cosine_tails.analysis import CosineTails

    register(CosineTails())
