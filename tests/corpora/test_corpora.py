"""Corpora: documents in one fixed order, from any of them on; what is broken is named or counted, never lost silently."""

import contextlib
import gzip
import json
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_core.corpora.corpus import Document
from saegeo_core.corpora.document_rows import BrokenRow, DocumentRows, document_of_row
from saegeo_core.corpora.file_identity import END_BYTES, file_identity
from saegeo_core.corpora.json_lines import JsonLinesCorpus
from saegeo_core.corpora.open_corpus import open_corpus


def row(text, label=None, source=None):
    meta = {"pile_set_name": label, "source": source}
    return {"text": text, "meta": {name: value for name, value in meta.items() if value is not None}}


def write_rows(path, rows):
    content = "".join(json.dumps(one) + "\n" for one in rows).encode()
    pack = {".gz": gzip.compress, ".zst": zstandard.compress}.get(path.suffix, bytes)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack(content))
    return path


def texts(corpus, start=0):
    return [document.text for document in corpus.documents(start)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("corpus")


class TestRows:
    @pytest.mark.parametrize(
        ("source", "group"),
        [
            ("moby_dick.txt#225", "moby_dick.txt"),
            ("algebra.tex#163.0", "algebra.tex"),
            ("C# in depth#3", "C# in depth"),
            ("a whole article", "a whole article"),
            ("#3", "#3"),
            ("", "#7"),
            (None, "#7"),
            (12, "#7"),
        ],
    )
    def test_pieces_of_one_source_are_one_group(self, source, group):
        assert document_of_row(row("x", source=source), 7) == Document("x", None, group, 7)

    def test_the_label_is_where_the_pile_has_it_or_where_it_is_said_to_be(self):
        labeled = row("x", "Github") | {"lang": {"name": "en", "id": 3}, "nothing": None}
        assert document_of_row(labeled, 0).label == "Github"
        assert document_of_row(labeled, 0, "lang.name").label == "en"
        assert document_of_row(labeled, 0, "lang.id").label == "3"
        assert document_of_row(labeled, 0, "nothing").label is None
        assert document_of_row({"text": "x", "meta": "no object"}, 0).label is None

    @pytest.mark.parametrize(
        ("broken", "label_field", "message"),
        [
            (["text"], None, "a list, not an object"),
            ({"Text": "x", "id": 1}, None, "no 'text'; it has 'Text', 'id'"),
            ({}, None, "it has no fields"),
            ({"text": None}, None, "'text' is a NoneType"),
            ({"text": "a\ud800b"}, None, "half a surrogate pair at character 1"),
            ({"text": "x", "meta": {"pile_set_name": ["a"]}}, None, "label at 'meta.pile_set_name' is a list"),
            ({"text": "x", "kind": "a"}, "knid", "no label at 'knid'; it has 'text', 'kind'"),
        ],
    )
    def test_a_row_that_is_no_document_says_why(self, broken, label_field, message):
        with pytest.raises(BrokenRow, match=message):
            document_of_row(broken, 0, label_field)


class TestJsonLines:
    @pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.ndjson", "a.json.gz"])
    def test_plain_and_packed_files_hold_the_same(self, tmp_path, name):
        path = write_rows(tmp_path / name, [row("ünï\n", "Github", "a.py#1"), row("two", "Github", "a.py#2")])
        assert list(open_corpus(str(path)).documents()) == [
            Document("ünï\n", "Github", "a.py", 0),
            Document("two", "Github", "a.py", 1),
        ]

    def test_a_folder_is_read_in_the_order_of_its_paths(self, tmp_path):
        write_rows(tmp_path / "b.jsonl", [row("2")])
        write_rows(tmp_path / "sub" / "a.jsonl.zst", [row("3")])
        write_rows(tmp_path / "a.jsonl.gz", [row("0"), row("1")])
        write_rows(tmp_path / ".cache" / "x.jsonl", [row("hidden")])
        (tmp_path / "README.md").write_text("about the data")
        corpus = open_corpus(str(tmp_path))
        assert [(document.text, document.position) for document in corpus.documents()] == [
            (str(position), position) for position in range(4)
        ]
        assert [file["name"] for file in corpus.describe()["files"]] == ["a.jsonl.gz", "b.jsonl", "sub/a.jsonl.zst"]

    def test_it_can_be_read_from_any_document_on(self, tmp_path):
        path = write_rows(tmp_path / "a.jsonl", [row(str(number)) for number in range(5)])
        corpus = open_corpus(str(path))
        for start in range(7):
            assert list(corpus.documents(start)) == list(corpus.documents())[start:]

    def test_a_broken_line_is_named_by_file_and_number(self, tmp_path):
        path = tmp_path / "a.jsonl"
        path.write_text('{"text": "one"}\n\n{"text": "tw\n{"text": "three"}\n')
        documents = open_corpus(str(path)).documents()
        assert next(documents).text == "one"
        with pytest.raises(SaegeoError) as caught:
            next(documents)
        assert caught.value.message.startswith(f"line 3 of {path} is no document: it is not JSON")
        assert "--skip-bad-lines" in caught.value.hint

    def test_broken_lines_are_skipped_on_request_and_counted(self, tmp_path):
        path = tmp_path / "a.jsonl"
        path.write_bytes(b'{"text": "zero"}\n[]\n\xff\xfe\n{"text": "one"}\n{"no": 1}\n{"text": "two"}\nlast')
        corpus = open_corpus(str(path), skip_bad_lines=True)
        assert [(document.text, document.position) for document in corpus.documents()] == [
            ("zero", 0),
            ("one", 1),
            ("two", 2),
        ]
        assert corpus.n_skipped == 4
        assert texts(corpus, 2) == ["two"]
        assert corpus.n_skipped == 4, "those before the start count too"

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            (b"\xff", "not UTF-8"),
            (b"{'text': 1}", "not JSON"),
            (b"[" * 100_000, "not JSON that can be read"),
            (b'{"text": ' + b"9" * 5000 + b"}", "not JSON that can be read"),
            (b'{"text": "\\ud800"}', "half a surrogate pair"),
        ],
    )
    def test_what_a_line_can_have_wrong(self, tmp_path, line, message):
        (tmp_path / "a.jsonl").write_bytes(line)
        with pytest.raises(SaegeoError, match=f"line 1 of .*{message}"):
            texts(open_corpus(str(tmp_path)))

    def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(self, tmp_path):
        (tmp_path / "a.jsonl").write_bytes(b'\xef\xbb\xbf{"text": "one"}\r\n\r\n{"text": "two"}\r\n')
        assert texts(open_corpus(str(tmp_path))) == ["one", "two"]

    @pytest.mark.parametrize("content", [b"", b"\n\n  \n"])
    def test_an_empty_corpus(self, tmp_path, content):
        (tmp_path / "a.jsonl").write_bytes(content)
        with pytest.raises(SaegeoError, match=r"no document in .*a\.jsonl"):
            texts(open_corpus(str(tmp_path)))

    def test_nothing_but_broken_lines(self, tmp_path):
        (tmp_path / "a.jsonl").write_bytes(b"1\n2\n")
        with pytest.raises(SaegeoError, match="2 broken lines were skipped"):
            texts(open_corpus(str(tmp_path), skip_bad_lines=True))

    def test_a_file_cut_short_is_no_broken_line(self, tmp_path):
        path = write_rows(tmp_path / "a.jsonl.zst", [row(str(number) * 50) for number in range(3000)])
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(SaegeoError, match="cannot be read after line"):
            texts(open_corpus(str(path), skip_bad_lines=True))

    @given(rows=st.lists(st.tuples(st.text(), st.none() | st.text()), min_size=1, max_size=8), start=st.integers(0, 9))
    @settings(max_examples=50)
    def test_whatever_text_was_written_is_read(self, folder, rows, start):
        path = write_rows(folder / "any.jsonl", [row(text, label) for text, label in rows])
        documents = list(open_corpus(str(path)).documents(start))
        assert [(document.text, document.label) for document in documents] == rows[start:]
        assert [document.position for document in documents] == list(range(start, len(rows)))

    lines = st.binary(max_size=30) | st.sampled_from([b'{"text": "a"}', b'{"text": "b", "meta": {}}', b"", b"null"])

    @given(content=st.lists(lines, max_size=12).map(b"\n".join))
    @settings(max_examples=150)
    def test_any_bytes_are_documents_or_skipped_or_a_clear_error(self, folder, content):
        path = folder / "bytes.jsonl"
        path.write_bytes(content)
        corpus = JsonLinesCorpus([("bytes", path)], DocumentRows(skip_bad_lines=True))
        n_lines = sum(bool(line.strip()) for line in content.split(b"\n"))
        n_documents = 0
        with contextlib.suppress(SaegeoError):  # where there is no document at all
            n_documents = len(texts(corpus))
        assert n_documents + corpus.n_skipped == n_lines


