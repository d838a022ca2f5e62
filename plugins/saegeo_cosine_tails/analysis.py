"""The adapter: a cloud and parameters in, findings out. The presets' arithmetic lies in `calibrated` and `paper`."""

from typing import TYPE_CHECKING, ClassVar

from saegeo_core import Analysis, AnalysisContext
from saegeo_cosine_tails.parameters import CosineTailsParameters

if TYPE_CHECKING:
    import numpy as np

    from saegeo_core import FeatureCloud, Findings


class CosineTails(Analysis):
    """How uniformly the directions are spread, and which pairs are too close to be chance."""

    name = "cosine-tails"
    version = "1"
    headline = "tail_fraction"
    summary = "Share of pairs of features too close to be chance, beside three nested nulls"
    reference = "T. Walker, Feature Geometry; P(|c| > t) by the exact Beta law (Cai, Fan & Jiang, JMLR 2013)"
    Parameters = CosineTailsParameters
    presets: ClassVar = {"calibrated": {}, "paper": {"threshold": 0.1}}
    invariances: ClassVar = frozenset({"rotation", "feature order", "scale", "row lengths"})

    def analyze(self, cloud: "FeatureCloud", parameters: CosineTailsParameters, context: AnalysisContext) -> "Findings":
        """Measure all pairwise cosines, tile by tile."""
        if cloud.n_features < 2 or cloud.d_in < 2:
            from saegeo_cosine_tails.described import nothing_to_measure

            return nothing_to_measure(context.preset, n_features=cloud.n_features)
        if context.preset == "paper":
            from saegeo_cosine_tails.paper import paper_findings

            return paper_findings(cloud, parameters, context)
        from saegeo_cosine_tails.calibrated import calibrated_findings

        return calibrated_findings(cloud, parameters, context)

    def planted_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """Families of five."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import families

        return FeatureCloud.from_array(families(500, 48, rng))

    def null_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """A covariance and nothing else, which is the judging null of tail_fraction."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian

        return FeatureCloud.from_array(angular_gaussian(300, 24, rng))
