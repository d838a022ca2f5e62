"""The conformance suite: what every analysis must do, whoever wrote it.

Its author runs it as a test, anyone else by `saegeo plugins check NAME`.

from saegeo_core.testing import check_analysis

def test_my_analysis_conforms():
    check_analysis(MyAnalysis()).raise_failures()
"""

from saegeo_core.testing.check_analysis import check_analysis
from saegeo_core.testing.outcome import Conformance, Outcome
from saegeo_core.testing.trial import example_report

__all__ = ["Conformance", "Outcome", "check_analysis", "example_report"]