class TestTextFiles:
    def test_every_file_is_a_document_and_a_group(self, tmp_path):
        (tmp_path / "b.txt").write_text("second")
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "c.md").write_text("# First")
        (tmp_path / "c.rst").write_text("  \n")
        (tmp_path / "d.tex.gz").write_bytes(gzip.compress(b"third"))
        (tmp_path / "e.png").write_bytes(b"\x89PNG")
        corpus = open_corpus(str(tmp_path))
        assert list(corpus.documents()) == [
            Document("# First", None, "a/c.md", 0),
            Document("second", None, "b.txt", 1),
            Document("third", None, "d.tex.gz", 2),
        ]
        assert texts(corpus, 2) == ["third"]
        assert corpus.n_skipped == 0
        assert texts(open_corpus(str(tmp_path / "b.txt"))) == ["second"]

    def test_files_without_text(self, tmp_path):
        (tmp_path / "a.txt").write_text(" \n")
        with pytest.raises(SaegeoError, match="no text in"):
            texts(open_corpus(str(tmp_path)))

    def test_they_have_no_fields(self, tmp_path):
        (tmp_path / "a.txt").write_text("x")
        with pytest.raises(SaegeoError, match=r"no fields(.|\n)*--label-field"):
            open_corpus(str(tmp_path), label_field="kind")


