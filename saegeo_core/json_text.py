"""JSON as it is written and read: strict, every character of it harmless on a terminal, and no half ones among them."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from saegeo_core.visible_text import is_seen

OUTSIDE_ASCII = re.compile("[^\n -~]")
#: Without one of these every number is finite, and need not be looked at by itself.
MAY_BE_BEYOND = re.compile(r"\d{200}|[eE]\+?\d{3}")
ESCAPED_HALF = re.compile(r"\\u[dD][89abAB]|\\u[dD][c-fC-F]")


def json_text(content: Any, indent: int | None = 1) -> str:
    """Strict JSON, without NaN and infinity, of plain content; characters that are not seen are written by number.

    Raises:
        ValueError: NaN or infinity in it.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=indent)
    return OUTSIDE_ASCII.sub(lambda found: found[0] if is_seen(found[0]) else json.dumps(found[0])[1:-1], text)


def parsed(text: str | bytes) -> Any:
    """What strict JSON says. Halves of characters (lone surrogates), which no file and no page can hold, become U+FFFD.

    Raises:
        ValueError: it is no JSON, nested too deep, has a name twice in one object, or a number that is not finite.
    """
    try:
        text = text if isinstance(text, str) else text.decode("utf-8-sig")
        content = json.loads(
            text,
            object_pairs_hook=with_each_name_once,
            parse_float=_finite if MAY_BE_BEYOND.search(text) else None,
            parse_constant=_refuse_constant,
        )
        if ESCAPED_HALF.search(text):
            whole = json.dumps(content, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
            content = json.loads(whole.decode("utf-16-le", "replace"))
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    return content


def with_each_name_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these names and values, as `object_pairs_hook` of `json.loads`.

    Of two values under one name, readers take the first or the last, each its own.

    Raises:
        ValueError: a name stands there twice.
    """
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"an object has {next(name for name in names if names.count(name) > 1)!r} twice")
    return content


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number} is beyond all numbers")
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
