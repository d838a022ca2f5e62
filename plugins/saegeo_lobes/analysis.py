"""The adapter: a cloud, its firing and parameters in, findings out. The presets' arithmetic lies in `calibrated` and `paper`."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Cost, Example, Parameters, SaegeoError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from saegeo_core import FeatureCloud, Findings
    from saegeo_lobes.feature_set import Settings

AffinityName = Literal["phi", "jaccard", "dice", "overlap", "smc", "ppmi"]
PUBLISHED_AFFINITIES: list[AffinityName] = ["phi", "jaccard", "dice", "overlap", "smc"]
MANY_FEATURES = 8192


class Extent(NamedTuple):
    """How much is measured beside what metrics rest on, and from how many draws."""

    affinities: list[AffinityName]
    isotropic_draws: int
    document_splits: int


OF_FEW, OF_MANY = Extent(PUBLISHED_AFFINITIES, 9, 7), Extent(["phi"], 3, 3)
"""By the width of a dictionary: an eigensolution of 16,384 features takes twenty seconds of a core."""


class LobesParameters(Parameters):
    """Parameters of lobes."""

    n_clusters: list[Annotated[int, Field(ge=2)]] = Field(
        default=[2, 3, 4, 8, 16, 32, 64], min_length=1, description="Numbers of lobes to look for, each at least 2."
    )
    k_reported: int = Field(default=8, ge=2, description="The number of lobes that metrics are reported at.")
    affinities: list[AffinityName] | None = Field(
        default=None,
        description="How alike two features fire: phi, jaccard, dice, overlap, smc (simple matching), ppmi. Phi is always there. "
        f"By default the first five; of more than {MANY_FEATURES:,} features phi alone.",
    )
    n_neighbors: int = Field(default=10, ge=1, description="Nearest features by cosine that each is joined to.")
    min_blocks: int = Field(
        default=10, ge=1, description="Blocks a live feature fires in at least, and is silent in at least."
    )
    null_draws: int = Field(default=999, ge=19, description="Permutations behind each p-value.")
    isotropic_draws: int | None = Field(
        default=None,
        ge=0,
        description="Dictionaries of random directions, the paper's null of the probe (paper: 100). By default 9; of more than "
        f"{MANY_FEATURES:,} features 3.",
    )
    document_splits: int | None = Field(
        default=None,
        ge=0,
        description="Splits of documents and kin into thirds, left out in turn for intervals; 0 makes none. By default 7; of more "
        f"than {MANY_FEATURES:,} features 3.",
    )
    leading: Literal["lift", "share"] = Field(
        default="lift",
        description="A block's leading lobe: the one with the largest share of its features on, relative to that lobe's mean "
        "share (lift) or as it is (share, as published, where lobes of frequent features lead everywhere).",
    )
    dense_gigabytes: float = Field(
        default=2.0,
        gt=0,
        description="Room for a matrix of all pairs; wider dictionaries get a nearest-neighbor affinity.",
    )

    def extent(self, n_features: int) -> Extent:
        """As asked for, or what a dictionary of so many features gets."""
        unasked = OF_FEW if n_features <= MANY_FEATURES else OF_MANY
        return Extent(
            unasked.affinities if self.affinities is None else self.affinities,
            unasked.isotropic_draws if self.isotropic_draws is None else self.isotropic_draws,
            unasked.document_splits if self.document_splits is None else self.document_splits,
        )


class Lobes(Analysis):
    """Whether features that fire together lie together."""

    name = "lobes"
    version = "4"
    needs = frozenset({"vectors", "firing"})
    uses = frozenset({"labels"})
    headline = "ami"
    summary = "Do features that fire together lie together? Beside untrained dictionaries"
    reference = "Li et al., The Geometry of Concepts, Entropy 2025 27(4):344, section 4 (arXiv 2410.19750)"
    Parameters = LobesParameters
    presets: ClassVar = {
        "calibrated": {},
        "paper": {
            "n_clusters": [2, 3, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
            "affinities": PUBLISHED_AFFINITIES,
            "k_reported": 2,
            "null_draws": 100,
            "isotropic_draws": 100,
            "document_splits": 0,
            "leading": "share",
        },
    }
    # Not "feature order": neighbor_phi_excess subtracts a mean over permutations that are drawn, which another order changes.
    invariances: ClassVar = frozenset({"rotation", "scale", "row lengths"})

    def analyze(self, cloud: "FeatureCloud", parameters: LobesParameters, context: AnalysisContext) -> "Findings":
        """Cluster features by what they fire with and by where they lie, and compare."""
        firing = context.firing
        if firing is None:
            raise SaegeoError("lobes needs firing statistics, and none were given", "give the harvest of this SAE")
        extent = parameters.extent(cloud.n_features)
        settings = _settings(parameters, extent, context.device)
        if context.preset == "paper":
            from saegeo_lobes.paper import paper_findings

            return paper_findings(
                cloud,
                firing,
                context,
                settings,
                k=parameters.k_reported,
                null_draws=parameters.null_draws,
                isotropic_draws=extent.isotropic_draws,
            )
        from saegeo_lobes.calibrated import calibrated_findings

        return calibrated_findings(
            cloud,
            firing,
            context,
            settings,
            k=parameters.k_reported,
            min_blocks=parameters.min_blocks,
            null_draws=parameters.null_draws,
            isotropic_draws=extent.isotropic_draws,
            document_splits=extent.document_splits,
        )

    def cost(self, n_features: int, d_in: int, parameters: LobesParameters) -> Cost:  # noqa: ARG002
        """Eigensolutions and refits; each control adds a fifth."""
        is_dense = 4 * n_features**2 <= parameters.dense_gigabytes * 1e9
        return Cost(
            (3e5 if is_dense else 4e4) * n_features**2, (14 * n_features**2 if is_dense else 15_000 * n_features) + 5e8
        )

    def estimates(
        self, cloud: "FeatureCloud", parameters: LobesParameters, context: AnalysisContext
    ) -> "Mapping[str, float] | None":
        """Those of the lobes of live features that are defined."""
        if context.preset == "paper":
            return None
        from saegeo_lobes.calibrated import estimates_of

        if context.firing is None:
            raise SaegeoError("lobes needs firing statistics, and none were given", "give the harvest of this SAE")
        return estimates_of(
            cloud,
            context.firing,
            context,
            _settings(parameters, parameters.extent(cloud.n_features), context.device),
            k=parameters.k_reported,
            min_blocks=parameters.min_blocks,
        )

    def planted_example(self, rng: "np.random.Generator") -> Example:
        """Six topics, in firing and in directions."""
        return _planted(rng, n_topics=6)

    def null_example(self, rng: "np.random.Generator") -> Example:
        """No topic, but frequent features that lie together and, in rich blocks, fire together: the stratified null."""
        return _planted(rng, n_topics=1, topic_share=0.0, frequency_share=0.5, richness_spread=0.7)


def _settings(parameters: LobesParameters, extent: Extent, device: str) -> "Settings":
    """How features are to be clustered, where there is room and where they are enough."""
    from saegeo_lobes.affinities import MEASURES
    from saegeo_lobes.feature_set import ANGULAR, COSINE_GRAPH, Settings

    return Settings(
        measures={name: MEASURES[name] for name in ("phi", *extent.affinities)},
        geometries=(COSINE_GRAPH, ANGULAR),
        n_clusters=tuple(sorted({*parameters.n_clusters, parameters.k_reported})),
        n_neighbors=parameters.n_neighbors,
        dense_bytes=int(parameters.dense_gigabytes * 1e9),
        lead_is_relative=parameters.leading == "lift",
        device=device,
    )


def _planted(rng: "np.random.Generator", **planted: Any) -> Example:
    from saegeo_core import FeatureCloud
    from saegeo_core.synthetic.firing import plant_firing

    plant = plant_firing(rng, n_features=180, n_blocks=600, d_in=24, rates=(0.05, 0.3), **planted)
    return Example(FeatureCloud.from_array(plant.directions), plant.firing)
