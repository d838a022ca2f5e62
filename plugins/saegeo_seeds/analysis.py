"""The adapter: what can be set, and the refusal of dictionaries that cannot be compared."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Cost, Example, Parameters, SaegeoError, SaeSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from saegeo_core import FeatureCloud, Findings


class SeedsParameters(Parameters):
    """What can be set."""

    others: list[SaeSpec] = Field(
        min_length=1,
        description="the SAEs of other seeds, names, paths or patterns of them, comma-separated",
        examples=[["minilm-l6:seed_1_layer_3"]],
    )
    chance: float = Field(
        default=0.01,
        gt=0,
        le=0.5,
        description="Probability with which a feature has a partner by chance, in each other.",
    )
    null_draws: int = Field(default=19, ge=19, description="Reflections of every other dictionary drawn, which judge.")
    q: int = Field(
        default=20, ge=1, description="Dimensions of the subspaces compared, at most a quarter of those that there are."
    )


class Seeds(Analysis):
    """Which features come back in dictionaries of other seeds."""

    name = "seeds"
    version = "2"
    headline = "stable_share"
    summary = "Which features come back in dictionaries of other seeds, beyond what chance brings"
    reference = "features that other seeds find after arXiv 2505.20254 and 2606.12138, beside chance"
    Parameters = SeedsParameters
    invariances: ClassVar = frozenset({"feature order", "scale", "row lengths"})

    def analyze(self, cloud: "FeatureCloud", parameters: SeedsParameters, context: AnalysisContext) -> "Findings":
        """Look for every feature in each of the others."""
        from saegeo_seeds.calibrated import calibrated_findings

        return calibrated_findings(
            cloud,
            _other_seeds(cloud, context),
            context,
            chance=parameters.chance,
            null_draws=parameters.null_draws,
            q=parameters.q,
        )

    def cost(self, n_features: int, d_in: int, parameters: SeedsParameters) -> Cost:
        """Four passes over all pairs for each of the others, as large as the cloud, of which two for its reflections."""
        n_others = len(parameters.others)
        return Cost(12 * n_others * n_features**2 * d_in, 40 * n_features * d_in + 5e8)

    def estimates(
        self, cloud: "FeatureCloud", parameters: SeedsParameters, context: AnalysisContext
    ) -> "Mapping[str, float]":
        """The shares."""
        from saegeo_seeds.calibrated import shares_of

        return shares_of(cloud, _other_seeds(cloud, context), context, chance=parameters.chance)

    def planted_example(self, rng: "np.random.Generator") -> Example:
        """Half of the other dictionary, blurred, among as many directions that it does not have."""
        import torch

        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian, isotropic

        other = angular_gaussian(120, 24, rng)
        shared = other[:60] + 0.3 * isotropic(60, 24, rng)
        cloud = torch.cat([shared, angular_gaussian(60, 24, rng)])
        return Example(FeatureCloud.from_array(cloud), other=FeatureCloud.from_array(other))

    def null_example(self, rng: "np.random.Generator") -> Example:
        """A dictionary that knows nothing of the other one."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian

        one, other = (FeatureCloud.from_array(angular_gaussian(120, 24, rng)) for _ in range(2))
        return Example(one, other=other)


def _other_seeds(cloud: "FeatureCloud", context: AnalysisContext) -> "list[FeatureCloud]":
    """The others without the cloud itself, which a pattern of names covers as well.

    Raises:
        SaegeoError: none is left, or one has directions of other dimensions.
    """
    from saegeo_core.measuring.partners import refuse_other_dimensions

    others = [one for one in context.clouds["others"] if one.digest != cloud.digest]
    if not others:
        raise SaegeoError(
            f"seeds.others names no SAE but {cloud.sae.spec}, which is the one measured",
            "name SAEs of other seeds: --set seeds.others=minilm-l6:seed_1_layer_3",
        )
    refuse_other_dimensions([cloud, *others], "set seeds.others to SAEs of the same place in the same model")
    return others
