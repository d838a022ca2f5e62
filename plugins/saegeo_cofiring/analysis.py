"""The adapter: what can be set. The measuring lies in `calibrated`."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Cost, Example, Parameters, SaegeoError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from saegeo_core import FeatureCloud, Findings, FiringStatistics


class CofiringParameters(Parameters):
    """What can be set."""

    fdr: float = Field(default=0.05, gt=0, lt=1, description="False-discovery rate at which pairs are joined.")
    n_partners: int = Field(
        default=30,
        ge=1,
        description="Partners of largest phi that each feature brings into the graph, of those it is joined to.",
    )
    min_blocks: int = Field(
        default=10, ge=1, description="Blocks a live feature fires in at least, and is silent in at least."
    )
    n_lobes: int = Field(default=8, ge=2, description="Lobes that modules are compared with.")
    null_draws: int = Field(default=39, ge=19, description="Incidences drawn with both margins kept.")
    null_features: int = Field(
        default=1024, ge=100, description="Features, drawn at random, in which null models and intervals are made."
    )


class Cofiring(Analysis):
    """Which features fire together beyond what frequency and the richness of blocks explain."""

    name = "cofiring"
    version = "1"
    needs = frozenset({"vectors", "firing"})
    uses = frozenset({"labels"})
    headline = "mean_squared_phi"
    summary = "Which features fire together, and the modules they form, with both margins kept"
    reference = "graphs of co-firing after arXiv 2506.18141; both margins kept by curveball trades (Strona et al. 2014)"
    Parameters = CofiringParameters
    finds: ClassVar = dict.fromkeys(
        ("unlike lengths", "steep spectrum", "families of unlike tightness"),
        "topics are planted in the firing beside it",
    )
    # Not "feature order": where modules are looked for first, and which incidences are drawn, depends on it.
    invariances: ClassVar = frozenset({"rotation", "scale", "row lengths"})

    def analyze(self, cloud: "FeatureCloud", parameters: CofiringParameters, context: AnalysisContext) -> "Findings":
        """Join features that fire together, and look for modules."""
        from saegeo_cofiring.calibrated import calibrated_findings

        return calibrated_findings(
            cloud,
            _firing(context),
            context,
            fdr=parameters.fdr,
            n_partners=parameters.n_partners,
            min_blocks=parameters.min_blocks,
            n_lobes=parameters.n_lobes,
            null_draws=parameters.null_draws,
            null_features=parameters.null_features,
        )

    def cost(self, n_features: int, d_in: int, parameters: CofiringParameters) -> Cost:
        """Counts of all pairs, what is expected of them, a pass over all pairs for kin, and draws."""
        sampled = min(n_features, parameters.null_features)
        work = n_features**2 * (d_in + 4000.0) + parameters.null_draws * (4e8 + 2000.0 * sampled**2)
        return Cost(work, min(8 * n_features**2, 3e9) + 4 * n_features * (d_in + 1000) + 6e8)

    def estimates(
        self,
        cloud: "FeatureCloud",  # noqa: ARG002
        parameters: CofiringParameters,
        context: AnalysisContext,
    ) -> "Mapping[str, float]":
        """The mean squared phi, of pairs of live features."""
        from saegeo_cofiring.calibrated import estimates_of

        return estimates_of(_firing(context), min_blocks=parameters.min_blocks, device=context.device)

    def planted_example(self, rng: "np.random.Generator") -> Example:
        """Six topics, which the blocks of a document are about."""
        return _example(rng, topic_logit=2.0)

    def null_example(self, rng: "np.random.Generator") -> Example:
        """Frequent features and rich blocks, and nothing else: the Rasch model, whose law given its margins is the null."""
        return _example(rng, topic_logit=0.0)


def _firing(context: AnalysisContext) -> "FiringStatistics":
    if context.firing is None:
        raise SaegeoError("cofiring needs firing statistics, and none were given", "give the harvest of this SAE")
    return context.firing


def _example(rng: "np.random.Generator", *, topic_logit: float) -> Example:
    """Firing whose log odds are those of the feature, of the block, and of both being of one topic; directions of no plan."""
    import numpy as np
    from scipy.special import expit

    from saegeo_core import FeatureCloud, FiringStatistics
    from saegeo_core.synthetic import isotropic

    n_features, n_documents, blocks_each, n_topics = 150, 120, 4, 6
    document = np.repeat(np.arange(n_documents), blocks_each)
    richness = 0.8 * rng.standard_normal(len(document))
    odds = rng.uniform(-3.0, -0.5, n_features) + richness[:, None]
    odds += topic_logit * (document[:, None] % n_topics == np.arange(n_features) % n_topics)
    firing = FiringStatistics.from_arrays(rng.random(odds.shape) < expit(odds), document_of_block=document)
    return Example(FeatureCloud.from_array(isotropic(n_features, 24, rng)), firing)
