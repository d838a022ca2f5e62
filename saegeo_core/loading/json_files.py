"""JSON objects that lie beside weights. NaN and infinity, which JSON does not have, read as null: unknown."""

import json
import math
from pathlib import Path
from typing import Any

from saegeo_core.errors import SaegeoError
from saegeo_core.json_text import with_each_name_once
from saegeo_core.loading.tensor_files.tensor_file import reading
from saegeo_core.size_limit import read_whole


def read_json_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        SaegeoError: missing, damaged, not an object, or with a name twice.
    """
    with reading(path, "JSON"):
        content = json.loads(
            read_whole(path), object_pairs_hook=with_each_name_once, parse_float=_finite, parse_constant=_finite
        )
    if not isinstance(content, dict):
        raise SaegeoError(f"{path} holds a JSON {type(content).__name__}, not an object")
    return content


def _finite(number: str) -> float | None:
    value = float(number)
    return value if math.isfinite(value) else None
