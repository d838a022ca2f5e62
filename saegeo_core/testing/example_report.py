"""What an analysis reports, shown on a small synthetic cloud: names, units, directions and nulls of its metrics."""

from collections.abc import Mapping
from typing import Any

from saegeo_core.plugin.analysis import Analysis
from saegeo_core.report.report import Report
from saegeo_core.testing.inputs import ordinary
from saegeo_core.testing.trial import Trial


def example_report(analysis: Analysis, parameters: Mapping[str, Any] | None = None) -> Report:
    """One report, of 80 synthetic features in 16 dimensions.

    Raises:
        Exception: whatever the analysis raises.
    """
    return Trial(analysis, parameters or {}).run(ordinary(analysis.needs, n_features=80, d_in=16, n_blocks=200))
