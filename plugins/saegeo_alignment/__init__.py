"""Alignment: whether each feature reads the direction it writes."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_alignment.analysis import Alignment

    register(Alignment())
