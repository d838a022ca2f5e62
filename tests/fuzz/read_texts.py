"""Texts that people bring: corpora, labels, lists of features, vectors of words, relations."""

import csv
import gzip
import io
import json
from functools import partial

import numpy as np

from tests.fuzz.independent import strict_json, unpacked
from tests.fuzz.reader import Reader

N = 12
TEXTS = ("a word", "of some length, and more", 'said "so"', "naïve — ünïcode", "two\nlines", "1")
LABELS = ("prose", "code", "prose", "01", "code", "NA")
SOURCES = ("book#1", "book#2", "", "film", "film#1", "x")
WORDS = ("one", "two", "three", "four", "New_York", "naïve")


# Corpora


def documents_at(name, folder):
    from saegeo_core.corpora.open_corpus import open_corpus

    corpus = open_corpus(str(folder / name), label_field="kind" if name.endswith((".csv", ".tsv")) else None)
    corpus.describe()
    return [(one.text, one.label) for one in corpus.documents()]


def piles_rows():
    return [
        {"text": text, "meta": {"pile_set_name": label, "source": source}}
        for text, label, source in zip(TEXTS, LABELS, SOURCES, strict=True)
    ]


def json_lines():
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in piles_rows()).encode()


def document_of(row):
    meta = row.get("meta")
    label = meta.get("pile_set_name") if isinstance(meta, dict) else row.get("meta.pile_set_name")
    if not isinstance(row["text"], str) or isinstance(label, dict | list):
        raise TypeError("no document")
    row["text"].encode()
    return row["text"], None if label is None else str(label)


def rows_say(name, folder):
    """JSON a line, or one array; an object with a name twice has its last value, as JSON readers have it."""
    content = unpacked(folder / name).decode("utf-8-sig")
    lines = [line for line in content.split("\n") if line.strip()]
    whole = (
        json.loads(content)
        if lines[0].strip().startswith(("[{", '["', "[ ")) or lines[0].strip() == "["
        else map(json.loads, lines)
    )
    return [document_of({"text": row} if isinstance(row, str) else row) for row in whole]


def text_says(name, folder):
    return [(unpacked(folder / name).decode("utf-8-sig").replace("\r\n", "\n"), None)]


def table(delimiter):
    file = io.StringIO()
    rows = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    rows.writerows([("text", "kind"), *zip(TEXTS, LABELS, strict=True)])
    return file.getvalue().encode()


def table_says(name, delimiter, folder):
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=delimiter, strict=True) if row]
    columns = rows[0]
    if len(set(columns)) < len(columns) or any(len(row) != len(columns) for row in rows):
        raise ValueError("fields")
    named = [dict(zip(columns, row, strict=True)) for row in rows[1:]]
    return [(row["text"], row["kind"] or None) for row in named if row["text"]]


def parquet():
    import pyarrow as pa
    from pyarrow import parquet as files

    file = io.BytesIO()
    files.write_table(pa.Table.from_pylist(piles_rows()), file, row_group_size=4, write_page_checksum=True)
    return file.getvalue()


def parquet_says(name, folder):
    from pyarrow import parquet as files

    with files.ParquetFile(io.BytesIO((folder / name).read_bytes()), page_checksum_verification=True) as file:
        read = file.read()
    if len(set(read.column_names)) < read.num_columns:
        raise ValueError("a column twice")
    return [document_of(row) for row in read.to_pylist()]


def zstandard_bytes(content):
    import zstandard

    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


def one_file(kind, name, content, numbers, says):
    """A kind of which an example is one file."""
    return Reader(kind, lambda: {name: content()}, partial(numbers, name), partial(says, name))


def corpus(kind, name, content, says):
    return one_file(kind, name, content, documents_at, says)


# Labels and lists of features


def labels_at(name, folder):
    from saegeo_core.loading.feature_labels import read_feature_labels

    return read_feature_labels(folder / name, N)


def as_labels(pairs):
    """A text for each feature; what is described twice has both."""
    found = {}
    for feature, text in pairs:
        if not (feature.isascii() and feature.isdigit() and int(feature) < N):
            raise ValueError("no feature")
        texts = found.setdefault(int(feature), [])
        if text and text not in texts:
            texts.append(text)
    return tuple("; ".join(found.get(feature, [])) for feature in range(N))


def labels_json_says(name, folder):
    return as_labels(
        (feature, label or "") for feature, label in strict_json((folder / name).read_text("utf-8-sig")).items()
    )


def labels_lines_say(name, folder):
    lines = (folder / name).read_text("utf-8-sig", errors="strict").splitlines()
    return exported([json.loads(line) for line in lines if line.strip()])


def exported(entries):
    pairs = []
    for number, entry in enumerate(entries):
        if entry is None or isinstance(entry, str):
            pairs.append((str(number), entry or ""))
            continue
        index = next(
            entry[one] for one in ("feature", "index", "latent", "feature_index", "feature_id", "id") if one in entry
        )
        text = next(entry[one] for one in ("label", "description", "explanation") if one in entry)
        pairs.append((str(index), text or ""))
    return as_labels(pairs)


def labels_table_says(delimiter, name, folder):
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=delimiter, strict=True))
    if any(None in row or None in row.values() for row in rows):
        raise ValueError("fields")
    return as_labels((row["feature"].strip(), row["label"]) for row in rows)


def labels_table(delimiter):
    rows = [
        f'{feature}{delimiter}"{text}"'
        for feature, text in enumerate(("dates", "names, of people", 'a ""quote""', "ü"))
    ]
    return "\n".join([f"feature{delimiter}label", *rows, ""]).encode()


