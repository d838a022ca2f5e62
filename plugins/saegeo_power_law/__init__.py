"""Power law: how the covariance spectrum of a cloud falls with rank, beside what its size alone would make of it."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):  # type: ignore[no-untyped-def]
    """Register the one analysis of this plugin."""
    from saegeo_power_law.analysis import PowerLaw

    register(PowerLaw())
