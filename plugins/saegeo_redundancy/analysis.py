"""The adapter: what can be set. The measuring lies in `families`."""

from typing import TYPE_CHECKING

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Parameters

if TYPE_CHECKING:
    from saegeo_core import FeatureCloud, Findings


class RedundancyParameters(Parameters):
    """What can be set."""

    chance_links: float = Field(
        default=0.05, gt=0, lt=1, description="Links per feature expected by chance: fixes the threshold."
    )
    threshold: float | None = Field(default=None, gt=0, lt=1, description="A fixed cosine in place of chance_links.")
    null_draws: int = Field(default=39, ge=2, description="Random dictionaries drawn.")


class Redundancy(Analysis):
    """Families of close features, and features with an opposite."""

    name = "redundancy"
    version = "1"
    headline = "family_share"
    summary = "Share of features in families of close directions, and of features with an opposite"
    reference = "share of features with a near neighbor above a null threshold (after arXiv 2506.15679); components of the links"
    Parameters = RedundancyParameters

    def analyze(self, cloud: "FeatureCloud", parameters: RedundancyParameters, context: AnalysisContext) -> "Findings":
        """Link close features, and random ones in the same way."""
        from saegeo_redundancy.families import family_findings

        return family_findings(cloud, parameters, context)