class TestNaming:
    def test_nothing_there(self, tmp_path):
        with pytest.raises(SaegeoError, match=r"there is no corpus(.|\n)*python-env"):
            open_corpus(str(tmp_path / "nothing"))

    def test_a_folder_without_text(self, tmp_path):
        with pytest.raises(SaegeoError, match="holds no JSON-lines, no table and no text"):
            open_corpus(str(tmp_path))

    def test_a_file_of_another_kind(self, tmp_path):
        (tmp_path / "a.png").write_bytes(b"PNG")
        with pytest.raises(SaegeoError, match=r"neither JSON lines nor text(.|\n)*\.jsonl(.|\n)*\.parquet"):
            open_corpus(str(tmp_path / "a.png"))


class TestArrays:
    ROWS = [row("one", "a"), row("two", "b")]

    @pytest.mark.parametrize("indent", [None, 1])
    @pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
    def test_an_array_of_objects_is_read_entry_by_entry(self, tmp_path, indent, name):
        content = json.dumps(self.ROWS, indent=indent).encode()
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        corpus = open_corpus(str(tmp_path / name))
        assert [(one.text, one.label, one.position) for one in corpus.documents()] == [("one", "a", 0), ("two", "b", 1)]
        assert texts(corpus, 1) == ["two"]

    @pytest.mark.parametrize("indent", [None, 1])
    def test_an_array_of_texts_is_read_text_by_text(self, tmp_path, indent):
        (tmp_path / "a.json").write_text(json.dumps(["one", "two"], indent=indent))
        assert texts(open_corpus(str(tmp_path / "a.json"))) == ["one", "two"]

    def test_a_broken_entry_is_named(self, tmp_path):
        (tmp_path / "a.json").write_text(json.dumps([*self.ROWS, 3]))
        with pytest.raises(SaegeoError, match="entry 3 of .* is no document: it is a int"):
            texts(open_corpus(str(tmp_path / "a.json")))

    def test_one_cut_short_is_told_as_an_array(self, tmp_path):
        (tmp_path / "a.json").write_text(json.dumps(self.ROWS, indent=1)[:-9])
        with pytest.raises(SaegeoError, match="begins as a JSON array and is none"):
            texts(open_corpus(str(tmp_path / "a.json")))


