"""The adapter: a cloud, its firing and parameters in, findings out. The presets' arithmetic lies in `calibrated` and `paper`."""

from typing import TYPE_CHECKING, ClassVar

from saegeo_core import Analysis, AnalysisContext, Example, SaegeoError
from saegeo_lobes.parameters import LobesParameters

if TYPE_CHECKING:
    import numpy as np

    from saegeo_core import FeatureCloud, Findings


class Lobes(Analysis):
    """Whether features that fire together lie together."""

    name = "lobes"
    version = "1"
    needs = frozenset({"vectors", "firing"})
    headline = "ami"
    summary = "Do features that fire together lie together? Beside an untrained dictionary"
    reference = "Li et al., The Geometry of Concepts, Entropy 2025 27(4):344, section 4 (arXiv 2410.19750)"
    Parameters = LobesParameters
    presets: ClassVar = {
        "calibrated": {},
        "paper": {
            "n_clusters": [2, 3, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
            "k_reported": 2,
            "n_permutations": 100,
            "random_dictionaries": 100,
            "document_groups": 0,
        },
    }
    # Not "feature order": neighbor_phi_excess subtracts a mean over permutations that are drawn, which another order changes.
    invariances: ClassVar = frozenset({"rotation", "scale", "row lengths"})

    def analyze(self, cloud: "FeatureCloud", parameters: LobesParameters, context: AnalysisContext) -> "Findings":
        """Cluster features by what they fire with and by where they lie, and compare."""
        firing = context.firing
        if firing is None:
            raise SaegeoError("lobes needs firing statistics, and none were given", "give the harvest of this SAE")
        if context.preset == "paper":
            from saegeo_lobes.paper import paper_findings

            return paper_findings(cloud, firing, parameters, context)
        from saegeo_lobes.calibrated import calibrated_findings

        return calibrated_findings(cloud, firing, parameters, context)

    def planted_example(self, rng: "np.random.Generator") -> Example:
        """Six topics, in firing and in directions."""
        return _planted(rng, n_topics=6)

    def null_example(self, rng: "np.random.Generator") -> Example:
        """No topic, but frequent features that lie together and, in rich blocks, fire together: the stratified null."""
        return _planted(rng, n_topics=1, topic_share=0.0, frequency_share=0.5, richness_spread=0.7)


def _planted(rng: "np.random.Generator", **what: float) -> Example:
    from saegeo_core import FeatureCloud
    from saegeo_core.synthetic.firing import plant_firing

    plant = plant_firing(rng, n_features=180, n_blocks=600, d_in=24, rates=(0.05, 0.3), **what)
    return Example(FeatureCloud.from_array(plant.directions), plant.firing)
