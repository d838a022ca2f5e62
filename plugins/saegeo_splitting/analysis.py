"""The adapter: what can be set, and the refusal of dictionaries that cannot be compared."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Cost, Example, Parameters, SaegeoError, SaeSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from saegeo_core import FeatureCloud, Findings


class SplittingParameters(Parameters):
    """What can be set."""

    narrow: SaeSpec = Field(description="the narrower SAE of the same place", examples=["minilm-l6:width_768_layer_3"])
    chance: float = Field(
        default=0.01, gt=0, le=0.5, description="Probability with which a feature has a partner by chance."
    )
    null_draws: int = Field(default=19, ge=19, description="Reflections of the narrow dictionary drawn, which judge.")
    sample: int = Field(default=1024, ge=64, description="Features, at most, that are rebuilt from narrow ones.")


class Splitting(Analysis):
    """What the features of a narrow dictionary become in a wide one."""

    name = "splitting"
    version = "2"
    headline = "novel_share"
    summary = "What the features of a narrower dictionary become in this one, what is new, and what is rebuilt of it"
    reference = "features of two widths after arXiv 2502.04878 and 2503.17547, beyond chance"
    Parameters = SplittingParameters
    invariances: ClassVar = frozenset({"scale", "row lengths"})

    def analyze(self, cloud: "FeatureCloud", parameters: SplittingParameters, context: AnalysisContext) -> "Findings":
        """Look for every feature in the narrow dictionary, and rebuild it from that."""
        from saegeo_splitting.calibrated import calibrated_findings

        return calibrated_findings(
            cloud,
            _narrow(cloud, context),
            context,
            chance=parameters.chance,
            null_draws=parameters.null_draws,
            sample=parameters.sample,
        )

    def cost(self, n_features: int, d_in: int, parameters: SplittingParameters) -> Cost:  # noqa: ARG002
        """Four passes over all pairs, two of them for reflections, and atoms sought twice three times."""
        return Cost(20 * n_features**2 * d_in, 40 * n_features * d_in + 4 * n_features**2 + 5e8)

    def estimates(
        self, cloud: "FeatureCloud", parameters: SplittingParameters, context: AnalysisContext
    ) -> "Mapping[str, float]":
        """The shares of features with partners and without."""
        from saegeo_splitting.calibrated import shares_of

        return shares_of(cloud, _narrow(cloud, context), context, chance=parameters.chance)

    def planted_example(self, rng: "np.random.Generator") -> Example:
        """Forty narrow features, each in two blurred copies, among as many directions that are new."""
        import torch

        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian, isotropic

        narrow = angular_gaussian(80, 24, rng)
        split = narrow[:40].repeat(2, 1) + 0.3 * isotropic(80, 24, rng)
        wide = torch.cat([split, angular_gaussian(80, 24, rng)])
        return Example(FeatureCloud.from_array(wide), other=FeatureCloud.from_array(narrow))

    def null_example(self, rng: "np.random.Generator") -> Example:
        """A dictionary that knows nothing of the narrow one."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian

        wide, narrow = angular_gaussian(160, 24, rng), angular_gaussian(80, 24, rng)
        return Example(FeatureCloud.from_array(wide), other=FeatureCloud.from_array(narrow))


def _narrow(cloud: "FeatureCloud", context: AnalysisContext) -> "FeatureCloud":
    """The other dictionary.

    Raises:
        SaegeoError: it is the one measured, or one of other dimensions.
    """
    from saegeo_core.measuring.partners import refuse_other_dimensions

    narrow: FeatureCloud = context.clouds["narrow"]
    if narrow.digest == cloud.digest:
        raise SaegeoError(
            f"splitting.narrow is {narrow.sae.spec}, the SAE that is measured",
            "measure the wide SAE and name the narrow one: --set splitting.narrow=minilm-l6:width_768_layer_3",
        )
    refuse_other_dimensions([cloud, narrow], "set splitting.narrow to an SAE of the same place in the same model")
    return narrow
