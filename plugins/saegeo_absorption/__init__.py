"""Absorption: whether features read the directions of their kin less than their own decoders would have it."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_absorption.analysis import Absorption

    register(Absorption())
