"""The adapter: what can be set, and the refusal of dictionaries that make no chain."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Cost, Example, Parameters, SaegeoError, SaeSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from saegeo_core import FeatureCloud, Findings


class FlowParameters(Parameters):
    """What can be set."""

    chain: list[SaeSpec] = Field(
        min_length=1,
        description="the SAEs of the layers in order, names, paths or patterns of them, comma-separated; "
        "where the SAE measured is not among them it is the first",
        examples=[["minilm-l6:layer_4"]],
    )
    sources: list[SaeSpec] | None = Field(
        default=None, description="SAEs of what blocks write (attention, MLP), which may have brought what is born."
    )
    chance: float = Field(
        default=0.01, gt=0, le=0.5, description="Probability with which a feature has a partner by chance."
    )
    null_draws: int = Field(default=19, ge=19, description="Reflections of every later layer drawn, which judge.")


class Flow(Analysis):
    """Which features a chain of layers carries along."""

    name = "flow"
    version = "2"
    headline = "carried_share"
    summary = "Which features a chain of layers carries along, which are born and which die, beside reflected layers"
    reference = "features matched from layer to layer after arXiv 2410.07656 and 2502.03032, beyond chance"
    Parameters = FlowParameters
    invariances: ClassVar = frozenset({"feature order", "scale", "row lengths"})

    def analyze(self, cloud: "FeatureCloud", parameters: FlowParameters, context: AnalysisContext) -> "Findings":
        """Follow features from layer to layer."""
        from saegeo_core.measuring.partners import refuse_other_dimensions
        from saegeo_flow.calibrated import calibrated_findings

        chain, sources = _chain(cloud, context), list(context.clouds.get("sources", ()))
        refuse_other_dimensions([*chain, *sources], "name layers of one model that read or write the same stream")
        return calibrated_findings(
            chain, sources, cloud, context, chance=parameters.chance, null_draws=parameters.null_draws
        )

    def cost(self, n_features: int, d_in: int, parameters: FlowParameters) -> Cost:
        """Four passes over all pairs for each layer after the first and each source, of which two for reflections."""
        n_pairs = len(parameters.chain) + len(parameters.sources or ())
        return Cost(12 * n_pairs * n_features**2 * d_in, 40 * n_features * d_in + 5e8)

    def estimates(
        self, cloud: "FeatureCloud", parameters: FlowParameters, context: AnalysisContext
    ) -> "Mapping[str, float]":
        """All numbers of the chain."""
        from saegeo_flow.calibrated import numbers_of

        return numbers_of(_chain(cloud, context), context, chance=parameters.chance)

    def planted_example(self, rng: "np.random.Generator") -> Example:
        """A later layer that carries half of the features along, blurred."""
        import torch

        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian, isotropic

        first = angular_gaussian(120, 24, rng)
        carried = first[:60] + 0.3 * isotropic(60, 24, rng)
        later = torch.cat([carried, angular_gaussian(60, 24, rng)])
        return Example(FeatureCloud.from_array(first), other=FeatureCloud.from_array(later))

    def null_example(self, rng: "np.random.Generator") -> Example:
        """A layer of which the later one knows nothing."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian

        one, other = (FeatureCloud.from_array(angular_gaussian(120, 24, rng)) for _ in range(2))
        return Example(one, other=other)


def _chain(cloud: "FeatureCloud", context: AnalysisContext) -> "list[FeatureCloud]":
    """The layers in order, the cloud among them.

    Raises:
        SaegeoError: there are not two.
    """
    named: Sequence[FeatureCloud] = context.clouds["chain"]
    chain = [cloud if one.digest == cloud.digest else one for one in named]
    if cloud not in chain:
        chain = [cloud, *chain]
    if len(chain) < 2:
        raise SaegeoError(
            f"flow.chain names no SAE but {cloud.sae.spec}, which is the one measured",
            "name the layers in order, or a pattern of them: --set 'flow.chain=minilm-l6:layer_*'",
        )
    return chain
