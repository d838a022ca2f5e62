"""The adapter: a cloud and parameters in, findings out. The presets' arithmetic lies in `calibrated` and `paper`."""

from typing import TYPE_CHECKING, ClassVar

from saegeo_core import Analysis, AnalysisContext
from saegeo_power_law.parameters import PowerLawParameters

if TYPE_CHECKING:
    import numpy as np

    from saegeo_core import FeatureCloud, Findings


class PowerLaw(Analysis):
    """How the covariance spectrum falls with rank, and whether as a power law."""

    name = "power-law"
    version = "1"
    headline = "alpha"
    summary = "Exponent of the covariance spectrum, corrected for the number of features, and what else its shape says"
    reference = "Li et al., The Geometry of Concepts, arXiv 2410.19750, section 5; sample size by Silverstein (1995)"
    Parameters = PowerLawParameters
    presets: ClassVar = {"calibrated": {}, "paper": {"first_rank": 11, "last_rank": 150}}
    invariances: ClassVar = frozenset({"rotation", "feature order", "scale"})

    def analyze(self, cloud: "FeatureCloud", parameters: PowerLawParameters, context: AnalysisContext) -> "Findings":
        """Decompose the covariance of the rows as they are stored."""
        if cloud.n_features < 2 or cloud.d_in < 2:
            from saegeo_power_law.described import nothing_to_measure

            return nothing_to_measure(context.preset, n_features=cloud.n_features)
        if context.preset == "paper":
            from saegeo_power_law.paper import paper_findings

            return paper_findings(cloud, parameters, context)
        from saegeo_power_law.calibrated import calibrated_findings

        return calibrated_findings(cloud, parameters, context)

    def planted_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """Variances that fall as the inverse of the rank."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian

        return FeatureCloud.from_array(angular_gaussian(400, 160, rng, exponent=1.0))

    def null_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """Uniform directions: no structure."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import isotropic

        return FeatureCloud.from_array(isotropic(400, 160, rng))
