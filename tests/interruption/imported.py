"""Imported once by the process that others are forked from."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # sae-lens's own imports warn of deprecations
    import matplotlib.figure  # noqa: F401
    import plotly.offline  # noqa: F401
    import pytest  # noqa: F401
    import rich.progress  # noqa: F401
    import sae_lens  # noqa: F401
    import scipy.stats  # noqa: F401

    import saegeo_core.cli.compare
    import saegeo_core.cli.compare_run
    import saegeo_core.cli.harvest
    import saegeo_core.cli.harvest_progress
    import saegeo_core.cli.page
    import saegeo_core.cli.run
    import saegeo_core.cli.run_outcomes
    import saegeo_core.cli.run_sweep
    import saegeo_core.harvesting.engine  # noqa: F401