class TestTextField:
    def test_text_under_another_name(self, tmp_path):
        path = tmp_path / "a.jsonl"
        path.write_text('{"content": "one", "meta": {"body": "two"}, "a.b": "three"}\n')
        for field, text in (("content", "one"), ("meta.body", "two"), ("a.b", "three")):
            corpus = open_corpus(str(path), text_field=field)
            assert texts(corpus) == [text]
            assert corpus.describe()["text_field"] == field
        with pytest.raises(SaegeoError, match=r"it has no 'text'; it has 'content'(.|\n)*type --text-field PATH"):
            texts(open_corpus(str(path)))

    def test_text_files_have_no_fields(self, tmp_path):
        (tmp_path / "a.txt").write_text("x")
        with pytest.raises(SaegeoError, match="no fields(.|\n)*--text-field"):
            open_corpus(str(tmp_path), text_field="body")


def test_a_row_with_a_name_twice_is_broken(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "one", "text": "two"}\n')
    with pytest.raises(SaegeoError, match="line 1 of .*a.jsonl is no document(.|\n)*an object has 'text' twice"):
        texts(open_corpus(str(tmp_path)))


class TestTables:
    ROWS = [{"content": "one", "kind": "a"}, {"content": "two, and more", "kind": "b"}]

    @pytest.mark.parametrize("suffix", [".parquet", ".csv", ".tsv"])
    def test_every_row_is_a_document(self, tmp_path, suffix):
        import pandas as pd

        path, frame = tmp_path / f"rows{suffix}", pd.DataFrame(self.ROWS)
        if suffix == ".parquet":
            frame.to_parquet(path)
        else:
            frame.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
        corpus = open_corpus(str(path), text_field="content", label_field="kind")
        assert [(one.text, one.label) for one in corpus.documents()] == [("one", "a"), ("two, and more", "b")]
        assert texts(corpus, 1) == ["two, and more"]
        assert corpus.describe()["files"][0]["name"] == path.name

    @pytest.mark.parametrize("suffix", [".parquet", ".csv"])
    def test_damage_is_named(self, tmp_path, suffix):
        (tmp_path / f"rows{suffix}").write_bytes(b"PAR1\x00\xff\xfe")
        with pytest.raises(SaegeoError, match="cannot be read as|has no 'text'"):
            texts(open_corpus(str(tmp_path / f"rows{suffix}")))

    @pytest.mark.parametrize("suffix", [".csv", ".tsv"])
    def test_a_field_is_the_text_that_stands_there(self, tmp_path, suffix):
        """No type is guessed: pandas made 1 of 01, nothing of NA, and True of true. An empty field is unknown."""
        path, mark = tmp_path / f"rows[1]{suffix}", "," if suffix == ".csv" else "\t"
        rows = [("text", "kind"), ("1", "01"), ("NA", "true"), ('"two\nlines"', ""), ("x" * 200_000, "1e5")]
        path.write_text("\n".join(mark.join(row) for row in rows))
        read = [(one.text, one.label) for one in open_corpus(str(path), label_field="kind").documents()]
        assert read == [("1", "01"), ("NA", "true"), ("two\nlines", None), ("x" * 200_000, "1e5")]

    def test_a_row_of_other_fields_is_broken(self, tmp_path):
        (tmp_path / "rows.csv").write_text("text,kind\none,a\ntwo\n\nthree,b,c\nfour,d\n")
        with pytest.raises(
            SaegeoError, match="row 2 of .*rows.csv is no document: it has 1 fields, and the first line 2"
        ):
            texts(open_corpus(str(tmp_path)))
        corpus = open_corpus(str(tmp_path), skip_bad_lines=True)
        assert texts(corpus) == ["one", "four"]
        assert corpus.n_skipped == 2

    @pytest.mark.parametrize("suffix", [".parquet", ".csv"])
    def test_two_columns_of_one_name_are_refused(self, tmp_path, suffix):
        import pyarrow as pa
        from pyarrow import parquet

        path = tmp_path / f"rows{suffix}"
        if suffix == ".csv":
            path.write_text("text,text\na,b\n")
        else:
            parquet.write_table(pa.table([["a"], ["b"]], names=["text", "text"]), path)
        with pytest.raises(SaegeoError, match="2 columns called 'text'"):
            texts(open_corpus(str(path)))

    def test_what_a_part_of_a_parquet_file_inflates_to_is_known_before(self, tmp_path, monkeypatch):
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.table({"text": ["x" * (1 << 20)] * 4}), tmp_path / "rows.parquet", compression="gzip")
        assert len(texts(open_corpus(str(tmp_path)))) == 4
        monkeypatch.setenv("SAEGEO_MAX_BYTES", str(1 << 19))
        with pytest.raises(SaegeoError, match="text in part 1 of .*rows.parquet takes .* bytes, more than the 524,288"):
            texts(open_corpus(str(tmp_path)))

    def test_a_text_of_a_parquet_dictionary_is_not_there_as_often_as_rows_name_it(self, tmp_path, monkeypatch):
        """A text of 1 MB that a thousand rows name: eight of them at a time are below a limit of 64 MB."""
        import pyarrow as pa
        from pyarrow import parquet

        places = pa.array([0] * 1000, pa.int32())
        column = pa.DictionaryArray.from_arrays(places, ["x" * (1 << 20)])
        parquet.write_table(pa.table({"text": column}), tmp_path / "rows.parquet", compression="none")
        monkeypatch.setenv("SAEGEO_MAX_BYTES", str(16 << 20))
        lengths = {len(one.text) for one in open_corpus(str(tmp_path)).documents()}
        assert lengths == {1 << 20}

    def test_a_damaged_page_of_a_parquet_file_is_refused_where_it_has_a_checksum(self, tmp_path):
        import pyarrow as pa
        from pyarrow import parquet

        path = tmp_path / "rows.parquet"
        table = pa.table({"text": ["a text of its own", "another"]})
        parquet.write_table(table, path, compression="none", write_page_checksum=True, write_statistics=False)
        content = path.read_bytes()
        path.write_bytes(content.replace(b"its own", b"its owm", 1))
        with pytest.raises(SaegeoError, match="cannot be read as parquet"):
            texts(open_corpus(str(path)))


