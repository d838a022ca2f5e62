from collections import defaultdict
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_core.corpora import python_environment
from saegeo_core.corpora.open_corpus import open_corpus
from saegeo_core.corpora.python_environment import PIECE_CHARACTERS, PythonEnvironment, cut

KINDS = {"source", "docstring", "licence", "description"}


@pytest.fixture(scope="module")
def documents():
    return list(islice(PythonEnvironment().documents(), 120))


def test_the_first_documents_hold_all_kinds_alike(documents):
    assert [document.position for document in documents] == list(range(120))
    assert [document.label for document in documents[:4]] == ["source", "docstring", "licence", "description"]
    for kind in KINDS:
        assert sum(document.label == kind for document in documents) == 30


def test_pieces_are_of_sensible_size_and_of_one_group_where_they_are_of_one_file(documents):
    assert all(200 <= len(document.text) <= PIECE_CHARACTERS for document in documents)
    by_kind = defaultdict(list)
    for document in documents:
        by_kind[document.label].append(document.group)
    for kind, groups in by_kind.items():
        assert all(group.startswith(f"{kind}/") for group in groups)
        changes = sum(one != other for one, other in pairwise(groups))
        assert changes + 1 == len(set(groups)), "pieces of a file follow each other"
        assert changes > 2


def test_no_module_gives_its_words_under_two_labels(documents):
    modules = {kind: {d.group.partition("/")[2] for d in documents if d.label == kind} for kind in KINDS}
    assert not modules["source"] & modules["docstring"]
    assert any("def " in document.text for document in documents if document.label == "source")


def test_it_is_the_same_every_time_and_from_any_document_on(documents):
    corpus = open_corpus("python-env")
    assert list(islice(corpus.documents(100), 20)) == documents[100:]
    assert corpus.describe() == PythonEnvironment().describe()
    assert corpus.describe()["kind"] == "python-env"
    assert corpus.n_skipped == 0


def test_it_takes_no_label_field():
    with pytest.raises(SaegeoError, match="python-env, which has no fields"):
        open_corpus("python-env", label_field="kind")


def test_an_installation_without_text_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(python_environment, "_root", lambda: tmp_path)
    monkeypatch.setattr(python_environment, "distributions", lambda: [])
    with pytest.raises(SaegeoError, match="holds no text"):
        next(PythonEnvironment().documents())


def test_files_that_are_no_python_are_passed_over(tmp_path, monkeypatch):
    source = '"""Says hello."""\n\n\ndef hello():\n    """Once."""\n' + "# more\n" * 60
    for number in range(8):
        (tmp_path / f"module_{number}.py").write_text(source)
        (tmp_path / f"broken_{number}.py").write_text("def (:\n" * 60)
        (tmp_path / f"latin_{number}.py").write_bytes(b"# caf\xe9\n" * 60)
    monkeypatch.setattr(python_environment, "_root", lambda: tmp_path)
    monkeypatch.setattr(python_environment, "distributions", lambda: [])
    monkeypatch.setattr(python_environment, "SHORTEST", 5)
    found = list(PythonEnvironment().documents())
    docstrings = [document for document in found if document.label == "docstring"]
    assert docstrings
    assert all(document.text == "Says hello.\n\nOnce." for document in docstrings)
    assert not any("latin" in document.group for document in found)
    assert not any("broken" in document.group for document in docstrings)


@given(st.text(alphabet="ab\n\r ", max_size=200), st.integers(1, 30))
def test_pieces_put_together_are_the_text(text, most):
    pieces = list(cut(text, most))
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= most for piece in pieces)


def test_pieces_end_at_line_ends_where_lines_allow():
    assert list(cut("aaa\nbbb\nccc\n", 8)) == ["aaa\nbbb\n", "ccc\n"]
    assert list(cut("a\nbbbbbbb\nc", 4)) == ["a\n", "bbbb", "bbb\n", "c"]
