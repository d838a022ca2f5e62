"""What an analysis of word pairs starts from: pairs whose words have vectors, and what had to be left out."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from saegeo_core import AnalysisContext, FeatureCloud, SaegeoError
from saegeo_crystals.pairs import Pairs, cleaned, numbered
from saegeo_crystals.parameters import CrystalsParameters
from saegeo_crystals.relations import Relation, bundled_relations, read_relations
from saegeo_crystals.word_sources import vectors_of_words
from saegeo_crystals.word_vectors import WordVectors, read_frequencies

NAMED = 10


@dataclass(frozen=True, eq=False)
class Material:
    """Pairs and the vectors of their words.

    Attributes:
        pairs: all usable pairs; their words are those of the vectors.
        vectors: one row for each word of the pairs.
        frequencies: how often words occur, or None where not given.
        given: pairs of each relation as given, less those dropped, by its name.
        warnings: what was left out.
    """

    pairs: Pairs
    vectors: WordVectors
    frequencies: dict[str, float] | None
    given: dict[str, int]
    warnings: tuple[str, ...]

    def with_pairs(self, pairs: Pairs) -> "Material":
        """With some of the pairs, and only their words: inner products are kept of all words with all."""
        few = pairs.compact()
        row_of = {word: row for row, word in enumerate(self.vectors.words)}
        return replace(self, pairs=few, vectors=self.vectors.rows([row_of[word] for word in few.words]))


def gather(
    cloud: FeatureCloud,
    parameters: CrystalsParameters,
    context: AnalysisContext,
    *,
    draw: Callable[[Pairs], Pairs] | None = None,
    keep_identical: bool = False,
) -> Material:
    """The relations asked for, with vectors from where the parameters and the context say.

    `draw` chooses among pairs beforehand where every word costs a pass through a model; a file is searched for all of them, since
    many may be missing.

    Raises:
        MissingInput: there are no vectors for this SAE.
        SaegeoError: malformed files, an empty relation or a single one, or words most of which have no vector.
    """
    relations = _asked_for(parameters)
    kept, dropped = (relations, {}) if keep_identical else cleaned(relations)
    for relation in kept:
        if not relation.pairs:
            raise SaegeoError(
                f"in the relation {relation.name} every input is its own output", "take it out, or give other pairs"
            )
    pairs = numbered(kept)
    if draw is not None and context.activations is not None:
        pairs = draw(pairs).compact()
    vectors = vectors_of_words(list(pairs.words), cloud, parameters, context)
    row_of = {word: row for row, word in enumerate(vectors.words)}
    missing = [word for word in pairs.words if word not in row_of]
    if len(missing) > len(pairs.words) / 2:
        raise SaegeoError(
            f"{len(missing)} of {len(pairs.words)} words have no vector in {vectors.origin}, {_named(missing)}",
            "give vectors of these words: type --model NAME_OR_PATH, or --set crystals.word_vectors=FILE",
        )
    is_known = np.array([word in row_of for word in pairs.words])
    usable = pairs.take(is_known[pairs.inputs] & is_known[pairs.outputs]).compact()
    if usable.n_relations < 2:
        raise SaegeoError(
            f"{usable.n_relations or 'no'} relation has pairs with vectors; telling relations apart takes two or more",
            "add a relation with --set crystals.relations=DIR",
        )
    warnings = [f"the vectors: {vectors.origin}"]
    if any(dropped.values()):
        warnings.append(
            f"pairs dropped: {dropped['identical']} of identical words, {dropped['repeated']} that repeat another"
        )
    if missing:
        share = f"{len(missing)} of {len(pairs.words)}"
        warnings.append(f"words without a vector, whose pairs were left out: {share}, {_named(missing)}")
    empty = [name for name in pairs.names if name not in usable.names]
    if empty:
        warnings.append(f"relations left out, since none of their pairs has vectors: {', '.join(empty)}")
    return Material(
        usable,
        vectors.rows([row_of[word] for word in usable.words]),
        None if parameters.frequencies is None else read_frequencies(parameters.frequencies.expanduser()),
        {one.name: len(one.pairs) for one in kept},
        tuple(warnings),
    )


def _asked_for(parameters: CrystalsParameters) -> list[Relation]:
    path = parameters.relations
    relations = bundled_relations() if path is None else read_relations(path.expanduser())
    if parameters.only is None:
        return relations
    by_name = {one.name: one for one in relations}
    for name in parameters.only:
        if name not in by_name:
            raise SaegeoError(
                f"crystals.only names a relation {name!r} that there is not", f"there are: {', '.join(by_name)}"
            )
    return [by_name[name] for name in dict.fromkeys(parameters.only)]


def _named(words: list[str]) -> str:
    return f"for example {', '.join(words[:NAMED])}" if len(words) > NAMED else f"namely {', '.join(words)}"
