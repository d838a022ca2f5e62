"""The adapter: what can be set. The measuring lies in `calibrated`."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Cost, Example, Parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from saegeo_core import FeatureCloud, Findings


class AlignmentParameters(Parameters):
    """What can be set."""

    null_draws: int = Field(default=199, ge=19, description="Times that encoders are dealt other decoders.")


class Alignment(Analysis):
    """The cosine between each feature's encoder and its decoder."""

    name = "alignment"
    version = "2"
    needs = frozenset({"vectors", "encoder"})
    uses = frozenset({"firing"})
    headline = "alignment"
    summary = "Whether each feature reads the direction it writes: cosines between encoder and decoder"
    reference = "cosines between encoder and decoder after arXiv 2605.18629 and 2408.05147"
    Parameters = AlignmentParameters
    invariances: ClassVar = frozenset({"rotation", "feature order", "scale", "row lengths"})

    def analyze(self, cloud: "FeatureCloud", parameters: AlignmentParameters, context: AnalysisContext) -> "Findings":
        """Compare every encoder with its own decoder, and with those of others."""
        from saegeo_alignment.calibrated import calibrated_findings

        return calibrated_findings(cloud, context, null_draws=parameters.null_draws)

    def cost(self, n_features: int, d_in: int, parameters: AlignmentParameters) -> Cost:  # noqa: ARG002
        """Two passes over all pairs: encoders with decoders, and decoders for their kin."""
        return Cost(2.0 * n_features**2 * d_in, n_features * (4 * d_in + 2000) + 3e8)

    def estimates(
        self,
        cloud: "FeatureCloud",
        parameters: AlignmentParameters,  # noqa: ARG002
        context: AnalysisContext,
    ) -> "Mapping[str, float]":
        """All but the gain of two groups."""
        from saegeo_alignment.calibrated import estimates_of

        return estimates_of(cloud, context)

    def planted_example(self, rng: "np.random.Generator") -> Example:
        """Encoders that are their decoders, and as much again of something else."""
        return _example(rng, own=1.0)

    def null_example(self, rng: "np.random.Generator") -> Example:
        """Encoders that know nothing of their decoders."""
        return _example(rng, own=0.0)


def _example(rng: "np.random.Generator", *, own: float) -> Example:
    from saegeo_core import FeatureCloud
    from saegeo_core.synthetic import families, isotropic

    decoder = families(200, 24, rng)
    return Example(FeatureCloud.from_array(decoder), encoder=own * decoder + isotropic(200, 24, rng))
