"""What an analysis reports, shown on the ordinary cloud of the suite: names, units, directions and nulls of its metrics."""

from collections.abc import Mapping
from typing import Any

from saegeo_core.analysis import Analysis
from saegeo_core.report import Report
from saegeo_core.testing.trial import Trial


def example_report(analysis: Analysis, parameters: Mapping[str, Any] | None = None) -> Report:
    """One report, of 240 synthetic features in 24 dimensions.

    Raises:
        Exception: whatever the analysis raises.
    """
    trial = Trial(analysis, parameters or {})
    return trial.run(trial.ordinary())
