"""The adapter: a cloud and parameters in, findings out. The presets' arithmetic lies in `calibrated` and `paper`."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Cost, Parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from saegeo_core import FeatureCloud, Findings


class EntropyParameters(Parameters):
    """What can be set."""

    n_rows: int = Field(default=10_000, ge=1, description="Rows scored at most, drawn without replacement.")
    q: int = Field(
        default=20, ge=1, description="Principal components of the headline; lowered where rows allow fewer."
    )
    k: int = Field(default=3, ge=1, description="Which nearest neighbor the entropy is estimated from.")
    unit_rows: bool = Field(
        default=False,
        description="Measure the directions alone, every row scaled to length 1, to compare SAEs of unlike lengths.",
    )
    null_draws: int = Field(default=39, ge=19, description="Draws of each null.")
    n_neighbor_rows: int = Field(
        default=1024, ge=1, description="Rows at most for distances and intrinsic dimension, in all dimensions."
    )
    threshold: float = Field(default=1e-2, gt=0, description="Added to every distance; preset paper only.")
    n_bootstraps: int = Field(default=30, ge=2, description="Resamples with replacement; preset paper only.")


class Entropy(Analysis):
    """Whether the points cluster beyond what mean and covariance explain, and in how many dimensions they lie."""

    name = "entropy"
    version = "5"
    headline = "negentropy"
    summary = "Clustering beyond mean and covariance, beside surrogates of equal moments; intrinsic dimension"
    reference = "Kozachenko & Leonenko 1987; Li et al., The Geometry of Concepts, Entropy 2025 27(4):344, section 5"
    Parameters = EntropyParameters
    presets: ClassVar = {"calibrated": {}, "paper": {"n_rows": 5000, "q": 100, "k": 1}}
    # Not "scale": one metric is in the cloud's own units.
    invariances: ClassVar = frozenset({"rotation", "feature order"})
    finds: ClassVar = {"families of unlike tightness": "families are clusters beyond mean and covariance"}

    def analyze(self, cloud: "FeatureCloud", parameters: EntropyParameters, context: AnalysisContext) -> "Findings":
        """Compare the cloud with surrogates of its own moments."""
        if parameters.unit_rows:
            cloud = cloud.with_unit_rows()
        if context.preset == "paper":
            from saegeo_entropy.paper import paper_findings

            return paper_findings(
                cloud,
                context,
                n_rows=parameters.n_rows,
                q=parameters.q,
                k=parameters.k,
                threshold=parameters.threshold,
                n_bootstraps=parameters.n_bootstraps,
            )
        from saegeo_entropy.calibrated import calibrated_findings

        return calibrated_findings(
            cloud,
            context,
            n_rows=parameters.n_rows,
            n_neighbor_rows=parameters.n_neighbor_rows,
            q=parameters.q,
            k=parameters.k,
            null_draws=parameters.null_draws,
        )

    def cost(self, n_features: int, d_in: int, parameters: EntropyParameters) -> Cost:
        """A pass over all pairs for kin, and the neighbors of the rows sampled, in the cloud and in every surrogate."""
        n_rows = min(n_features, parameters.n_rows)
        return Cost(n_features**2 * d_in + 2600 * parameters.null_draws * n_rows**2, 2 * n_features * d_in + 1e9)

    def estimates(
        self, cloud: "FeatureCloud", parameters: EntropyParameters, context: AnalysisContext
    ) -> "Mapping[str, float] | None":
        """All of them, negentropies raw: their surrogates are not drawn."""
        if context.preset == "paper":
            return None
        from saegeo_entropy.calibrated import estimates_of

        return estimates_of(
            cloud.with_unit_rows() if parameters.unit_rows else cloud,
            context,
            n_rows=parameters.n_rows,
            n_neighbor_rows=parameters.n_neighbor_rows,
            q=parameters.q,
            k=parameters.k,
        )

    def planted_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """Families of five."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import families

        return FeatureCloud.from_array(families(150, 16, rng))

    def null_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """A covariance and nothing else."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian

        return FeatureCloud.from_array(angular_gaussian(120, 12, rng))
