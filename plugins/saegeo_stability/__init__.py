"""Stability: how much of one dictionary comes back in another, beside what a random dictionary would show."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_stability.analysis import Stability

    register(Stability())
