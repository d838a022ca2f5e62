import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_core.activations.windows import Framing, Window, cut_into_windows, group_by_length, group_into_passes
from saegeo_core.corpora.corpus import Document


class Letters:
    """A tokenizer of letters: a is 97 and so on, in a frame; upper-case letters are special tokens spelled in the text."""

    bos_token_id, eos_token_id, cls_token_id, sep_token_id, pad_token_id, unk_token_id = 1, ord("E"), None, None, 0, 0

    all_special_tokens = ()

    def get_vocab(self):
        return {chr(number): number for number in range(97, 123)}

    def __init__(self, before=(1,), after=()):
        self.before, self.after = list(before), list(after)

    def __call__(self, texts, add_special_tokens=True, **_):
        if isinstance(texts, list):
            return {"input_ids": [self(text, add_special_tokens)["input_ids"] for text in texts]}
        ids = [ord(letter) for letter in texts]
        return {"input_ids": [*self.before, *ids, *self.after] if add_special_tokens else ids}


frames = st.tuples(st.lists(st.integers(0, 9), max_size=2), st.lists(st.integers(0, 9), max_size=2))
texts = st.lists(st.text(alphabet="abcE", max_size=40), max_size=40)


@given(frames)
def test_the_frame_is_read_off_the_tokenizer(frame):
    framing = Framing.of(Letters(*frame))
    assert (list(framing.before), list(framing.after)) == frame
    assert framing.n_tokens == len(frame[0]) + len(frame[1])
    assert framing.special == {1, ord("E")}, "a pad token that is the unknown word too counts"


@given(texts, frames, st.integers(1, 12))
def test_every_token_is_in_one_window_in_its_place(texts, frame, window_tokens):
    tokenizer = Letters(*frame)
    documents = [Document(text, None, "", 3 * number) for number, text in enumerate(texts)]
    windows = list(cut_into_windows(documents, tokenizer, Framing.of(tokenizer), window_tokens))
    seen = []
    for window in windows:
        assert list(window.ids[: len(frame[0])]) == frame[0]
        assert list(window.ids[len(window.ids) - len(frame[1]) :]) == frame[1]
        assert len(window.ids) <= window_tokens + len(frame[0]) + len(frame[1])
        assert len(window.counting)
        positions = window.start + np.arange(len(window.counting))
        seen += [(window.document, int(p), chr(i)) for p, i in zip(positions, window.ids[window.counting], strict=True)]
    assert seen == [
        (3 * number, position, letter)
        for number, text in enumerate(texts)
        for position, letter in enumerate(text.replace("E", ""))
    ]


windows_of_lengths = st.lists(st.integers(1, 30), max_size=30).map(
    lambda lengths: [Window(np.zeros(n, np.int64), np.arange(n), i, 0) for i, n in enumerate(lengths)]
)


@given(windows_of_lengths, st.none() | st.integers(1, 100))
def test_passes_hold_consecutive_windows_within_their_budget(windows, budget):
    passes = list(group_into_passes(windows, budget))
    assert [window for together in passes for window in together] == windows
    for together in passes:
        padded = len(together) * max(len(window.ids) for window in together)
        assert len(together) == 1 or (budget is not None and padded <= budget)


def test_passes_are_filled():
    windows = [Window(np.zeros(n, np.int64), np.arange(n), 0, 0) for n in (5, 5, 4, 9, 2, 2, 2, 2)]
    assert [[len(w.ids) for w in together] for together in group_into_passes(windows, 18)] == [
        [5, 5, 4],
        [9, 2],
        [2, 2, 2],
    ]


def test_a_tokenizer_without_tokens_is_refused():
    class Mute(Letters):
        def __call__(self, texts, add_special_tokens=True, **_):
            return {"input_ids": []}

    with pytest.raises(SaegeoError, match="no token of 'a'"):
        Framing.of(Mute())


@given(st.lists(st.integers(1, 9), max_size=40), st.integers(1, 30))
def test_windows_of_one_length_go_together(lengths, pass_tokens):
    windows = [Window(np.zeros(length, np.int64), np.arange(1), place, 0) for place, length in enumerate(lengths)]
    passes = list(group_by_length(windows, pass_tokens))
    for together in passes:
        assert len({len(window.ids) for window in together}) == 1
        assert len(together) == 1 or len(together) * len(together[0].ids) <= pass_tokens
    seen = [window.document for together in passes for window in together]
    assert seen == sorted(range(len(lengths)), key=lengths.__getitem__)
