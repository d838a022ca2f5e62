"""Which features of an SAE are meant: `1,5,9-20`, or a file of such numbers."""

import re

import numpy as np

from saegeo_core.errors import SaegeoError
from saegeo_core.numerics.arrays import Integers
from saegeo_core.size_limit import read_whole
from saegeo_core.typed_path import typed_path

RANGE = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")
WANTED = "type numbers and ranges, for example 1,5,9-20, or a file of them"


def chosen_features(choice: str, d_sae: int) -> Integers:
    """The features that `choice` names, int64, ascending, each once.

    Args:
        choice: numbers and ranges (both ends included), separated by commas or blanks; or the name of a text file of them, in which
            a JSON list is as good.
        d_sae: features of the SAE, numbered from 0.

    Raises:
        SaegeoError: no such file, something that is no number, a feature that the SAE has not, or none at all.
    """
    text, where = text_of_choice(choice)
    found: set[int] = set()
    for part in filter(None, re.split(r"[,\s\[\]]+", text)):
        match = RANGE.fullmatch(part)
        if match is None:
            raise SaegeoError(f"{where}{part!r} is no feature", WANTED)
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise SaegeoError(f"{where}{part} ends before it begins", WANTED)
        if last >= d_sae:
            what = "is a feature that is" if first == last else "names features that are"
            raise SaegeoError(f"{where}{part} {what} not there; the SAE has {d_sae}, numbered from 0")
        found.update(range(first, last + 1))
    if not found:
        raise SaegeoError(f"{where}no feature is named", WANTED)
    return np.array(sorted(found), np.int64)


def text_of_choice(choice: str) -> tuple[str, str]:
    """The numbers and ranges that are meant, as text, and what to say before a complaint: nothing of what was typed, else the file.

    Raises:
        SaegeoError: there is no such file, or it is not text.
    """
    if re.fullmatch(r"[0-9,\s-]+", choice):
        return choice, ""
    path = typed_path(choice)
    try:
        return read_whole(path).decode("utf-8-sig"), f"{path}: "
    except OSError as error:
        raise SaegeoError(f"{choice!r} is neither a list of features nor a file: {error.strerror}", WANTED) from error
    except UnicodeDecodeError as error:
        raise SaegeoError(f"{path} is not text", WANTED) from error
