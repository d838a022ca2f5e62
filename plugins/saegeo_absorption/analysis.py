"""The adapter: what can be set. The measuring lies in `calibrated`."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Cost, Example, Parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import torch

    from saegeo_core import FeatureCloud, Findings


class AbsorptionParameters(Parameters):
    """What can be set."""

    null_draws: int = Field(default=19, ge=19, description="Times that the residuals of encoders are reflected.")


class Absorption(Analysis):
    """What encoders read of the decoders of their kin."""

    name = "absorption"
    version = "1"
    needs = frozenset({"vectors", "encoder"})
    headline = "reading_gap"
    summary = "Whether encoders read the directions of kin less than their own decoders would have it"
    reference = "feature absorption after arXiv 2409.14507, by weights alone"
    Parameters = AbsorptionParameters
    invariances: ClassVar = frozenset({"feature order", "scale", "row lengths"})

    def analyze(self, cloud: "FeatureCloud", parameters: AbsorptionParameters, context: AnalysisContext) -> "Findings":
        """Compare what encoders read of kin with what reflected residuals would."""
        from saegeo_absorption.calibrated import calibrated_findings

        return calibrated_findings(cloud, context, null_draws=parameters.null_draws)

    def cost(self, n_features: int, d_in: int, parameters: AbsorptionParameters) -> Cost:  # noqa: ARG002
        """Two passes over all pairs for kin, second moments of residuals and their axes."""
        return Cost(n_features**2 * d_in + 4 * n_features * d_in**2 + 10 * d_in**3, 40 * n_features * d_in + 5e8)

    def estimates(
        self,
        cloud: "FeatureCloud",
        parameters: AbsorptionParameters,  # noqa: ARG002
        context: AnalysisContext,
    ) -> "Mapping[str, float]":
        """Both numbers."""
        from saegeo_absorption.calibrated import estimates_of

        return estimates_of(cloud, context)

    def planted_example(self, rng: "np.random.Generator") -> Example:
        """Encoders that lean away from the other features of their family."""
        import torch

        decoder, noise = _families(rng)
        others = decoder.view(40, 5, 24).sum(1, keepdim=True).expand(40, 5, 24).reshape(200, 24) - decoder
        return _example(decoder, torch.nn.functional.normalize(decoder, dim=1) + noise - 0.15 * others)

    def null_example(self, rng: "np.random.Generator") -> Example:
        """Encoders whose residuals know nothing of the family."""
        import torch

        decoder, noise = _families(rng)
        return _example(decoder, torch.nn.functional.normalize(decoder, dim=1) + noise)


def _families(rng: "np.random.Generator") -> "tuple[torch.Tensor, torch.Tensor]":
    from saegeo_core.synthetic import families, isotropic

    return families(200, 24, rng, size=5), 0.2 * isotropic(200, 24, rng)


def _example(decoder: "torch.Tensor", encoder: "torch.Tensor") -> Example:
    from saegeo_core import FeatureCloud

    return Example(FeatureCloud.from_array(decoder), encoder=encoder)
