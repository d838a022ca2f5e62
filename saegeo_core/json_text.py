"""JSON as it is written and read: strict, every character of it harmless on a terminal, and no half ones among them."""

import json
import re
from typing import Any

#: Characters that steer a terminal, turn the direction of what follows, are not seen, or are halves of others: JSON may write any
#: by its number.
STEERING = re.compile(
    "[\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
ESCAPED_HALF = re.compile(r"\\u[dD][89abAB]|\\u[dD][c-fC-F]")


def json_text(content: Any, indent: int | None = 1) -> str:
    """Strict JSON, without NaN and infinity, of plain content; it can be encoded and printed, whatever its texts hold.

    Raises:
        ValueError: NaN or infinity in it.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=indent)
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def parsed(text: str) -> Any:
    """What JSON says. Halves of characters (lone surrogates), which no file and no page can hold, become U+FFFD.

    Raises:
        ValueError: it is no JSON, or nested too deep.
    """
    try:
        content = json.loads(text)
        if ESCAPED_HALF.search(text):
            whole = json.dumps(content, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
            content = json.loads(whole.decode("utf-16-le", "replace"))
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    return content
