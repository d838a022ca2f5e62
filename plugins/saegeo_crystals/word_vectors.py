"""Vectors of words, and the file format they are published in: text, one word a line, then its numbers.

Such files hold millions of words, of which a few thousand are wanted; only these lines are parsed.
"""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from saegeo_core import SaegeoError


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
    word2vec writes it, is passed over. `.gz` files are unpacked on the way.

    Raises:
        SaegeoError: unreadable, empty, or a malformed line (file and line are named).
    """
    wanted = list(dict.fromkeys(wanted))
    spellings: dict[str, list[tuple[int, str]]] = {}
    for word in wanted:
        for rank, spelling in enumerate(dict.fromkeys(_spellings(word))):
            spellings.setdefault(spelling, []).append((rank, word))
    found: dict[str, tuple[int, NDArray[np.float32]]] = {}
    width = 0
    for number, line in _lines(path):
        if not width:
            width = line.count(" ") or line.count("\t")
            if number == 1 and width == 1 and line.replace(" ", "").replace("\t", "").isdigit():
                width = 0
                continue
            if not width:
                raise SaegeoError(f"{path}, line {number}: not a word and its numbers", "lines are: word v1 v2 …")
        word = line.partition(" " if " " in line else "\t")[0]
        if word in spellings:
            vector = _numbers(line, width, path, number)
            for rank, one in spellings[word]:
                if one not in found or rank < found[one][0]:
                    found[one] = (rank, vector)
    if not width:
        raise SaegeoError(f"{path} holds no word vectors", "lines are: word v1 v2 …")
    words = tuple(word for word in wanted if word in found)
    vectors = np.stack([found[word][1] for word in words]) if words else np.empty((0, width), np.float32)
    return WordVectors(words, vectors, f"word vectors of {path.name}")


def _spellings(word: str) -> list[str]:
    joined = word.replace(" ", "_")
    return [word, joined, word.lower(), joined.lower()]


def _numbers(line: str, width: int, path: Path, number: int) -> NDArray[np.float32]:
    fields = line.split()[1:]
    try:
        vector = np.array(fields, np.float32)
    except ValueError:
        raise SaegeoError(f"{path}, line {number}: not all of it is numbers", "lines are: word v1 v2 …") from None
    if len(vector) != width:
        raise SaegeoError(
            f"{path}, line {number}: {len(vector)} numbers, where the first line has {width}", "lines are: word v1 v2 …"
        )
    if not np.isfinite(vector).all():
        raise SaegeoError(f"{path}, line {number}: NaN or infinity", "repair or leave out that line")
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
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.strip()
    except (OSError, EOFError) as error:
        raise SaegeoError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except UnicodeDecodeError:
        raise SaegeoError(f"{path} is not UTF-8 text", "give a text file of lines: word v1 v2 …") from None


def _opened(path: Path) -> IO[str]:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
