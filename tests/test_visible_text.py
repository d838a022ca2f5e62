"""Whatever a name holds, all of it is seen, and nothing of it steers."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_core.json_text import json_text
from saegeo_core.visible_text import JOINERS, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("layer_3", "layer_3"),
        ("[red]x[/red]", "[red]x[/red]"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", r"\x1b]8;;http://x\x07link\x1b]8;;\x1b" "\\"),
        ("\x9b2Jgone", r"\x9b2Jgone"),
        ("a\rb\nc\td\xa0e\u3000f", "a b c d e f"),
        ("bell\x07 back\x08 null\x00 page\x0c line\x85", r"bell\x07 back\x08 null\x00 page\x0c line\x85"),
        ("\u202egnp.exe \u2066a", r"\u202egnp.exe \u2066a"),
        ("pass\u200bword so\u00adft \u061cmark \U000e0041tag", r"pass\u200bword so\xadft \u061cmark \U000e0041tag"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\ud800 \u2028 \ue000", r"\ud800 \u2028 \ue000"),
        ("é 漢字 🙂", "é 漢字 🙂"),
    ],
)
def test_what_is_not_seen_stands_there_by_number(text, shown):
    assert visible(text) == shown


def steers(character):
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in JOINERS


@given(st.text())
def test_nothing_steers_a_terminal(text):
    shown = visible(text)
    assert not any(map(steers, shown))
    assert visible(shown) == shown
    shown.encode()


@given(st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1))
def test_ordinary_text_is_kept_as_it_is(text):
    assert visible(text) == text


@given(st.text())
def test_json_is_the_same_text_with_nothing_in_it_that_steers(text):
    written = json_text({"a": text})
    assert json.loads(written) == {"a": text}
    assert not any(map(steers, written.replace("\n", "")))


def test_an_error_shows_all_of_a_name_in_python_too():
    error = SaegeoError("no SAE is named a\x1b[31m\u202e", "type b\x07")
    assert str(error) == "no SAE is named a\\x1b[31m\\u202e\ntype b\\x07"
    assert error.args == ("no SAE is named a\\x1b[31m\\u202e",)
