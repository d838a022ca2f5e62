"""Labeled word pairs, and the three formats they are published in.

* a folder of JSON lists of {"input": …, "output": …}, one file a relation (Todd et al. 2023), or one such file;
* the Google analogy format: sections ": name" of lines of four words, a b c d for a : b :: c : d;
* the BATS format: a folder, or a tree of folders, of text files "word <tab> answer/another answer"; the first answer counts.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from saegeo_core import SaegeoError

BUNDLED = Path(__file__).parent / "bundled" / "relations"
FORMATS = (
    'a folder of JSON lists of {"input": …, "output": …}, a Google analogy file (": section", then four words a line), '
    "or a BATS folder (word, tab, answers)"
)
MOST_BYTES = 1 << 26
"""Of one file: a relation takes a few thousand."""
_BETWEEN = re.compile(r"[\s,\[]*")


@dataclass(frozen=True)
class Relation:
    """Pairs (input, output) that stand in one relation."""

    name: str
    pairs: tuple[tuple[str, str], ...]


def bundled_relations() -> list[Relation]:
    """The eighteen relations that come with the plugin."""
    return read_relations(BUNDLED)


def read_relations(path: Path) -> list[Relation]:
    """The relations in a file or folder, in the order of their names or of the file's sections.

    Raises:
        SaegeoError: none of the formats, malformed (file and line are named), or an empty relation.
    """
    if path.is_dir():
        files = sorted(path.glob("*.json"))
        read = [_read_json(file) for file in files] or [_read_bats(file) for file in sorted(path.rglob("*.txt"))]
    elif path.suffix == ".json":
        read = [_read_json(path)]
    elif _text(path).lstrip().startswith(":"):
        read = _read_google(path)
    else:
        read = [_read_bats(path)]
    if not read:
        raise SaegeoError(f"{path} holds no relations", f"give {FORMATS}")
    for relation in read:
        if not relation.pairs:
            raise SaegeoError(f"the relation {relation.name} in {path} has no pairs", "fill it or take it out")
    return read


def chosen_relations(path: Path | None, only: Sequence[str] | None) -> list[Relation]:
    """The relations at a path, or those that ship; of these the ones named, in the order they are named in.

    Raises:
        SaegeoError: as `read_relations`, or a name that none of them has.
    """
    relations = bundled_relations() if path is None else read_relations(path.expanduser())
    if only is None:
        return relations
    by_name = {one.name: one for one in relations}
    for name in only:
        if name not in by_name:
            raise SaegeoError(
                f"crystals.only names a relation {name!r} that there is not", f"there are: {', '.join(by_name)}"
            )
    return [by_name[name] for name in dict.fromkeys(only)]


def cleaned(relations: Iterable[Relation]) -> tuple[list[Relation], Counter[str]]:
    """Relations without pairs of identical words and without repeated pairs, and how many of each were dropped."""
    dropped: Counter[str] = Counter()
    kept = []
    for relation in relations:
        distinct = tuple(dict.fromkeys(relation.pairs))
        different = tuple((a, b) for a, b in distinct if a != b)
        dropped["repeated"] += len(relation.pairs) - len(distinct)
        dropped["identical"] += len(distinct) - len(different)
        kept.append(Relation(relation.name, different))
    return kept, dropped


def _read_json(path: Path) -> Relation:
    text = _text(path)
    try:
        entries = json.loads(text, object_pairs_hook=_each_name_once)
    except json.JSONDecodeError as error:
        raise _malformed(path, error.lineno, error.msg) from None
    except (ValueError, RecursionError) as error:  # an integer of thousands of digits, or brackets nested too deep
        raise _malformed(path, 1, str(error)) from None
    if not isinstance(entries, list):
        raise _malformed(path, 1, "not a list of pairs")
    return Relation(path.stem, tuple(_json_pair(entry, number, text, path) for number, entry in enumerate(entries)))


def _each_name_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("an entry has a name twice")
    return dict(pairs)


def _json_pair(entry: object, number: int, text: str, path: Path) -> tuple[str, str]:
    words = [entry.get(key) for key in ("input", "output")] if isinstance(entry, dict) else []
    stripped = [word.strip() for word in words if isinstance(word, str) and word.strip()]
    if len(stripped) < 2:
        raise _malformed(path, _line_of_entry(text, number), 'not {"input": a word, "output": a word}')
    return stripped[0], stripped[1]


def _line_of_entry(text: str, number: int) -> int:
    """The line on which an entry of a well-formed list begins."""
    decoder, position = json.JSONDecoder(), 0
    for _ in range(number):
        _, position = decoder.raw_decode(text, _past(text, position))
    return text.count("\n", 0, _past(text, position)) + 1


def _past(text: str, position: int) -> int:
    match = _BETWEEN.match(text, position)
    return match.end() if match else position


def _read_google(path: Path) -> list[Relation]:
    sections: dict[str, dict[tuple[str, str], None]] = {}
    current: dict[tuple[str, str], None] = {}
    for number, line in _lines(path):
        if line.startswith(":"):
            name = line[1:].strip()
            if not name:
                raise _malformed(path, number, "a section without a name")
            current = sections.setdefault(name, {})
            continue
        words = line.split()
        if len(words) != 4:
            raise _malformed(path, number, f"{len(words)} words where four belong")
        # Every pair stands in many lines; it counts once.
        current.update({(words[0], words[1]): None, (words[2], words[3]): None})
    return [Relation(name, tuple(pairs)) for name, pairs in sections.items()]


def _read_bats(path: Path) -> Relation:
    pairs = []
    for number, line in _lines(path):
        word, tab, answers = line.partition("\t")
        answer = answers.split("/")[0].strip()
        if not (tab and word.strip() and answer):
            raise _malformed(path, number, "not a word, a tab and its answers")
        pairs.append((word.strip(), answer))
    return Relation(path.stem, tuple(pairs))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    return ((number, line.strip()) for number, line in enumerate(_text(path).splitlines(), 1) if line.strip())


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for, a device read without end
            raise SaegeoError(f"{path} is no file", f"give {FORMATS}")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise SaegeoError(f"{path} is longer than {MOST_BYTES:,} bytes", f"give {FORMATS}")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise SaegeoError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SaegeoError(f"{path} is not UTF-8 text (byte {error.start})", f"give {FORMATS}") from None


def _malformed(path: Path, line: int, what: str) -> SaegeoError:
    return SaegeoError(f"{path}, line {line}: {what}", f"relations are {FORMATS}")
