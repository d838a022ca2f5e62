"""Which text of the development corpus may be trained on, and which is kept out.

The bundled dictionaries are judged on text they never saw, and the bundled firing statistics are harvested from that same
text. Both therefore need one fixed split that anybody can recompute without a stored list:

* the unit is the *source group*: all pieces cut from one file, book, article or chat log. Pieces of one source share words,
  names and style, so a group never straddles the two parts;
* within each kind of text the groups are ordered by the SHA-256 of their name, which is as good as random and depends on
  neither a seed, nor a library version, nor the order of the files;
* groups are kept out in that order until a third of the kind's pieces is kept out (so at least a third, and at most a third
  plus one group).
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

#: The corpus lies beside the repository, not in it: the package ships none of this text.
DEFAULT_CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"

_SUFFIX = ".jsonl.gz"


@dataclass(frozen=True, slots=True)
class Document:
    """One piece of text of the corpus.

    `label` is the Pile's name for the subset (`meta.pile_set_name`), `kind` the stem of the file it came from, `group` the
    source that the piece was cut from.
    """

    text: str
    label: str
    kind: str
    group: str


def source_group(source: str) -> str:
    """The file, book or article that a piece came from: its source without the number of the part after the last '#'."""
    group, mark, _part = source.rpartition("#")
    return group if mark else source


def read_documents(folder: Path | str = DEFAULT_CORPUS) -> list[Document]:
    """Every document of every `<kind>.jsonl.gz` in `folder`, kinds in alphabetical order, pieces in file order.

    Raises FileNotFoundError when the folder holds no such file.
    """
    files = sorted(Path(folder).glob(f"*{_SUFFIX}"))
    if not files:
        raise FileNotFoundError(f"no *{_SUFFIX} files in {folder}")
    return [document for file in files for document in _read_kind(file)]


def split(documents: Iterable[Document]) -> tuple[list[Document], list[Document]]:
    """Part `documents` into (training, kept_out), each in the order given. See the module's docstring for the rule."""
    documents = list(documents)
    kept_out = _kept_out_groups(documents)
    training = [document for document in documents if (document.kind, document.group) not in kept_out]
    held = [document for document in documents if (document.kind, document.group) in kept_out]
    return training, held


def _read_kind(file: Path) -> list[Document]:
    kind = file.name.removesuffix(_SUFFIX)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Document(row["text"], row["meta"]["pile_set_name"], kind, source_group(row["meta"]["source"])) for row in rows
    ]


def _kept_out_groups(documents: list[Document]) -> set[tuple[str, str]]:
    pieces: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for document in documents:
        pieces[document.kind][document.group] += 1

    kept_out: set[tuple[str, str]] = set()
    for kind, pieces_of_group in pieces.items():
        total, held = sum(pieces_of_group.values()), 0
        for group in sorted(pieces_of_group, key=_digest):
            if 3 * held >= total:
                break
            kept_out.add((kind, group))
            held += pieces_of_group[group]
    return kept_out


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8")).hexdigest()
