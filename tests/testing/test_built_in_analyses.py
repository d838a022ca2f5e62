"""Every analysis that comes with saegeo keeps to what is asked of a stranger's."""

import pytest

from saegeo_core import PluginManager
from saegeo_core.testing import check_analysis

# Fewer permutations and refits than by default: the same code in a tenth of the time.
CHEAPER = {
    "lobes": {
        "n_permutations": 99,
        "document_groups": 4,
        "random_dictionaries": 2,
        "affinities": "phi",
        "n_clusters": "2,6",
        "k_reported": 6,
    },
}
BUILT_IN = [one.name for plugin in PluginManager().plugins if plugin.package == "saegeo" for one in plugin.analyses]


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_analysis_conforms(name):
    conformance = check_analysis(PluginManager().analysis(name), CHEAPER.get(name), quick=True)
    conformance.raise_failures()
    unchecked = [outcome.check for outcome in conformance.outcomes if outcome.verdict == "not checked"]
    assert len(unchecked) == 1, unchecked  # the cost, which is left out to be quick
