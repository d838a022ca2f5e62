"""The adapter: what can be set, and from a cloud to findings. The presets' arithmetic lies in `calibrated` and `paper`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from saegeo_core import Analysis, AnalysisContext, Example, Findings, Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from saegeo_core import FeatureCloud, TextActivations
    from saegeo_crystals.pairs import PairSource
    from saegeo_crystals.relations import Relation

D_IN = 32
"""Width of the examples."""
NOISE = 0.1
"""Of the offsets in the planted example, where all else has standard deviation 1."""
DISTRACTOR = 30.0
"""How far its words lie apart along one direction at random, where all else is of length about sqrt(d)."""


class CrystalsParameters(Parameters):
    """Parameters of crystals."""

    measure: Literal["both", "pairs", "dictionary"] = Field(
        default="both",
        description="Word pairs, near-parallelograms among the features of the dictionary, or both. The latter need no words.",
    )
    relations: Path | None = Field(
        default=None,
        description="Labeled word pairs: a folder of JSON lists of {input, output}, a Google analogy file, or a BATS folder. "
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
    null_draws: int = Field(default=99, ge=19, description="Draws of each of the two nulls of word pairs.")
    n_neighbors: int = Field(
        default=10, ge=1, description="In the dictionary, a side joins a feature to one of this many nearest."
    )
    dictionary_draws: int = Field(
        default=19, ge=2, description="Null clouds searched for near-parallelograms like this one."
    )
    n_listed: int = Field(default=200, ge=1, description="Near-parallelograms in the table.")


class Crystals(Analysis):
    """Parallelograms and trapezoids: of word pairs, judged by held-out ones, and among the features themselves."""

    name = "crystals"
    version = "3"
    uses = frozenset({"activations", "labels"})
    headline = "pairing_consistency_gain"
    summary = "Parallelograms of words before and after projection, how much is pairing, and those among features"
    reference = (
        "Li et al., The Geometry of Concepts, arXiv 2410.19750, section 3; Fournier, Dupoux & Dunbar, arXiv 2010.03446"
    )
    Parameters = CrystalsParameters
    presets: ClassVar = {"calibrated": {}, "paper": {"token": "last"}}
    invariances: ClassVar = frozenset({"rotation", "feature order", "scale", "row lengths"})

    def analyze(self, cloud: "FeatureCloud", parameters: CrystalsParameters, context: AnalysisContext) -> Findings:
        """Measure word pairs where the SAE reads, and search its dictionary."""
        if context.preset == "paper":
            from saegeo_crystals.paper import published_findings

            return published_findings(cloud, context, _source(parameters), n_components=parameters.n_components)
        from saegeo_crystals.calibrated import without_pairs
        from saegeo_crystals.parallelogram_findings import parallelogram_findings

        # Each part draws from a generator of its own, so that its numbers do not depend on whether the other runs.
        for_pairs, for_dictionary = (replace(context, rng=rng) for rng in context.rng.spawn(2))
        searches, compares = parameters.measure != "pairs", parameters.measure != "dictionary"
        of_pairs = _of_pairs(cloud, parameters, for_pairs) if compares else without_pairs()
        if not searches:
            return of_pairs
        of_dictionary = parallelogram_findings(
            cloud,
            for_dictionary,
            n_neighbors=parameters.n_neighbors,
            null_draws=parameters.dictionary_draws,
            n_listed=parameters.n_listed,
        )
        return Findings.joined(of_pairs, of_dictionary)

    def planted_example(self, rng: "np.random.Generator") -> Example:
        """Parallelograms in the bundled relations, behind a distractor that only the projection takes away."""
        from saegeo_crystals.relations import bundled_relations

        return _example(rng, _words_in_parallelograms(rng, bundled_relations()))

    def null_example(self, rng: "np.random.Generator") -> Example:
        """Words that have nothing to do with each other: any partner would do."""
        from saegeo_core.synthetic.activations import made_up_activations, made_up_tokens

        return _example(rng, made_up_activations(made_up_tokens(D_IN, seed=int(rng.integers(2**32))), D_IN))


def _of_pairs(cloud: "FeatureCloud", parameters: CrystalsParameters, context: AnalysisContext) -> Findings:
    from saegeo_crystals.calibrated import calibrated_findings
    from saegeo_crystals.held_out import Projection

    return calibrated_findings(
        cloud,
        context,
        _source(parameters),
        Projection(parameters.projection, parameters.n_components, parameters.n_principal, parameters.geometry),
        pairs_per_relation=parameters.pairs_per_relation,
        n_folds=parameters.n_folds,
        null_draws=parameters.null_draws,
    )


def _source(parameters: CrystalsParameters) -> "PairSource":
    from saegeo_crystals.pairs import PairSource

    return PairSource(
        relations=parameters.relations,
        only=parameters.only,
        word_vectors=parameters.word_vectors,
        vectors=parameters.vectors,
        token=parameters.token,
        frequencies=parameters.frequencies,
    )


def _example(rng: "np.random.Generator", words: "TextActivations") -> Example:
    from saegeo_core import FeatureCloud
    from saegeo_core.synthetic import isotropic

    return Example(FeatureCloud.from_array(isotropic(60, D_IN, rng)), activations=words)


def _words_in_parallelograms(rng: "np.random.Generator", relations: "list[Relation]") -> "TextActivations":
    """The second word of a pair is the first moved by the offset of its relation; then all are scattered along one direction.

    A word that is in several pairs is moved by the first of them, so the offsets of later ones may differ.
    """
    import numpy as np

    from saegeo_core.synthetic.activations import made_up_activations, made_up_tokens

    vector_of: dict[str, NDArray[np.float64]] = {}
    for relation in relations:
        offset = rng.standard_normal(D_IN)
        for first, second in relation.pairs:
            start = vector_of.setdefault(first, rng.standard_normal(D_IN))
            vector_of.setdefault(second, start + offset + NOISE * rng.standard_normal(D_IN))
    direction = rng.standard_normal(D_IN)
    direction *= DISTRACTOR / np.linalg.norm(direction)
    scattered = {word: vector + rng.standard_normal() * direction for word, vector in vector_of.items()}
    elsewhere = made_up_tokens(D_IN)

    def tokens_of(text: str) -> "NDArray[np.float32]":
        return scattered[text][None].astype(np.float32) if text in scattered else elsewhere(text)

    return made_up_activations(tokens_of, D_IN, "planted parallelograms")