def labels_lines():
    entries = [
        {"index": str(feature), "description": text} for feature, text in enumerate(("dates", "names", "ü", "7"))
    ]
    return "".join(json.dumps(entry) + "\n" for entry in entries).encode()


def features_at(name, folder):
    from saegeo_core.loading.feature_choice import chosen_features

    return chosen_features(str(folder / name), N).tolist()


def features_say(name, folder):
    text = (folder / name).read_text("utf-8-sig")
    for one in "[],":
        text = text.replace(one, " ")
    found = set()
    for part in text.split():
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return sorted(found)


# Words


def words_at(name, folder):
    from saegeo_crystals.word_vectors import read_word_vectors

    found = read_word_vectors(folder / name, [*WORDS, "New York"])
    return {word: vector for word, vector in zip(found.words, found.vectors, strict=True) if " " not in word}


def word_lines():
    rows = np.random.default_rng(3).standard_normal((len(WORDS), 5)).round(4)
    lines = [f"{len(WORDS)} 5", *(" ".join([word, *map(str, row)]) for word, row in zip(WORDS, rows, strict=True))]
    return ("\n".join(lines) + "\n").encode()


def words_say(name, folder):
    """A word is followed by its numbers; of words that come twice the earlier counts, and of its spellings the word itself."""
    rows = [
        line.strip().split(" " if " " in line.strip() else "\t")
        for line in io.StringIO(unpacked(folder / name).decode())
        if line.strip()
    ]
    width = len(rows[0]) - 1
    if len(rows[0]) == 2 and all(field.isascii() and field.isdigit() for field in rows[0]):
        n_words, width = map(int, rows.pop(0))
        if n_words not in (0, len(rows)):
            raise ValueError("words")
    found = {}
    for word, *numbers in rows:
        for one in {w for w in WORDS if word in (w, w.lower())}:
            vector = np.array([float(number) for number in numbers], np.float32)
            if len(vector) != width or not np.isfinite(vector).all():
                raise ValueError("numbers")
            rank = 0 if word == one else 1
            if one not in found or rank < found[one][0]:
                found[one] = (rank, vector)
    return {word: vector for word, (_, vector) in found.items()}


def relations_at(name, folder):
    from saegeo_crystals.relations import read_relations

    return [(one.name, one.pairs) for one in read_relations(folder / name)]


PAIRS = (("cat", "cats"), ("dog", "dogs"), ("mouse", "mice"))


def relations_json():
    return json.dumps([{"input": a, "output": b} for a, b in PAIRS], indent=1).encode()


def relations_json_say(name, folder):
    entries = strict_json((folder / name).read_text("utf-8-sig"))
    return [("r", tuple((entry["input"].strip(), entry["output"].strip()) for entry in entries))]


def google_lines():
    return b": plural\ncat cats dog dogs\ndog dogs mouse mice\n: past\ngo went see saw\n"


def google_says(name, folder):
    sections = {}
    for line in (folder / name).read_text("utf-8-sig").splitlines():
        if line.strip().startswith(":"):
            section = sections.setdefault(line.strip()[1:].strip(), {})
        elif line.strip():
            a, b, c, d = line.split()
            section.update({(a, b): None, (c, d): None})
    return [(name, tuple(pairs)) for name, pairs in sections.items()]


READERS = [
    corpus("corpus .jsonl", "c.jsonl", json_lines, rows_say),
    corpus("corpus .jsonl.gz", "c.jsonl.gz", lambda: gzip.compress(json_lines(), mtime=0), rows_say),
    corpus("corpus .jsonl.zst", "c.jsonl.zst", lambda: zstandard_bytes(json_lines()), rows_say),
    corpus("corpus .json", "c.json", lambda: json.dumps(piles_rows(), indent=1).encode(), rows_say),
    corpus("corpus .csv", "c.csv", lambda: table(","), lambda name, folder: table_says(name, ",", folder)),
    corpus("corpus .tsv", "c.tsv", lambda: table("\t"), lambda name, folder: table_says(name, "\t", folder)),
    corpus("corpus .parquet", "c.parquet", parquet, parquet_says),
    corpus("corpus .txt", "c.txt", lambda: TEXTS[3].encode() * 20, text_says),
    corpus("corpus .txt.gz", "c.txt.gz", lambda: gzip.compress(TEXTS[3].encode() * 20, mtime=0), text_says),
    one_file("labels .json", "l.json", lambda: b'{"3": "dates", "0": "names", "11": ""}', labels_at, labels_json_says),
    one_file("labels .jsonl", "l.jsonl", labels_lines, labels_at, labels_lines_say),
    one_file("labels .csv", "l.csv", lambda: labels_table(","), labels_at, partial(labels_table_says, ",")),
    one_file("labels .tsv", "l.tsv", lambda: labels_table("\t"), labels_at, partial(labels_table_says, "\t")),
    one_file("list of features", "f.txt", lambda: b"1,5-7\n9 11", features_at, features_say),
    one_file("word vectors", "w.txt", word_lines, words_at, words_say),
    one_file("word vectors .gz", "w.txt.gz", lambda: gzip.compress(word_lines(), mtime=0), words_at, words_say),
    one_file("relations .json", "r.json", relations_json, relations_at, relations_json_say),
    one_file("relations, Google's lines", "g.txt", google_lines, relations_at, google_says),
]  # fmt: skip
