"""The text of single tokens, as it stands within a text."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.activations.windows import probed


def texts_within(token_ids: NDArray[np.int64], tokenizer: Any) -> list[str]:
    """What each of some tokens, int64 (n,), adds to a text that it is put behind.

    Vocabularies mark the beginnings of words, or what goes on within one, each in a way of its own, and decoding a token alone
    drops the mark.
    """
    before = list(probed(tokenizer)[1])
    n_before = len(text := _decoded(before, tokenizer))
    texts = {}
    for token in np.unique(token_ids).tolist():
        behind = _decoded([*before, token], tokenizer)
        texts[token] = behind[n_before:] if behind.startswith(text) else _decoded([token], tokenizer)
    return [texts[token] for token in token_ids.tolist()]


def _decoded(tokens: list[int], tokenizer: Any) -> str:
    text: str = tokenizer.decode(tokens, clean_up_tokenization_spaces=False)
    return text
