"""The adapter: what can be set. The measuring lies in `rates`."""

from typing import TYPE_CHECKING

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Parameters

if TYPE_CHECKING:
    from saegeo_core import FeatureCloud, Findings


class FrequencyGeometryParameters(Parameters):
    """What can be set."""

    dense_above: float = Field(
        default=0.1, gt=0, lt=1, description="A feature is dense if it fires on a larger share of the tokens."
    )
    n_permutations: int = Field(default=999, ge=99, description="Permutations of the rates.")


class FrequencyGeometry(Analysis):
    """How often features fire, and whether how often goes with where they lie."""

    name = "frequency-geometry"
    version = "1"
    needs = frozenset({"vectors", "firing"})
    headline = "rate_nearest"
    summary = "Dead and dense features, and rank correlations of firing rate with norm and direction"
    reference = "dense features after arXiv 2506.15679; Spearman's rank correlation, permuted within strata of norm"
    Parameters = FrequencyGeometryParameters

    def analyze(
        self, cloud: "FeatureCloud", parameters: FrequencyGeometryParameters, context: AnalysisContext
    ) -> "Findings":
        """Measure the features that fire, and the controls in the same way."""
        from saegeo_frequency_geometry.rates import rate_findings

        return rate_findings(cloud, parameters, context)
