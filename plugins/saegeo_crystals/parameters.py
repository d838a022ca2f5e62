"""What can be set."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from saegeo_core import Parameters


class CrystalsParameters(Parameters):
    """Parameters of crystals."""

    measure: Literal["both", "pairs", "dictionary"] = Field(
        default="both",
        description="Word pairs, near-parallelograms among the features of the dictionary, or both. The latter need no words.",
    )
    relations: Path | None = Field(
        default=None,
        description="Labelled word pairs: a folder of JSON lists of {input, output}, a Google analogy file, or a BATS folder. "
        "Without it the eighteen relations that ship.",
    )
    only: list[str] | None = Field(default=None, description="Names of the relations to use; all of them by default.")
    word_vectors: Path | None = Field(
        default=None, description="A text file of word vectors, lines of word v1 v2 …, gz allowed, instead of a model."
    )
    frequencies: Path | None = Field(
        default=None, description="A text file of word counts, lines of word count: one more distractor."
    )
    vectors: Literal["activations", "embeddings", "features"] = Field(
        default="activations",
        description="What a word is: its activation where the SAE reads, the embedding of its token, or the decoder direction of "
        "the feature nearest to its vector.",
    )
    token: Literal["last", "mean"] = Field(
        default="last", description="Which token of a word counts: the last, or the mean over all."
    )
    pairs_per_relation: int | None = Field(
        default=None, ge=2, description="Pairs of each relation; as many as the smallest has by default, and at most."
    )
    n_folds: int = Field(default=5, ge=2, description="Folds held out in turn.")
    projection: Literal["shrinkage", "pca"] = Field(
        default="shrinkage",
        description="How the projected space is learned: discriminants with the scatter shrunk after Ledoit and Wolf, or within "
        "the leading principal components.",
    )
    n_components: int = Field(
        default=11, ge=1, description="Dimensions of the projected space, at most one fewer than there are relations."
    )
    n_principal: int = Field(default=50, ge=1, description="Principal components kept before discriminants (pca).")
    geometry: Literal["whitened", "original"] = Field(
        default="whitened",
        description="Inner product of the projected space: of the whitened coordinates, or the vectors' own in that subspace.",
    )
    n_permutations: int = Field(default=99, ge=19, description="Draws of each of the two nulls of word pairs.")
    n_neighbors: int = Field(
        default=10, ge=1, description="In the dictionary, a side joins a feature to one of this many nearest."
    )
    n_null_clouds: int = Field(
        default=19, ge=2, description="Null clouds searched for near-parallelograms like this one."
    )
    n_listed: int = Field(default=200, ge=1, description="Near-parallelograms in the table.")
