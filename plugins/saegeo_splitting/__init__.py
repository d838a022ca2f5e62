"""Splitting: what the features of a narrow dictionary become in a wide one, and what of the wide one is new."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_splitting.analysis import Splitting

    register(Splitting())
