"""The adapter: a cloud and parameters in, findings out. The presets' arithmetic lies in `calibrated` and `paper`."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, model_validator

from saegeo_core import Analysis, AnalysisContext, CorpusSpec, Cost, Parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from saegeo_core import FeatureCloud, Findings
    from saegeo_power_law.fitted_laws import RankWindow


READING = 200
"""Multiplications that it costs, where rows are short, to see whether a pair is of one kin."""


class PowerLawParameters(Parameters):
    """What can be set."""

    first_rank: int = Field(default=11, ge=1, description="First rank of the window the power law is fitted to.")
    last_rank: int = Field(default=150, ge=3, description="Last rank of that window.")
    n_features: int | None = Field(
        default=None,
        ge=2,
        description="Measure that many rows drawn at random, to compare clouds of different size at one size.",
    )
    unit_rows: bool = Field(
        default=False,
        description="Measure the directions alone, every row scaled to length 1, to compare SAEs of unlike lengths.",
    )
    corpus: CorpusSpec | None = Field(
        default=None,
        description="With --model, the text whose activations have their spectrum measured beside, named as for "
        "saegeo harvest --corpus.",
    )
    n_documents: int | None = Field(
        default=None, ge=1, description="Read the first so many documents of the corpus; all of them by default."
    )
    null_draws: int = Field(
        default=99, ge=19, description="Spectra drawn without structure; p-values are at least 1/(m+1)."
    )
    power_law_draws: int = Field(default=19, ge=0, description="Spectra drawn from an exact power law; 0 draws none.")

    @model_validator(mode="after")
    def _window_has_three_ranks(self) -> "PowerLawParameters":
        if self.last_rank < self.first_rank + 2:
            raise ValueError(
                f"a line needs three ranks, and the window runs from {self.first_rank} to {self.last_rank}: "
                "raise last_rank or lower first_rank"
            )
        return self


class PowerLaw(Analysis):
    """How the covariance spectrum falls with rank, and whether as a power law."""

    name = "power-law"
    version = "5"
    uses = frozenset({"activations", "corpus", "labels"})
    headline = "alpha"
    summary = "Exponent of the covariance spectrum, corrected for the number of features, and what else its shape says"
    reference = "Li et al., The Geometry of Concepts, arXiv 2410.19750, section 5; sample size by Silverstein (1995)"
    Parameters = PowerLawParameters
    presets: ClassVar = {"calibrated": {}, "paper": {"first_rank": 11, "last_rank": 150}}
    invariances: ClassVar = frozenset({"rotation", "feature order", "scale"})
    finds: ClassVar = {
        "steep spectrum": "a spectrum that falls is what it looks for",
        "families of unlike tightness": "a few families have a few wide axes",
    }

    def analyze(self, cloud: "FeatureCloud", parameters: PowerLawParameters, context: AnalysisContext) -> "Findings":
        """Decompose the covariance of the rows as they are stored, and beside it that of the activations where there are any."""
        from saegeo_core import Findings
        from saegeo_power_law.activation_spectrum import beside_activations
        from saegeo_power_law.fitted_laws import RankWindow

        window = RankWindow(parameters.first_rank, parameters.last_rank)
        found = self._of_cloud(cloud, window, parameters, context)
        return Findings.joined(found, beside_activations(found, window, context, n_documents=parameters.n_documents))

    def _of_cloud(
        self, cloud: "FeatureCloud", window: "RankWindow", parameters: PowerLawParameters, context: AnalysisContext
    ) -> "Findings":
        cloud = cloud.with_unit_rows() if parameters.unit_rows else cloud.near_unit_length()
        if cloud.n_features < 2 or cloud.d_in < 2:
            from saegeo_power_law.declared import DECLARED, PUBLISHED

            few = "one feature has no covariance" if cloud.n_features < 2 else ""
            declared = PUBLISHED if context.preset == "paper" else DECLARED
            return declared.absent(few or "one dimension has one eigenvalue, and no ranks")
        n_features = parameters.n_features
        if context.preset == "paper":
            from saegeo_power_law.paper import paper_findings

            return paper_findings(cloud, context, window, n_features=n_features)
        from saegeo_power_law.calibrated import calibrated_findings

        return calibrated_findings(
            cloud,
            context,
            window,
            n_features=n_features,
            null_draws=parameters.null_draws,
            power_law_draws=parameters.power_law_draws,
        )

    def used(self, parameters: PowerLawParameters) -> frozenset[str]:
        """A model and its text, where one is named."""
        return self.uses if parameters.corpus else self.uses - {"activations", "corpus"}

    def cost(self, n_features: int, d_in: int, parameters: PowerLawParameters) -> Cost:
        """A pass over all pairs for kin, second moments, and the eigenvalues of what is drawn."""
        drawn = 20 * parameters.power_law_draws + 2 * parameters.null_draws
        return Cost(
            n_features**2 / 2 * (d_in + max(d_in, READING)) + 10 * n_features * d_in**2 + drawn * d_in**3,
            2 * n_features * d_in + 100 * d_in**2 + 5e8,
        )

    def estimates(
        self, cloud: "FeatureCloud", parameters: PowerLawParameters, context: AnalysisContext
    ) -> "Mapping[str, float] | None":
        """Those of the spectrum of all rows; of one window alone, not the spread over windows."""
        if context.preset == "paper":
            return None
        if cloud.n_features < 2 or cloud.d_in < 2:
            return {}
        from saegeo_power_law.calibrated import estimates_of
        from saegeo_power_law.fitted_laws import RankWindow

        cloud = cloud.with_unit_rows() if parameters.unit_rows else cloud
        window = RankWindow(parameters.first_rank, parameters.last_rank)
        return estimates_of(cloud, context, window, n_features=parameters.n_features)

    def planted_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """Variances that fall as the inverse of the rank."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian

        return FeatureCloud.from_array(angular_gaussian(400, 160, rng, exponent=1.0))

    def null_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """Uniform directions: no structure."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import isotropic

        return FeatureCloud.from_array(isotropic(400, 160, rng))
