"""Which words of a figure's arrows are drawn, and where."""

import pytest

from saegeo_core import Figure
from saegeo_core.rendering.figures.arrow_labels import MAX_CHARACTERS, MAX_LABELS, Canvas, arrow_labels
from saegeo_core.rendering.figures.series import series_of
from saegeo_core.report.report import Table

ARROWS = {"kind": "arrows", "to_x": "to_x", "to_y": "to_y", "label": "word", "to_label": "to_word"}


def drawn(**columns):
    figure = Figure(name="f", title="F", table="t", x="x", y=("y",), color="relation", **ARROWS)
    given = {"x": [20, 20], "y": [10, 60], "to_x": [80, 80], "to_y": [20, 70], "relation": ["a", "b"]}
    return series_of(figure, Table(columns=given | {"word": ["man", "king"], "to_word": ["woman", "queen"]} | columns))


def labels(series, size=(100.0, 100.0), scale=1.0):
    return arrow_labels(series, Canvas(size, 4.0, (2.0, 1.0), lambda at: at * scale))


def test_every_end_has_its_word_turned_away_from_its_arrow():
    found = {one.text: one for one in labels(drawn())}
    assert {text: (one.series, one.row, one.end, one.at) for text, one in found.items()} == {
        "man": (0, 0, 0, (20.0, 10.0)),
        "woman": (0, 0, 1, (80.0, 20.0)),
        "king": (1, 0, 0, (20.0, 60.0)),
        "queen": (1, 0, 1, (80.0, 70.0)),
    }
    assert {text: one.side for text, one in found.items()} == {
        "man": (-1, 0),
        "woman": (1, 0),
        "king": (-1, 0),
        "queen": (1, 0),
    }


def test_one_end_alone_may_have_words():
    figure = Figure(name="f", title="F", table="t", x="x", y=("y",), **(ARROWS | {"label": None}))
    columns = {"x": [10], "y": [10], "to_x": [80], "to_y": [20], "to_word": ["woman"]}
    assert [one.text for one in labels(series_of(figure, Table(columns=columns)))] == ["woman"]


@pytest.mark.parametrize("n", [MAX_LABELS // 2, MAX_LABELS // 2 + 1])
def test_of_very_many_words_none_is_drawn(n):
    at = {"x": [10.0] * n, "to_x": [80.0] * n, "y": [30.0 * i for i in range(n)], "to_y": [30.0 * i for i in range(n)]}
    words = {"word": [f"{i}" for i in range(n)], "to_word": [f"to {i}" for i in range(n)], "relation": ["a"] * n}
    assert len(labels(drawn(**at, **words), (100.0, 30.0 * n))) == (2 * n if 2 * n <= MAX_LABELS else 0)


def test_a_word_that_two_arrows_have_in_common_is_written_once():
    found = labels(drawn(x=[10, 10], y=[40, 40], word=["man", "man"]))
    assert sorted(one.text for one in found) == ["man", "queen", "woman"]


def test_numbers_are_written_out_long_words_shortened_and_what_is_absent_left_out():
    found = labels(drawn(word=[123456789, None], to_word=["w" * 60, "queen"]), (1000.0, 1000.0), 5.0)
    texts = [one.text for one in found]
    assert "123456789" in texts
    assert "w" * (MAX_CHARACTERS - 1) + "…" in texts
    assert len(texts) == 3


@pytest.mark.parametrize("end", ["x", "y", "to_x", "to_y"])
def test_an_arrow_without_an_end_has_no_words(end):
    found = labels(drawn(**{end: [None, 50]}))
    assert {one.text for one in found} <= {"king", "queen"}


@pytest.mark.parametrize(("word", "cells"), [("abcd", 4), ("国王女王", 8)])
def test_words_of_two_columns_a_letter_take_twice_the_room(word, cells):
    room = 2 * 2.0 + 4.0 * 0.6 * (cells + 1)  # no other side of a point in the middle takes less
    ends = {"x": [room / 2] * 2, "to_x": [room / 2] * 2, "y": [20, 60], "to_y": [10, 90], "to_word": [None, None]}
    for size, found in ((room, [word]), (room - 5.0, [])):
        assert [one.text for one in labels(drawn(**ends, word=[word, None]), (size, 100.0))] == found