class TestIdentity:
    def test_a_changed_corpus_is_described_otherwise(self, tmp_path):
        path = write_rows(tmp_path / "a.jsonl", [row("one"), row("two")])
        described = open_corpus(str(path)).describe()
        assert described == json.loads(json.dumps(described))
        assert open_corpus(str(path)).describe() == described
        assert open_corpus(str(path), label_field="kind").describe() != described
        assert open_corpus(str(path), skip_bad_lines=True).describe() != described
        write_rows(path, [row("one"), row("tow")])
        assert open_corpus(str(path)).describe() != described

    def test_both_ends_of_a_large_file_are_looked_at(self, tmp_path):
        path = tmp_path / "large"
        content = bytearray(3 * END_BYTES)
        digests = set()
        for place in (0, END_BYTES - 1, 2 * END_BYTES, len(content) - 1):
            content[place] = 1
            path.write_bytes(content)
            digests.add(file_identity(path, "x")["digest_of_ends"])
        assert len(digests) == 4
        content[END_BYTES] = 1
        path.write_bytes(content)
        assert file_identity(path, "x")["digest_of_ends"] in digests, "the middle is not: the docstring says so"

    def test_a_file_that_went_away(self, tmp_path):
        with pytest.raises(SaegeoError, match="No such file"):
            file_identity(Path(tmp_path / "nothing"), "x")


