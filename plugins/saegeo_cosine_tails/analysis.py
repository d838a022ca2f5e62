"""The adapter: a cloud and parameters in, findings out. The presets' arithmetic lies in `calibrated` and `paper`."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from saegeo_core import Absent, Analysis, AnalysisContext, Cost, Parameters, SaegeoError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from saegeo_core import FeatureCloud, Findings


READING = 500
"""Multiplications that it costs, where rows are short, to count a pair and look for partners in it."""


class CosineTailsParameters(Parameters):
    """What can be set."""

    p0: float = Field(default=1e-6, gt=0, lt=1, description="Null probability of a tail pair: fixes the threshold.")
    min_expected: float = Field(
        default=20, ge=0, description="Tail pairs expected under the uniform null before p0 is raised, in small clouds."
    )
    threshold: float | None = Field(default=None, ge=0, lt=1, description="A fixed cosine in place of p0.")
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


class CosineTails(Analysis):
    """How uniformly the directions are spread, and which pairs are too close to be chance."""

    name = "cosine-tails"
    version = "4"
    uses = frozenset({"labels"})
    headline = "tail_fraction"
    summary = "Share of pairs of features too close to be chance, beside three nested nulls"
    reference = "T. Walker, Feature Geometry; P(|c| > t) by the exact Beta law (Cai, Fan & Jiang, JMLR 2013)"
    Parameters = CosineTailsParameters
    presets: ClassVar = {"calibrated": {}, "paper": {"threshold": 0.1}}
    invariances: ClassVar = frozenset({"rotation", "feature order", "scale", "row lengths"})
    finds: ClassVar = {"families of unlike tightness": "members of a family are too close to be chance"}

    def analyze(self, cloud: "FeatureCloud", parameters: CosineTailsParameters, context: AnalysisContext) -> "Findings":
        """Measure all pairwise cosines, tile by tile."""
        if cloud.n_features < 2 or cloud.d_in < 2:
            from saegeo_cosine_tails.declared import DECLARED

            reason = "one feature has no pair" if cloud.n_features < 2 else "in one dimension every cosine is 1 or -1"
            names = [self.headline] if context.preset == "paper" else list(DECLARED)
            return DECLARED.findings(dict.fromkeys(names, Absent(reason)), n=0)
        if context.preset == "paper":
            if parameters.samples(cloud.n_features):
                raise SaegeoError(
                    f"the preset paper looks at all pairs, and cosine-tails.max_rows={parameters.max_rows} asks for fewer",
                    "leave max_rows out, or take the preset calibrated",
                )
            from saegeo_cosine_tails.paper import paper_findings

            return paper_findings(cloud, context, threshold=parameters.threshold)
        if parameters.max_rows is not None and parameters.samples(cloud.n_features):
            from saegeo_cosine_tails.sampled import sampled_findings

            return sampled_findings(
                cloud,
                context,
                p0=parameters.p0,
                min_expected=parameters.min_expected,
                threshold=parameters.threshold,
                max_rows=parameters.max_rows,
            )
        from saegeo_cosine_tails.calibrated import calibrated_findings

        return calibrated_findings(
            cloud, context, p0=parameters.p0, min_expected=parameters.min_expected, threshold=parameters.threshold
        )

    def cost(self, n_features: int, d_in: int, parameters: CosineTailsParameters) -> Cost:
        """One pass over all pairs, at as many again for what is read off the products; eigenvectors and sampled nulls."""
        looked_at = min(n_features, parameters.max_rows or n_features)
        n_pairs = looked_at * n_features - looked_at**2 / 2
        copied = 4 * n_features * d_in if looked_at < n_features else 0
        return Cost(n_pairs * (d_in + max(d_in, READING)) + 150 * d_in**3, 4 * n_features * d_in + copied + 5e8)

    def estimates(
        self, cloud: "FeatureCloud", parameters: CosineTailsParameters, context: AnalysisContext
    ) -> "Mapping[str, float] | None":
        """All of them, from the pass over all pairs; of sampled rows none, for which are sampled would move them too."""
        if context.preset == "paper" or parameters.samples(cloud.n_features):
            return None
        if cloud.n_features < 2 or cloud.d_in < 2:
            return {}
        from saegeo_cosine_tails.calibrated import estimates

        return estimates(
            cloud, context, p0=parameters.p0, min_expected=parameters.min_expected, threshold=parameters.threshold
        )

    def planted_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """Families of five."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import families

        return FeatureCloud.from_array(families(500, 48, rng))

    def null_example(self, rng: "np.random.Generator") -> "FeatureCloud":
        """A covariance and nothing else, which is the judging null of tail_fraction."""
        from saegeo_core import FeatureCloud
        from saegeo_core.synthetic import angular_gaussian

        return FeatureCloud.from_array(angular_gaussian(300, 24, rng))
