"""Vectors of words, and where they come from: a file, a model, or what ships; and the features nearest to them.

Files are in the format in which word vectors are published: text, one word a line, then its numbers. They hold millions of words,
of which a few thousand are wanted; only these lines are parsed.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core import AnalysisContext, FeatureCloud, MissingInput, SaegeoError, TextActivations

WordKind = Literal["activations", "embeddings", "features"]
"""What stands for a word: its activation, the embedding of its token, or the direction of the feature nearest to its vector."""
Token = Literal["last", "mean"]
"""Which token of a word counts: the last, or the mean over all."""

BUNDLED = Path(__file__).parent / "bundled" / "vectors"
"""A folder for each model whose vectors ship, by the name that is typed after --model."""
WORDS_AT_ONCE = 1024
HEADER = re.compile(r"([0-9]{1,12})[ \t]([0-9]{1,9})")
MOST_CHARACTERS = 1 << 22
"""Of one line: a word and its numbers take a few thousand."""


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Vectors of some words.

    Attributes:
        words: distinct, in the order of the rows.
        vectors: float32 (n_words, d).
        origin: where they come from, in words for the reader of a report.
        n_tokens: int64 (n_words,), tokens that the model sees in each word; None where there is no model.
        last_token_characters: int64 (n_words,), characters of the last of them; None where unknown.
    """

    words: tuple[str, ...]
    vectors: NDArray[np.float32]
    origin: str
    n_tokens: NDArray[np.int64] | None = None
    last_token_characters: NDArray[np.int64] | None = None

    def rows(self, rows: Sequence[int]) -> "WordVectors":
        """Some of the words, in the order given."""
        return replace(
            self,
            words=tuple(self.words[row] for row in rows),
            vectors=self.vectors[list(rows)],
            n_tokens=None if self.n_tokens is None else self.n_tokens[list(rows)],
            last_token_characters=None
            if self.last_token_characters is None
            else self.last_token_characters[list(rows)],
        )


def read_word_vectors(path: Path, wanted: Iterable[str]) -> WordVectors:
    """The vectors of those wanted words that the file has.

    A word is looked for as it is written, then with "_" for its spaces, then in lower case. A first line of two numbers, as
    word2vec writes it, says how many words follow and how many numbers each has. `.gz` files are unpacked on the way.

    Raises:
        SaegeoError: unreadable, empty, a malformed line (file and line are named), or not as many words as the first line says.
    """
    wanted = list(dict.fromkeys(wanted))
    spellings: dict[str, list[tuple[int, str]]] = {}
    for word in wanted:
        for rank, spelling in enumerate(dict.fromkeys(_spellings(word))):
            spellings.setdefault(spelling, []).append((rank, word))
    found: dict[str, tuple[int, NDArray[np.float32]]] = {}
    width = n_words = n_declared = 0
    for number, line in _lines(path):
        if number == 1 and (declared := HEADER.fullmatch(line)):
            n_declared, width = map(int, declared.groups())
            continue
        n_words += 1
        width = width or line.count(_separator(line))
        if not width:
            raise SaegeoError(f"{path}, line {number}: not a word and its numbers", "lines are: word v1 v2 …")
        word, _, numbers = line.partition(_separator(line))
        if word in spellings:
            vector = _numbers(numbers, width, path, number)
            for rank, one in spellings[word]:
                if one not in found or rank < found[one][0]:
                    found[one] = (rank, vector)
    if not n_words:
        raise SaegeoError(f"{path} holds no word vectors", "lines are: word v1 v2 …")
    if n_declared not in (0, n_words):
        raise SaegeoError(
            f"{path} holds {n_words:,} words, and its first line says {n_declared:,}",
            "it may be cut short: copy it again, or leave out its first line if it is meant so",
        )
    words = tuple(word for word in wanted if word in found)
    vectors = np.stack([found[word][1] for word in words]) if words else np.empty((0, width), np.float32)
    return WordVectors(words, vectors, f"word vectors of {path.name}")


def _spellings(word: str) -> list[str]:
    joined = word.replace(" ", "_")
    return [word, joined, word.lower(), joined.lower()]


def _separator(line: str) -> str:
    return " " if " " in line else "\t"


def _numbers(text: str, width: int, path: Path, number: int) -> NDArray[np.float32]:
    fields = text.split(_separator(text))
    try:
        with np.errstate(over="ignore"):  # what float32 has no room for becomes infinity
            vector = np.array(fields, np.float32)
    except ValueError:
        raise SaegeoError(f"{path}, line {number}: not all of it is numbers", "lines are: word v1 v2 …") from None
    if len(vector) != width:
        raise SaegeoError(
            f"{path}, line {number}: {len(vector)} numbers, where the first line has {width}", "lines are: word v1 v2 …"
        )
    if not np.isfinite(vector).all():
        raise SaegeoError(
            f"{path}, line {number}: NaN, infinity or a number beyond float32", "repair or leave out that line"
        )
    return vector


