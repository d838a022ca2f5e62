"""Lobes: whether features that fire together lie together."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_lobes.analysis import Lobes

    register(Lobes())
