"""Names of files that are made of data: of harmless characters, and different on every file system."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain, count

MOST_CHARACTERS = 150
"""Of a name, without what numbers one that comes again."""


def folded(name: str) -> str:
    """What a file system takes for the name that tells neither case nor Unicode's normal forms apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def file_name(text: str) -> str:
    """Letters of ASCII, digits, dots, dashes and underscores of the text, a long one with both its ends; "" where it has none."""
    plain = re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.")
    if len(plain) <= MOST_CHARACTERS:
        return plain
    head = MOST_CHARACTERS // 3
    return f"{plain[:head]}--{plain[head + 2 - MOST_CHARACTERS :]}"


def told_apart(names: Iterable[str], taken: Iterable[str] = ()) -> Iterator[str]:
    """Each name, with a number where one before it, or one of `taken`, is folded to the same."""
    known = set(map(folded, taken))
    for name in names:
        told = next(one for one in chain([name], (f"{name}-{n}" for n in count(2))) if folded(one) not in known)
        known.add(folded(told))
        yield told
