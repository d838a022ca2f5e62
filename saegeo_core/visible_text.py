r"""Text from data, as shown: what steers a terminal, turns the direction of writing or is not seen stands there by its number.

A name with an escape sequence in it is shown as `\x1b[31mname`, one that would be read backwards as `\u202ename`.
"""

import unicodedata

JOINERS = "\u200c\u200d"
"""Some scripts and signs need them. All other format characters reorder what follows them or are not seen at all, so that a name
may read as another one."""


def visible(text: object) -> str:
    """The text on one line, every character of it seen: a line break, a tab and any other blank as a blank."""
    told = str(text)
    return told if told.isprintable() else "".join(map(_visible, told))


def is_seen(character: str) -> bool:
    """Whether a character is a sign, a blank, or a joiner of signs; line breaks and tabs are none of these."""
    return character.isprintable() or character in JOINERS or unicodedata.category(character) == "Zs"


def _visible(character: str) -> str:
    if not is_seen(character) and character not in "\t\n\r":
        return repr(character)[1:-1]
    return " " if character.isspace() else character
