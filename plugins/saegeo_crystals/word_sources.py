"""Where the vectors of the words come from: a file, a model, or what ships; and the features nearest to them."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core import AnalysisContext, FeatureCloud, MissingInput, SaegeoError, TextActivations
from saegeo_crystals.parameters import CrystalsParameters
from saegeo_crystals.word_vectors import WordVectors, read_word_vectors

BUNDLED = Path(__file__).parent / "bundled" / "vectors"
WORDS_AT_ONCE = 1024


def vectors_of_words(
    words: list[str], cloud: FeatureCloud, parameters: CrystalsParameters, context: AnalysisContext
) -> WordVectors:
    """The vectors of those words that have one, as the parameters ask.

    Raises:
        MissingInput: neither a file nor a model was named, and none of the vectors that ship are of this SAE's place.
        SaegeoError: a malformed file, both a file and a model, or features asked for of vectors of another width.
    """
    if parameters.word_vectors is not None:
        if context.activations is not None:
            raise SaegeoError(
                "word vectors were given as a file, and a model beside it",
                "leave out --model, or --set crystals.word_vectors",
            )
        vectors = read_word_vectors(parameters.word_vectors.expanduser(), words)
    elif context.activations is not None:
        is_embedding = parameters.vectors == "embeddings"
        activations = context.activations.embeddings() if is_embedding else context.activations
        vectors = of_activations(words, activations, parameters.token)
    else:
        vectors = _bundled(words, cloud, parameters)
    return nearest_features(vectors, cloud) if parameters.vectors == "features" else vectors


def of_activations(words: list[str], activations: TextActivations, token: Literal["last", "mean"]) -> WordVectors:
    """The activation at the last token of each word, or the mean over its tokens. Words without tokens are left out."""
    rows = {word: tokens for word, tokens in zip(words, activations.of(words), strict=True) if len(tokens)}
    vectors = [tokens[-1] if token == "last" else tokens.mean(0) for tokens in rows.values()]
    at = "last token" if token == "last" else "mean over the tokens"
    return WordVectors(
        tuple(rows),
        np.stack(vectors) if vectors else np.empty((0, activations.d_in), np.float32),
        f"{activations.model} at {activations.hook}, {at}",
        np.array([len(tokens) for tokens in rows.values()], np.int64),
    )


def nearest_features(vectors: WordVectors, cloud: FeatureCloud) -> WordVectors:
    """For each word the decoder direction, as stored, of the feature that represents it best.

    That is the feature of greatest cosine with the word's vector, taken from the mean of all words: what all words have in
    common would else choose one feature for all of them.

    Raises:
        SaegeoError: the vectors have another width than the directions.
    """
    if vectors.vectors.shape[1] != cloud.d_in:
        raise SaegeoError(
            f"the word vectors have width {vectors.vectors.shape[1]}, the directions of {cloud.sae.spec} width {cloud.d_in}",
            "features are found for vectors of the model's own activations: type --model NAME_OR_PATH",
        )
    words = torch.from_numpy(vectors.vectors - vectors.vectors.mean(0, dtype=np.float64).astype(np.float32))
    directions = cloud.unit_vectors()
    best = torch.cat([(part @ directions.T).argmax(1) for part in words.split(WORDS_AT_ONCE)])
    chosen: NDArray[np.float32] = cloud.vectors[best].float().numpy()
    return WordVectors(
        vectors.words,
        chosen,
        f"decoder directions of the features nearest to {vectors.origin}",
        vectors.n_tokens,
        vectors.last_token_characters,
    )


def _bundled(words: list[str], cloud: FeatureCloud, parameters: CrystalsParameters) -> WordVectors:
    place = _place(cloud, parameters)
    facts = _bundled_facts()
    row_of = {word: row for row, word in enumerate(facts["words"])}
    known = [word for word in words if word in row_of]
    rows = np.array([row_of[word] for word in known], np.int64)
    stored = np.load(BUNDLED / f"{place}.npy", mmap_mode="r", allow_pickle=False)
    return WordVectors(
        tuple(known),
        stored[rows].astype(np.float32),
        f"{facts['model']} at {facts['hooks'][place]}, last token, as shipped",
        np.array(facts["n_tokens"], np.int64)[rows],
        np.array(facts["last_token_characters"], np.int64)[rows],
    )


def _place(cloud: FeatureCloud, parameters: CrystalsParameters) -> str:
    """Which of the vectors that ship are of the place where the SAE reads."""
    facts, sae = _bundled_facts(), cloud.sae
    is_model = sae.model is not None and sae.model.rpartition("/")[2].lower() in facts["model"].lower()
    place_of = {hook: place for place, hook in facts["hooks"].items()}
    if not is_model or sae.hook_name not in place_of:
        raise MissingInput(
            f"crystals needs vectors of words, and none that ship are of the place where {sae.spec} reads",
            f"type --model {sae.model or 'NAME_OR_PATH'}, or --set crystals.word_vectors=FILE; without words, "
            "--set crystals.measure=dictionary searches the features alone",
        )
    if parameters.token != facts["token"]:
        raise MissingInput(
            f"the vectors that ship are those of the {facts['token']} tokens of words", "type --model minilm-l6"
        )
    return "embedding" if parameters.vectors == "embeddings" else place_of[sae.hook_name]


@cache
def _bundled_facts() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((BUNDLED / "words.json").read_text(encoding="utf-8"))
    return facts
