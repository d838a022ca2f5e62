"""Sparsity: whether the L0 of an SAE is below, within or above the range in which its features overlap least."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_sparsity.analysis import Sparsity

    register(Sparsity())
