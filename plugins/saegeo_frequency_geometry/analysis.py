"""The adapter: what can be set. The measuring lies in `calibrated`."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Example, Parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from saegeo_core import FeatureCloud, Findings


class FrequencyGeometryParameters(Parameters):
    """What can be set."""

    dense_above: float = Field(
        default=0.1, gt=0, lt=1, description="A feature is dense if it fires on a larger share of the tokens."
    )
    null_draws: int = Field(default=999, ge=99, description="Permutations of the rates.")


class FrequencyGeometry(Analysis):
    """How often features fire, and whether how often goes with where they lie."""

    name = "frequency-geometry"
    version = "2"
    needs = frozenset({"vectors", "firing"})
    headline = "rate_nearest"
    summary = "Dead and dense features, and rank correlations of firing rate with norm and direction"
    reference = "dense features after arXiv 2506.15679; Spearman's rank correlation, permuted among kin of like norm"
    Parameters = FrequencyGeometryParameters
    invariances: ClassVar = frozenset({"rotation", "feature order", "scale"})

    def analyze(
        self, cloud: "FeatureCloud", parameters: FrequencyGeometryParameters, context: AnalysisContext
    ) -> "Findings":
        """Measure the features that fire, and the controls in the same way."""
        from saegeo_frequency_geometry.calibrated import calibrated_findings

        if context.firing is None:
            raise ValueError("frequency-geometry needs firing, and the context has none")
        return calibrated_findings(
            cloud,
            context.firing,
            context,
            dense_above=parameters.dense_above,
            null_draws=parameters.null_draws,
        )

    def estimates(
        self, cloud: "FeatureCloud", parameters: FrequencyGeometryParameters, context: AnalysisContext
    ) -> "Mapping[str, float]":
        """All of them that are defined."""
        from saegeo_frequency_geometry.calibrated import estimates_of

        if context.firing is None:
            raise ValueError("frequency-geometry needs firing, and the context has none")
        return estimates_of(cloud, context.firing, context, dense_above=parameters.dense_above)

    def planted_example(self, rng: "np.random.Generator") -> Example:
        """Families of five that fire often, and single features that fire rarely."""
        return _firing_at(rng, family_rate=0.4, single_rate=0.1)

    def null_example(self, rng: "np.random.Generator") -> Example:
        """The same directions, with rates that know nothing of them."""
        return _firing_at(rng, family_rate=0.2, single_rate=0.2)


def _firing_at(rng: "np.random.Generator", *, family_rate: float, single_rate: float) -> Example:
    import numpy as np
    import torch

    from saegeo_core import FeatureCloud, FiringStatistics
    from saegeo_core.synthetic import families, isotropic

    rows = torch.cat([families(60, 24, rng), isotropic(60, 24, rng)])
    rates = np.repeat([family_rate, single_rate], 60) * rng.uniform(0.5, 1.5, 120)
    firing = FiringStatistics.from_arrays(rng.random((300, 120)) < rates, document_of_block=np.arange(300) // 5)
    return Example(FeatureCloud.from_array(rows), firing)
