"""Frequency geometry: how often features fire, and whether how often goes with where they lie."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_frequency_geometry.analysis import FrequencyGeometry

    register(FrequencyGeometry())
