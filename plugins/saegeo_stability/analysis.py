"""The adapter: what can be set, and the refusal of clouds that cannot be compared."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Cost, Example, Parameters, SaeSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from saegeo_core import FeatureCloud, Findings


class StabilityParameters(Parameters):
    """What can be set."""

    other: SaeSpec = Field(
        description="the SAE to compare with, release:sae_id or a path", examples=["minilm-l6:seed_1_layer_3"]
    )
    shared_above: float = Field(default=0.7, gt=0, lt=1, description="Cosine above which a pair counts as shared.")
    null_draws: int = Field(default=19, ge=2, description="Reflections of the larger dictionary drawn, which judge.")
    max_paired: int = Field(
        default=32_768, ge=2, description="Features up to which dictionaries are paired one to one."
    )


class Stability(Analysis):
    """How much of one dictionary comes back in another."""

    name = "stability"
    version = "5"
    headline = "mmcs"
    summary = "How much of one dictionary comes back in another, beside random dictionaries"
    reference = "Sharkey et al. 2022 (MMCS); Song et al., arXiv 2505.20254 (PW-MCC); Paulo & Belrose, arXiv 2501.16615"
    Parameters = StabilityParameters
    invariances: ClassVar = frozenset({"feature order", "scale", "row lengths"})

    def analyze(self, cloud: "FeatureCloud", parameters: StabilityParameters, context: AnalysisContext) -> "Findings":
        """Compare the cloud with the other one."""
        from saegeo_core.measuring.partners import refuse_other_dimensions
        from saegeo_stability.calibrated import calibrated_findings

        other = context.clouds["other"]
        refuse_other_dimensions([cloud, other], "set stability.other to an SAE of the same place in the same model")
        return calibrated_findings(
            cloud,
            other,
            context,
            shared_above=parameters.shared_above,
            null_draws=parameters.null_draws,
            max_paired=parameters.max_paired,
        )

    def cost(self, n_features: int, d_in: int, parameters: StabilityParameters) -> Cost:  # noqa: ARG002
        """Some five passes over all pairs with as large a dictionary, as much again for its reflections, and pairings."""
        return Cost(28 * n_features**2 * d_in, 60 * n_features * d_in + 5e8)

    def estimates(
        self, cloud: "FeatureCloud", parameters: StabilityParameters, context: AnalysisContext
    ) -> "Mapping[str, float]":
        """All of them, beside the whole of the other cloud."""
        from saegeo_stability.calibrated import compared

        other = context.clouds["other"]
        measure, first, second = compared(
            cloud, other, context, shared_above=parameters.shared_above, max_paired=parameters.max_paired
        )
        return measure(first, second).numbers

    def planted_example(self, rng: "np.random.Generator") -> Example:
        """Half of the other cloud, blurred, among as many directions that it does not have."""
        import torch

        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian, isotropic

        other = angular_gaussian(120, 24, rng)
        shared = other[:60] + 0.3 * isotropic(60, 24, rng)
        cloud = torch.cat([shared, angular_gaussian(60, 24, rng)])
        return Example(FeatureCloud.from_array(cloud), other=FeatureCloud.from_array(other))

    def null_example(self, rng: "np.random.Generator") -> Example:
        """A cloud that knows nothing of the other one."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian

        one, other = (FeatureCloud.from_array(angular_gaussian(120, 24, rng)) for _ in range(2))
        return Example(one, other=other)