class TestHub:
    @pytest.fixture
    def stream(self, monkeypatch):
        """Put rows in place of what the hub streams; tells with what it was asked for."""
        import datasets

        asked = []

        def put(rows):
            def load_dataset(*arguments, **options):
                asked.append((arguments, options))
                if isinstance(rows, Exception):
                    raise rows
                return iter(rows)

            monkeypatch.setattr(datasets, "load_dataset", load_dataset)
            return asked

        return put

    @pytest.mark.parametrize(
        ("where", "name", "config", "split"),
        [
            ("hf:owner/pile", "owner/pile", None, "train"),
            ("hf:wikitext:raw-v1", "wikitext", "raw-v1", "train"),
            ("hf:wikitext:raw-v1@test[:5%]", None, None, None),
            ("hf:wikitext@validation", "wikitext", None, "validation"),
            ("hf:wikitext:raw-v1@validation", "wikitext", "raw-v1", "validation"),
            ("hf:", None, None, None),
            ("hf:a:b:c", None, None, None),
        ],
    )
    def test_a_data_set_is_streamed_by_name_configuration_and_split(self, stream, where, name, config, split):
        asked = stream([row("one", "Github", "a#1"), row("two")])
        if name is None:
            with pytest.raises(SaegeoError, match="names no data set"):
                open_corpus(where)
            return
        corpus = open_corpus(where)
        assert list(corpus.documents(1)) == [Document("two", None, "#1", 1)]
        assert asked == [((name, config), {"split": split, "streaming": True})]
        described = corpus.describe()
        assert (described["name"], described["config"], described["split"]) == (name, config, split)

    def test_the_first_rows_identify_it(self, stream):
        stream([row("one"), row("two")])
        described = open_corpus("hf:x").describe()
        stream([row("one"), row("three")])
        assert open_corpus("hf:x").describe() != described

    def test_a_row_that_is_no_document(self, stream):
        stream([row("one"), {"content": "two"}, row("three")])
        with pytest.raises(
            SaegeoError, match="row 2 of x, split train, is no document: it has no 'text'; it has 'content'"
        ):
            texts(open_corpus("hf:x"))
        corpus = open_corpus("hf:x", skip_bad_lines=True)
        assert texts(corpus) == ["one", "three"]
        assert corpus.n_skipped == 1

    def test_what_the_hub_says_is_passed_on(self, stream):
        stream(ConnectionError("Couldn't reach the Hub\nmore"))
        with pytest.raises(SaegeoError, match="data set x, split train, cannot be read: Couldn't reach the Hub\n"):
            texts(open_corpus("hf:x"))
        stream([])
        with pytest.raises(SaegeoError, match="no document in x"):
            texts(open_corpus("hf:x"))

    def test_a_local_folder_through_the_library_itself(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
        write_rows(tmp_path / "data" / "train.jsonl", [row("one", "Github"), row("two", "Books")])
        corpus = open_corpus(f"hf:{tmp_path / 'data'}")
        assert [(document.text, document.label) for document in corpus.documents()] == [
            ("one", "Github"),
            ("two", "Books"),
        ]
        with pytest.raises(SaegeoError, match="cannot be read"):
            texts(open_corpus(f"hf:{tmp_path / 'data'}@nothing"))
