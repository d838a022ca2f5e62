"""Text from data, made harmless: no markup is interpreted, no escape sequence or control character reaches the terminal."""

import re
import unicodedata

from rich.text import Text

# ECMA-48: control sequences (colors, cursor), command strings (titles, links), two-character escapes.
ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f]).*?(?:\x1b\\|[\x07\x9c]|$)|\x1b[ -/]*[0-~]?",
    re.DOTALL,
)
# These reorder what follows them, so that a name may read as another one.
BIDIRECTIONAL_CONTROLS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def clean(text: object) -> str:
    """`text` on one line, without escape sequences and control characters; lone surrogates become U+FFFD."""
    return "".join(map(_clean_character, ESCAPE_SEQUENCE.sub("", str(text))))


def _clean_character(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    return "" if category == "Cc" or character in BIDIRECTIONAL_CONTROLS else character


def plain(text: object, style: str = "") -> Text:
    """`clean(text)` as a rich Text, which is never read as markup."""
    return Text(clean(text), style=style)
