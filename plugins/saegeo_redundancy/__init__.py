"""Redundancy: features that come in families of close directions, and features that come with their opposite."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_redundancy.analysis import Redundancy

    register(Redundancy())
