"""The adapter: what can be set, and the refusal of dictionaries that make no series."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, CorpusSpec, Cost, Parameters, SaegeoError, SaeSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from saegeo_core import FeatureCloud, Findings


class SparsityParameters(Parameters):
    """What can be set."""

    others: list[SaeSpec] = Field(
        min_length=1,
        description="the SAEs of the same place at other L0, names, paths or patterns of them, comma-separated",
        examples=[["minilm-l6:l0_64_layer_3"]],
    )
    corpus: CorpusSpec | None = Field(
        default=None,
        description="With --model, the text whose activations are projected on decoders, named as for saegeo harvest --corpus.",
    )
    n_tokens: int = Field(default=2048, ge=100, description="Tokens of it that are read.")
    nth: float = Field(
        default=0.25,
        gt=0,
        lt=1,
        description="Which of all projections is told, of the largest ones first, as a share of the features.",
    )


class Sparsity(Analysis):
    """Mean |cosine| and the n-th largest projection over a series of L0."""

    name = "sparsity"
    version = "1"
    uses = frozenset({"activations", "corpus"})
    headline = "mean_absolute_cosine"
    summary = "Whether L0 is below, within or above the range in which features overlap least, over SAEs of other L0"
    reference = "Chanin and Garriga-Alonso, Sparse but Wrong, arXiv 2508.16560"
    Parameters = SparsityParameters
    invariances: ClassVar = frozenset({"feature order", "scale", "row lengths"})
    finds: ClassVar = {
        "steep spectrum": "directions that crowd along a few axes overlap, which is what it looks for",
        "families of unlike tightness": "families overlap",
    }

    def analyze(self, cloud: "FeatureCloud", parameters: SparsityParameters, context: AnalysisContext) -> "Findings":
        """Measure the SAE and those of other L0."""
        from saegeo_sparsity.calibrated import calibrated_findings

        return calibrated_findings(_series(cloud, context), context, n_tokens=parameters.n_tokens, nth=parameters.nth)

    def used(self, parameters: SparsityParameters) -> frozenset[str]:
        """A model and its text, where one is named."""
        return self.uses if parameters.corpus else frozenset()

    def cost(self, n_features: int, d_in: int, parameters: SparsityParameters) -> Cost:
        """A pass over all pairs for each SAE, and one for its kin."""
        n_saes = 1 + len(parameters.others)
        return Cost(n_saes * n_features**2 * d_in, 12 * n_features * d_in + 4 * parameters.n_tokens * n_features + 3e8)

    def estimates(
        self,
        cloud: "FeatureCloud",
        parameters: SparsityParameters,  # noqa: ARG002
        context: AnalysisContext,
    ) -> "Mapping[str, float]":
        """That of the features alone."""
        from saegeo_sparsity.absolute_cosines import mean_absolute_cosine

        if cloud.n_features < 2:
            return {}
        return {"mean_absolute_cosine": mean_absolute_cosine(cloud.unit_vectors().to(context.device))}

    def planted_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """Directions that share a mean."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import isotropic

        return FeatureCloud.from_array(isotropic(150, 24, rng) + 0.5)

    def null_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """Uniform directions."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import isotropic

        return FeatureCloud.from_array(isotropic(150, 24, rng))


def _series(cloud: "FeatureCloud", context: AnalysisContext) -> "list[FeatureCloud]":
    """The cloud, then the others without itself, which a pattern of names covers as well.

    Raises:
        SaegeoError: no other is left, or one has directions of other dimensions.
    """
    from saegeo_core.measuring.partners import refuse_other_dimensions

    others = [one for one in context.clouds["others"] if one.digest != cloud.digest]
    if not others:
        raise SaegeoError(
            f"sparsity.others names no SAE but {cloud.sae.spec}, which is the one measured",
            "name SAEs of the same place at other L0: --set sparsity.others=minilm-l6:l0_64_layer_3",
        )
    refuse_other_dimensions([cloud, *others], "set sparsity.others to SAEs of the same place in the same model")
    return [cloud, *others]
