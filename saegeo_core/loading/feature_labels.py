"""A text for each feature, from a file of the user's: JSON `{"17": "dates"}`, or CSV or TSV with columns `feature` and `label`."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from saegeo_core.errors import SaegeoError

DELIMITERS = {".csv": ",", ".tsv": "\t"}
WANTED = "give a .json object {id: label}, or a .csv or .tsv with the columns feature,label"


def read_feature_labels(path: Path, d_sae: int) -> tuple[str, ...]:
    """One text for each of the `d_sae` features; "" for those the file does not name.

    Raises:
        SaegeoError: missing, not of a known form, an id that is no feature, or one named twice; with the line at fault.
    """
    labels: dict[int, str] = {}
    for where, feature, label in _rows(path):
        if not (feature.isascii() and feature.isdigit() and int(feature) < d_sae):
            raise SaegeoError(f"{where}: {feature!r} is no feature; the SAE has {d_sae}, numbered from 0")
        if int(feature) in labels:
            raise SaegeoError(f"{where}: feature {feature} has a label already, {labels[int(feature)]!r}")
        labels[int(feature)] = label
    return tuple(labels.get(feature, "") for feature in range(d_sae))


def _rows(path: Path) -> Iterator[tuple[str, str, str]]:
    """Where it stands, feature and label of every row of the file."""
    if path.suffix not in (".json", *DELIMITERS):
        raise SaegeoError(f"{path} is no file of labels", WANTED)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SaegeoError(f"the labels {path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SaegeoError(f"the labels {path} are not UTF-8 text") from error
    return _json_rows(path, text) if path.suffix == ".json" else _table_rows(path, text)


def _json_rows(path: Path, text: str) -> Iterator[tuple[str, str, str]]:
    try:
        # Pairs, because a dictionary would keep the last of two labels silently.
        pairs = json.loads(text, object_pairs_hook=list)
    except json.JSONDecodeError as error:
        raise SaegeoError(f"{path}, line {error.lineno}: not JSON: {error.msg}", WANTED) from error
    if not text.lstrip().startswith("{"):
        raise SaegeoError(f"{path} holds no JSON object", WANTED)
    for feature, label in pairs:
        if not isinstance(label, str):
            raise SaegeoError(f"{path}, {feature!r}: its label is not a text", WANTED)
        yield f"{path}, {feature!r}", feature, label


def _table_rows(path: Path, text: str) -> Iterator[tuple[str, str, str]]:
    rows = csv.DictReader(io.StringIO(text), delimiter=DELIMITERS[path.suffix], strict=True)
    try:
        if not {"feature", "label"} <= set(rows.fieldnames or ()):
            raise SaegeoError(f"{path}, line 1: the columns are {rows.fieldnames}, not feature and label", WANTED)
        for row in rows:
            where = f"{path}, line {rows.line_num}"
            if None in row or None in row.values():
                raise SaegeoError(f"{where}: it has not as many fields as the header", WANTED)
            yield where, row["feature"].strip(), row["label"]
    except csv.Error as error:
        raise SaegeoError(f"{path}, line {rows.reader.line_num}: {error}", WANTED) from error
