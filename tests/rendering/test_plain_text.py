import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from saegeo_core.rendering.plain_text import clean, plain


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("layer_3", "layer_3"),
        ("[red]x[/red]", "[red]x[/red]"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jgone", "gone"),
        ("a\rb\nc\td", "a b c d"),
        ("bell\x07 back\x08 null\x00", "bell back null"),
        ("\u202egnp.exe", "gnp.exe"),
        ("pass\u200bword \ufeffso\u00adft \u061cmark \U000e0041tag", "password soft mark tag"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\ud800", "\ufffd"),
        ("lone escape \x1b", "lone escape "),
        ("é 漢字 🙂", "é 漢字 🙂"),
    ],
)
def test_what_could_deceive_is_removed_and_the_rest_kept(text, cleaned):
    assert clean(text) == cleaned


@given(st.text())
def test_nothing_that_controls_a_terminal_survives(text):
    cleaned = clean(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\u200c\u200d" for c in cleaned)
    assert clean(cleaned) == cleaned
    cleaned.encode()


@given(st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1))
def test_ordinary_text_is_kept_as_it_is(text):
    assert clean(text) == text


def test_markup_is_shown_not_read():
    stream = io.StringIO()
    Console(file=stream, force_terminal=True, color_system="truecolor").print(plain("[red]x[/red] :smile:"))
    assert stream.getvalue() == "[red]x[/red] :smile:\n"
