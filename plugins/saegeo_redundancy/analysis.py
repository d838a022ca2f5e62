"""The adapter: what can be set. The measuring lies in `calibrated`."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Cost, Parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from saegeo_core import FeatureCloud, Findings


READING = 250
"""Multiply-adds that looking at one product costs as much as."""
DRAWING = 200
"""The same for one number of a random dictionary."""


class RedundancyParameters(Parameters):
    """What can be set."""

    chance_links: float = Field(
        default=0.05, gt=0, lt=1, description="Links per feature expected by chance: fixes the threshold."
    )
    threshold: float | None = Field(default=None, gt=0, lt=1, description="A fixed cosine in place of chance_links.")
    null_draws: int = Field(default=19, ge=2, description="Random dictionaries drawn.")
    max_rows: int | None = Field(
        default=None,
        ge=20,
        examples=[4096],
        description="Hold that many rows, drawn at random, against all where there are more: for clouds of which all pairs "
        "would take too long.",
    )

    def samples(self, n_features: int) -> bool:
        """Whether of so many rows some are left out."""
        return self.max_rows is not None and self.max_rows < n_features


class Redundancy(Analysis):
    """Families of close features, and features with an opposite."""

    name = "redundancy"
    version = "4"
    uses = frozenset({"labels"})
    headline = "family_share"
    summary = "Share of features in families of close directions, and of features with an opposite"
    reference = "share of features with a near neighbor above a null threshold (after arXiv 2506.15679); components of the links"
    Parameters = RedundancyParameters
    invariances: ClassVar = frozenset({"rotation", "feature order", "scale", "row lengths"})
    finds: ClassVar = {"families of unlike tightness": "families are what it counts"}

    def analyze(self, cloud: "FeatureCloud", parameters: RedundancyParameters, context: AnalysisContext) -> "Findings":
        """Link close features, and random ones in the same way."""
        if parameters.max_rows is not None and parameters.samples(cloud.n_features) and cloud.d_in > 1:
            from saegeo_redundancy.sampled import sampled_findings

            return sampled_findings(
                cloud,
                context,
                chance_links=parameters.chance_links,
                threshold=parameters.threshold,
                null_draws=parameters.null_draws,
                max_rows=parameters.max_rows,
            )
        from saegeo_redundancy.calibrated import calibrated_findings

        return calibrated_findings(
            cloud,
            context,
            chance_links=parameters.chance_links,
            threshold=parameters.threshold,
            null_draws=parameters.null_draws,
        )

    def cost(self, n_features: int, d_in: int, parameters: RedundancyParameters) -> Cost:
        """Passes over all pairs of the dictionary, and over the leading axes of those drawn; of sampled rows as many of each."""
        if parameters.max_rows is not None and parameters.samples(n_features):
            looked_at = parameters.max_rows * n_features * (d_in + READING) * (1 + parameters.null_draws)
            drawn = DRAWING * n_features * d_in * parameters.null_draws
            return Cost(looked_at + drawn, (parameters.max_rows + 2**15) * 20 * d_in + 8e8)
        return Cost(n_features**2 * (2.5 * d_in + 900 * parameters.null_draws), n_features * (2 * d_in + 2000) + 8e8)

    def estimates(
        self, cloud: "FeatureCloud", parameters: RedundancyParameters, context: AnalysisContext
    ) -> "Mapping[str, float] | None":
        """All of them, from the links at the cloud's own threshold; of sampled rows none, for which are sampled would move them."""
        from saegeo_redundancy.calibrated import link, numbers_of
        from saegeo_redundancy.linking import Linking

        if parameters.samples(cloud.n_features):
            return None
        if cloud.n_features < 2 or cloud.d_in < 2:
            return {}
        linking = Linking(cloud.d_in, parameters.chance_links, parameters.threshold)
        return numbers_of(link(cloud, linking, device=context.device)[1])

    def planted_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """Families of five."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import families

        return FeatureCloud.from_array(families(300, 48, rng))

    def null_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """A covariance and nothing else."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian

        return FeatureCloud.from_array(angular_gaussian(200, 24, rng))
