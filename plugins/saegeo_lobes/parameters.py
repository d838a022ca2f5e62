"""What can be set."""

from typing import Annotated, Literal

from pydantic import Field

from saegeo_core import Parameters

AffinityName = Literal["phi", "jaccard", "dice", "overlap", "smc", "ppmi"]


class LobesParameters(Parameters):
    """Parameters of lobes."""

    n_clusters: list[Annotated[int, Field(ge=2)]] = Field(
        default=[2, 3, 4, 8, 16, 32, 64], min_length=1, description="Numbers of lobes to look for, each at least 2."
    )
    k_reported: int = Field(default=8, ge=2, description="The number of lobes that metrics are reported at.")
    affinities: list[AffinityName] = Field(
        default=["phi", "jaccard", "dice", "overlap", "smc"],
        description="How alike two features fire: phi, jaccard, dice, overlap, smc (simple matching), ppmi. Phi is always there.",
    )
    n_neighbors: int = Field(default=10, ge=1, description="Nearest features by cosine that each is joined to.")
    least_blocks: int = Field(
        default=10, ge=1, description="Blocks a live feature fires in at least, and is silent in at least."
    )
    n_permutations: int = Field(default=999, ge=19, description="Permutations behind each p-value.")
    random_dictionaries: int = Field(
        default=9, ge=0, description="Random dictionaries for the paper's null of the probe (paper: 100)."
    )
    document_groups: int = Field(
        default=20, ge=0, description="Groups of documents left out one by one for intervals; 0 leaves out none."
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
