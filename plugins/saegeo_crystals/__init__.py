"""Crystals: parallelograms and trapezoids of word pairs, and what of them is pairing and not only category."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_crystals.analysis import Crystals

    register(Crystals())
