"""Seeds: which features come back in dictionaries of other seeds, and whether what does not spans the same space."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_seeds.analysis import Seeds

    register(Seeds())
