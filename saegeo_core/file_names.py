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
    """Letters of ASCII, digits, dots, dashes and underscores of the text, the end of it where it is long; "" where it has none."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", text)[-MOST_CHARACTERS:].strip("-.")


def told_apart(names: Iterable[str], taken: Iterable[str] = ()) -> Iterator[str]:
    """Each name, with a number where one before it, or one of `taken`, is folded to the same."""
    known = set(map(folded, taken))
    for name in names:
        told = next(one for one in chain([name], (f"{name}-{n}" for n in count(2))) if folded(one) not in known)
        known.add(folded(told))
        yield told
