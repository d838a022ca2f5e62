"""Text from data, made harmless: no markup is interpreted, no escape sequence or control character reaches the terminal."""

import re
import unicodedata

from rich.text import Text

# ECMA-48: control sequences (colors, cursor), command strings (titles, links), two-character escapes.
ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f]).*?(?:\x1b\\|[\x07\x9c]|$)|\x1b[ -/]*[0-~]?",
    re.DOTALL,
)
# Joiners, which some scripts need. All other format characters reorder what follows them or are not seen at all, so that a name
# may read as another one.
JOINERS = "\u200c\u200d"


def clean(text: object) -> str:
    """`text` on one line, without escape sequences, control and format characters; lone surrogates become U+FFFD."""
    told = str(text)
    if (
        told.isprintable()
    ):  # no control, format or space character but the blank, and nothing that begins an escape sequence
        return told
    return "".join(map(_clean_character, ESCAPE_SEQUENCE.sub("", told)))


def _clean_character(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    return "" if category in ("Cc", "Cf") and character not in JOINERS else character


def plain(text: object, style: str = "") -> Text:
    """`clean(text)` as a rich Text, which is never read as markup."""
    return Text(clean(text), style=style)
