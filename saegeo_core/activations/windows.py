"""Documents to windows of tokens, as long as a model reads at once.

A document longer than the model's context is cut into consecutive windows; nothing is left out. Every window is framed as
the tokenizer frames a text (BOS before it, or CLS and SEP around it) and knows which of its tokens count.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.corpora.corpus import Document
from saegeo_core.errors import SaegeoError

#: A fast tokenizer spreads the texts of one call over the cores.
DOCUMENTS_AT_ONCE = 16
PROBES = ("a", "A", "0")
VOCABULARY_TRIED = 100


@dataclass(frozen=True)
class Framing:
    """What a tokenizer puts around a text, and which tokens are special wherever they stand.

    A text may spell a special token ("<|endoftext|>"): the model is shown it, its activation does not count. An unknown
    word is a token of the text and counts.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    special: frozenset[int]

    @classmethod
    def of(cls, tokenizer: Any, *, prepend_bos: bool | None = None) -> "Framing":
        """The framing of a Hugging Face tokenizer, read off what it does to a text.

        With `prepend_bos` a window starts with BOS even where the tokenizer would put nothing before it; EOS stands in
        for a BOS that there is not, as in TransformerLens. With False it starts with none even where the tokenizer puts one.

        Raises:
            SaegeoError: the tokenizer makes no token of any text tried, or has neither BOS nor EOS to prepend.
        """
        probe, bare = probed(tokenizer)
        framed = tokenizer(probe)["input_ids"]
        starts = (start for start in range(len(framed)) if framed[start : start + len(bare)] == bare)
        start = next(starts, None)
        if start is None:
            raise SaegeoError(
                "the tokenizer reads a text otherwise when it adds special tokens", "use another tokenizer"
            )
        special = {tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id, None}
        if tokenizer.pad_token_id != tokenizer.unk_token_id:
            special.add(tokenizer.pad_token_id)
        before = framed[:start]
        if prepend_bos is False:
            before = [token for token in before if token != tokenizer.bos_token_id]
        elif prepend_bos and not before:
            before = [token for token in (tokenizer.bos_token_id, tokenizer.eos_token_id) if token is not None][:1]
            if not before:
                raise SaegeoError(
                    "the tokenizer has neither BOS nor EOS to put before a window", "type --prepend-bos no"
                )
        return cls(tuple(before), tuple(framed[start + len(bare) :]), frozenset(special - {None}))

    @property
    def n_tokens(self) -> int:
        """How many tokens the frame takes of every window."""
        return len(self.before) + len(self.after)


def probed(tokenizer: Any) -> tuple[str, list[int]]:
    """A text that the tokenizer makes tokens of, and these: a letter, a digit, or one of its own words.

    Models of proteins or nucleotides know few letters, and may have no token for what is unknown.
    """
    for text in chain(PROBES, _words_of(tokenizer)):
        try:
            bare = tokenizer(text, add_special_tokens=False)["input_ids"]
        except Exception:  # tokenizers raise a bare Exception where a word is unknown and there is no token for that
            continue
        if bare:
            return text, bare
    raise SaegeoError(
        f"the tokenizer makes no token of {PROBES[0]!r} or of its own words",
        "it may be damaged: copy it again from its source",
    )


def _words_of(tokenizer: Any) -> Iterator[str]:
    """The first words of a vocabulary, special ones left out."""
    special = set(tokenizer.all_special_tokens)
    words = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    yield from (word for word, _ in words[:VOCABULARY_TRIED] if word not in special)


@dataclass(frozen=True)
class Window:
    """Consecutive tokens of one document, with their frame.

    Attributes:
        ids: int64 array, what the model is shown.
        counting: int64 array, places in `ids` of the tokens that count; never empty.
        document: `Document.position`.
        start: number in its document of the first token that counts.
    """

    ids: NDArray[np.int64]
    counting: NDArray[np.int64]
    document: int
    start: int


def cut_into_windows(
    documents: Iterable[Document], tokenizer: Any, framing: Framing, window_tokens: int
) -> Iterator[Window]:
    """Windows of at most `window_tokens` tokens of text (the frame comes on top), documents in order."""
    remaining = iter(documents)
    while some := list(islice(remaining, DOCUMENTS_AT_ONCE)):
        texts = [document.text for document in some]
        # `verbose` silences the warning that a text is longer than the model's context: it is cut just below.
        encoded = tokenizer(texts, add_special_tokens=False, return_attention_mask=False, verbose=False)
        for document, ids in zip(some, encoded["input_ids"], strict=True):
            yield from _windows_of(document.position, np.asarray(ids, dtype=np.int64), framing, window_tokens)


def _windows_of(document: int, ids: NDArray[np.int64], framing: Framing, window_tokens: int) -> Iterator[Window]:
    counts = ~np.isin(ids, list(framing.special))
    position = 0
    for start in range(0, len(ids), window_tokens):
        places = np.flatnonzero(counts[start : start + window_tokens])
        if len(places):
            framed = np.concatenate([framing.before, ids[start : start + window_tokens], framing.after]).astype(
                np.int64
            )
            yield Window(framed, places + len(framing.before), document, position)
            position += len(places)


def group_into_passes(windows: Iterable[Window], pass_tokens: int | None) -> Iterator[Sequence[Window]]:
    """Consecutive windows that go through the model together: at most `pass_tokens` tokens with padding, or one by one.

    Which windows share a pass changes the last bits of their activations, by the shape of the products. One by one, an
    activation depends on its window alone.
    """
    together: list[Window] = []
    longest = 0
    for window in windows:
        if together and max(longest, len(window.ids)) * (len(together) + 1) > (pass_tokens or 0):
            yield together
            together, longest = [], 0
        together.append(window)
        longest = max(longest, len(window.ids))
    if together:
        yield together


def group_by_length(windows: Iterable[Window], pass_tokens: int) -> Iterator[Sequence[Window]]:
    """Windows of one length that go through the model together: at most `pass_tokens` tokens, or one window; the shortest first."""
    for length, alike in groupby(sorted(windows, key=lambda window: len(window.ids)), lambda window: len(window.ids)):
        while together := list(islice(alike, max(1, pass_tokens // length))):
            yield together
