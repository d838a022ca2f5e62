"""The adapter: what can be set. The measuring lies in `calibrated`."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Cost, Example, Parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import torch

    from saegeo_core import FeatureCloud, Findings, FiringStatistics


class AbsorptionParameters(Parameters):
    """What can be set."""

    null_draws: int = Field(default=19, ge=19, description="Times that the residuals of encoders are reflected.")


class Absorption(Analysis):
    """What encoders read of the decoders of their kin, and on which tokens kin fire alone."""

    name = "absorption"
    version = "2"
    needs = frozenset({"vectors", "encoder"})
    uses = frozenset({"firing"})
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
        """A pass over all pairs for kin, second moments of residuals and their axes; counts of all pairs on tokens."""
        work = n_features**2 * d_in / 2 + 4 * n_features * d_in**2 + 10 * d_in**3
        return Cost(work, 40 * n_features * d_in + min(4 * n_features**2, 2e9) + 5e8)

    def estimates(
        self,
        cloud: "FeatureCloud",
        parameters: AbsorptionParameters,  # noqa: ARG002
        context: AnalysisContext,
    ) -> "Mapping[str, float]":
        """Every number."""
        from saegeo_absorption.calibrated import estimates_of

        return estimates_of(cloud, context)

    def planted_example(self, rng: "np.random.Generator") -> Example:
        """Encoders that lean away from the other features of their family, the first of which is off where they fire."""
        import torch

        decoder, noise = _families(rng)
        others = decoder.view(40, 5, 24).sum(1, keepdim=True).expand(40, 5, 24).reshape(200, 24) - decoder
        encoder = torch.nn.functional.normalize(decoder, dim=1) + noise - 0.15 * others
        return _example(decoder, encoder, _firing(rng, has_holes=True))

    def null_example(self, rng: "np.random.Generator") -> Example:
        """Encoders whose residuals know nothing of the family, nor does firing."""
        import torch

        decoder, noise = _families(rng)
        return _example(decoder, torch.nn.functional.normalize(decoder, dim=1) + noise, _firing(rng, has_holes=False))


def _families(rng: "np.random.Generator") -> "tuple[torch.Tensor, torch.Tensor]":
    from saegeo_core.synthetic import families, isotropic

    return families(200, 24, rng, size=5), 0.2 * isotropic(200, 24, rng)


def _firing(rng: "np.random.Generator", *, has_holes: bool) -> "FiringStatistics":
    """Two thousand tokens of a hundred documents; the first of each family fires most."""
    import numpy as np

    from saegeo_core import FiringStatistics

    rates = rng.uniform(0.02, 0.1, 200)
    rates[::5] += 0.1
    fired = rng.random((2000, 200)) < rates
    if has_holes:
        fired[:, ::5] &= ~fired.reshape(2000, 40, 5)[:, :, 1:].any(2)
    return FiringStatistics.from_arrays(fired, block_tokens=1, document_of_block=np.arange(2000) // 20)


def _example(decoder: "torch.Tensor", encoder: "torch.Tensor", firing: "FiringStatistics") -> Example:
    from saegeo_core import FeatureCloud

    return Example(FeatureCloud.from_array(decoder), firing, encoder=encoder)
