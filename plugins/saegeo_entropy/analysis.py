"""The adapter: a cloud and parameters in, findings out. The presets' arithmetic lies in `calibrated` and `paper`."""

from typing import TYPE_CHECKING, ClassVar

from saegeo_core import Analysis, AnalysisContext
from saegeo_entropy.parameters import EntropyParameters

if TYPE_CHECKING:
    import numpy as np

    from saegeo_core import FeatureCloud, Findings


class Entropy(Analysis):
    """Whether the points cluster beyond what mean and covariance explain, and in how many dimensions they lie."""

    name = "entropy"
    version = "1"
    headline = "negentropy"
    summary = "Clustering beyond mean and covariance, beside surrogates of equal moments; intrinsic dimension"
    reference = "Kozachenko & Leonenko 1987; Li et al., The Geometry of Concepts, Entropy 2025 27(4):344, section 5"
    Parameters = EntropyParameters
    presets: ClassVar = {"calibrated": {}, "paper": {"n_rows": 5000, "q": 100, "k": 1}}
    # Not "scale": one metric is in the cloud's own units.
    invariances: ClassVar = frozenset({"rotation", "feature order"})

    def analyze(self, cloud: "FeatureCloud", parameters: EntropyParameters, context: AnalysisContext) -> "Findings":
        """Compare the cloud with surrogates of its own moments."""
        if context.preset == "paper":
            from saegeo_entropy.paper import paper_findings

            return paper_findings(cloud, parameters, context)
        from saegeo_entropy.calibrated import calibrated_findings

        return calibrated_findings(cloud, parameters, context)

    def planted_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """Families of five."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import families

        return FeatureCloud.from_array(families(150, 16, rng))

    def null_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """A covariance and nothing else, rows of one length."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian

        return FeatureCloud.from_array(angular_gaussian(120, 12, rng))
