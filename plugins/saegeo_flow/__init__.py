"""Flow: which features a chain of layers carries along, and which are born and die on the way."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_flow.analysis import Flow

    register(Flow())