def read_frequencies(path: Path) -> dict[str, float]:
    """How often each word occurs: a text file of "word count" lines, gz allowed.

    Raises:
        SaegeoError: unreadable or malformed (file and line are named).
    """
    counts: dict[str, float] = {}
    for number, line in _lines(path):
        word, _, count = line.rpartition("\t") if "\t" in line else line.rpartition(" ")
        try:
            value = float(count)
        except ValueError:
            value = -1.0
        if not (word and np.isfinite(value) and value >= 0):
            raise SaegeoError(f"{path}, line {number}: not a word and its count", "lines are: word count")
        counts[word] = value
    return counts


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        if not path.is_file() and not path.is_dir():
            raise SaegeoError(f"{path} is no file", "give a text file of lines: word v1 v2 …")
        with _opened(path) as file:
            for number, line in enumerate(iter(partial(file.readline, MOST_CHARACTERS), ""), 1):
                if len(line) == MOST_CHARACTERS:
                    raise SaegeoError(
                        f"{path}, line {number}: longer than {MOST_CHARACTERS:,} characters", "lines are: word v1 v2 …"
                    )
                if line.strip():
                    yield number, line.strip()
    except (OSError, EOFError, zlib.error) as error:
        raise SaegeoError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except UnicodeDecodeError:
        raise SaegeoError(f"{path} is not UTF-8 text", "give a text file of lines: word v1 v2 …") from None


def _opened(path: Path) -> IO[str]:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def vectors_of_words(
    words: list[str],
    cloud: FeatureCloud,
    context: AnalysisContext,
    *,
    file: Path | None = None,
    kind: WordKind = "activations",
    token: Token = "last",
) -> WordVectors:
    """The vectors of those words that have one: of a file, else of the context's model, else those that ship.

    Raises:
        MissingInput: neither a file nor a model was named, and none of the vectors that ship are of this SAE's place.
        SaegeoError: a malformed file, both a file and a model, or features asked for of vectors of another width.
    """
    if file is not None:
        if context.activations is not None:
            raise SaegeoError(
                "word vectors were given as a file, and a model beside it",
                "leave out --model, or --set crystals.word_vectors",
            )
        vectors = read_word_vectors(file.expanduser(), words)
    elif context.activations is not None:
        activations = context.activations.embeddings() if kind == "embeddings" else context.activations
        vectors = of_activations(words, activations, token)
    else:
        vectors = _bundled(words, cloud, kind, token)
    return nearest_features(vectors, cloud) if kind == "features" else vectors


def of_activations(words: list[str], activations: TextActivations, token: Token) -> WordVectors:
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
    best = torch.cat([(part @ directions.T).argmax(1) for part in torch.split(words, WORDS_AT_ONCE)])
    chosen: NDArray[np.float32] = cloud.vectors[best].float().numpy()
    return WordVectors(
        vectors.words,
        chosen,
        f"decoder directions of the features nearest to {vectors.origin}",
        vectors.n_tokens,
        vectors.last_token_characters,
    )


def _bundled(words: list[str], cloud: FeatureCloud, kind: WordKind, token: Token) -> WordVectors:
    home, place = _home_and_place(cloud, kind, token)
    facts = _bundled_facts(home)
    row_of = {word: row for row, word in enumerate(facts["words"])}
    known = [word for word in words if word in row_of]
    rows = np.array([row_of[word] for word in known], np.int64)
    stored = np.load(home / f"{place}.npy", mmap_mode="r", allow_pickle=False)
    return WordVectors(
        tuple(known),
        stored[rows].astype(np.float32),
        f"{facts['model']} at {facts['hooks'][place]}, last token, as shipped",
        np.array(facts["n_tokens"], np.int64)[rows],
        np.array(facts["last_token_characters"], np.int64)[rows],
    )


def _home_and_place(cloud: FeatureCloud, kind: WordKind, token: Token) -> tuple[Path, str]:
    """Which of the vectors that ship are of the place where the SAE reads: the folder of its model, and the file there."""
    sae = cloud.sae
    for home in sorted(file.parent for file in BUNDLED.glob("*/words.json")):
        facts = _bundled_facts(home)
        place_of = {hook: place for place, hook in facts["hooks"].items()}
        if sae.hook_name in place_of and sae.model is not None and _last(sae.model) == _last(facts["model"]):
            break
    else:
        raise MissingInput(
            f"crystals needs vectors of words, and none that ship are of the place where {sae.spec} reads",
            f"type --model {sae.model or 'NAME_OR_PATH'}, or --set crystals.word_vectors=FILE; without words, "
            "--set crystals.measure=dictionary searches the features alone",
        )
    if token != facts["token"]:
        raise MissingInput(
            f"the vectors that ship are those of the {facts['token']} tokens of words", f"type --model {home.name}"
        )
    return home, "embedding" if kind == "embeddings" else place_of[sae.hook_name]


def _last(model: str) -> str:
    """The name of a model without its owner and without case."""
    return model.rpartition("/")[2].lower()


@cache
def _bundled_facts(home: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((home / "words.json").read_text(encoding="utf-8"))
    return facts
