"""A text for each feature, from a file of the user's or an export of a dashboard.

JSON `{"17": "dates"}`; CSV or TSV with columns `feature` and `label`, or `index` and `description`; JSON lists and JSON lines as
Neuronpedia and delphi export them: texts in the order of the features, or objects with an index and a description that may be null.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from saegeo_core.errors import SaegeoError
from saegeo_core.json_text import with_each_name_once
from saegeo_core.size_limit import read_whole

FEATURE = re.compile("[0-9]{1,18}")
DELIMITERS = {".csv": ",", ".tsv": "\t"}
LINES = (".jsonl", ".ndjson")
INDEX = ("feature", "index", "latent", "feature_index", "feature_id", "id")
TEXT = ("label", "description", "explanation")
WANTED = (
    "give a .json object {id: label}, a .json list or .jsonl of objects with index and description, or a .csv or .tsv with the "
    "columns feature,label"
)


def read_feature_labels(path: Path, d_sae: int) -> tuple[str, ...]:
    """One text for each of the `d_sae` features; "" for those the file does not name.

    Raises:
        SaegeoError: missing, not of a known form, an id that is no feature, or one named twice; with the line at fault.
    """
    labels: dict[int, str] = {}
    for where, feature, label in _rows(path):
        if not (FEATURE.fullmatch(feature) and int(feature) < d_sae):
            raise SaegeoError(f"{where}: {feature!r} is no feature; the SAE has {d_sae}, numbered from 0")
        if int(feature) in labels:
            raise SaegeoError(f"{where}: feature {feature} has a label already, {labels[int(feature)]!r}")
        labels[int(feature)] = label
    return tuple(labels.get(feature, "") for feature in range(d_sae))


def _rows(path: Path) -> Iterator[tuple[str, str, str]]:
    """Where it stands, feature and label of every row of the file."""
    if path.suffix not in (".json", *LINES, *DELIMITERS):
        raise SaegeoError(f"{path} is no file of labels", WANTED)
    try:
        text = read_whole(path).decode("utf-8-sig")
    except OSError as error:
        raise SaegeoError(f"the labels {path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SaegeoError(f"the labels {path} are not UTF-8 text") from error
    if path.suffix in DELIMITERS:
        return _table_rows(path, text)
    if path.suffix in LINES:
        return _exported(_lines(path, text))
    if text.lstrip().startswith("["):
        return _exported(_entries(path, text))
    return _json_rows(path, text)


def _json_rows(path: Path, text: str) -> Iterator[tuple[str, str, str]]:
    try:
        # Pairs, because a dictionary would keep the last of two labels silently.
        pairs = json.loads(text, object_pairs_hook=list)
    except json.JSONDecodeError as error:
        raise SaegeoError(f"{path}, line {error.lineno}: not JSON: {error.msg}", WANTED) from error
    except (ValueError, RecursionError) as error:  # an integer of thousands of digits, or brackets nested too deep
        raise SaegeoError(f"{path}: not JSON that can be read: {error}", WANTED) from error
    if not text.lstrip().startswith("{"):
        raise SaegeoError(f"{path} holds no JSON object", WANTED)
    for feature, label in pairs:
        if label is not None and not isinstance(label, str):
            raise SaegeoError(f"{path}, {feature!r}: its label is not a text", WANTED)
        yield f"{path}, {feature!r}", feature, label or ""


def _lines(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield f"{path}, line {number}", _parsed(line, f"{path}, line {number}")


def _entries(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    for number, entry in enumerate(_parsed(text, str(path))):
        yield f"{path}, entry {number}", entry


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=with_each_name_once)
    except (ValueError, RecursionError) as error:
        raise SaegeoError(f"{where}: not JSON: {error}", WANTED) from error


def _exported(entries: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """The rows of an export. A feature may have several descriptions, from several models: they are put together."""
    found: dict[str, tuple[str, list[str]]] = {}
    for number, (where, entry) in enumerate(entries):
        feature, label = _described(entry, number, where)
        texts = found.setdefault(feature, (where, []))[1]
        if label and label not in texts:
            texts.append(label)
    for feature, (where, texts) in found.items():
        yield where, feature, "; ".join(texts)


def _described(entry: Any, number: int, where: str) -> tuple[str, str]:
    """Feature and text of one entry: an object that names its feature, or the text of the feature of that number."""
    if entry is None or isinstance(entry, str):
        return str(number), entry or ""
    if not isinstance(entry, dict):
        raise SaegeoError(f"{where}: a {type(entry).__name__} is no label", WANTED)
    index = next((entry[name] for name in INDEX if name in entry), None)
    name = next((name for name in TEXT if name in entry), None)
    if index is None or isinstance(index, bool) or not isinstance(index, int | str) or name is None:
        raise SaegeoError(
            f"{where}: it has {', '.join(map(repr, entry)) or 'nothing'}, not {' or '.join(INDEX[:2])} and {' or '.join(TEXT[:2])}",
            WANTED,
        )
    if entry[name] is not None and not isinstance(entry[name], str):
        raise SaegeoError(f"{where}: its {name} is not a text", WANTED)
    return str(index), entry[name] or ""


def _table_rows(path: Path, text: str) -> Iterator[tuple[str, str, str]]:
    rows = csv.DictReader(io.StringIO(text), delimiter=DELIMITERS[path.suffix], strict=True)
    try:
        columns = rows.fieldnames or ()
        index, name = (next((one for one in known if one in columns), None) for known in (INDEX, TEXT))
        if index is None or name is None:
            named = ", ".join(map(repr, columns)) or "nothing"
            raise SaegeoError(f"{path}, line 1: the columns are {named}, not feature and label", WANTED)
        for row in rows:
            where = f"{path}, line {rows.line_num}"
            if None in row or None in row.values():
                raise SaegeoError(f"{where}: it has not as many fields as the header", WANTED)
            yield where, row[index].strip(), row[name]
    except csv.Error as error:
        raise SaegeoError(f"{path}, line {rows.reader.line_num}: {error}", WANTED) from error
