"""Cofiring: which features fire together beyond what frequency and the richness of blocks explain, and the modules they form."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_cofiring.analysis import Cofiring

    register(Cofiring())
