"""The text of a run: documents that a source brings with it, or those that a parameter names."""

import json
import types

import numpy as np
import pytest
from pydantic import Field

from saegeo_core import (
    Analysis,
    CorpusSpec,
    Declarations,
    Declared,
    FeatureCloud,
    Parameters,
    SaegeoError,
    hookimpl,
    run,
)
from saegeo_core.activations import sources
from saegeo_core.corpora.document_rows import DocumentRows
from saegeo_core.errors import MissingInput
from saegeo_core.running.run import run as run_by_name

HOOK = "blocks.3.hook_resid_post"
WIDTH, LENGTHS = 5, [3, 0, 4, 6]
DECLARED = Declarations(
    mean_token=Declared("length", "neither", "Length of the mean token.", no_interval="a test", no_null="a test")
)


class Reading(Parameters):
    text: CorpusSpec | None = Field(default=None, description="What the model reads.")


class MeanToken(Analysis):
    """The length of the mean activation over a text."""

    name, version, headline = "mean-token", "1", "mean_token"
    summary, reference = "Length of the mean token", "none"
    uses = frozenset({"activations", "corpus"})
    Parameters = Reading

    def used(self, parameters):
        return self.uses if parameters.text else frozenset()

    def analyze(self, cloud, parameters, context):
        if context.corpus is None or context.activations is None:
            return DECLARED.absent("no text")
        pieces = [rows for _, rows in context.activations.pieces(context.corpus.documents())]
        tokens = np.concatenate(pieces)
        return DECLARED.findings({"mean_token": np.linalg.norm(tokens.mean(0))}, n=len(tokens))


class OfItsOwnTexts(MeanToken):
    """One that reads activations and never says that it would take any text."""

    name = "of-its-own-texts"
    uses = frozenset({"activations"})

    def used(self, parameters):
        return self.uses


@pytest.fixture
def tokens(rng):
    return rng.standard_normal((sum(LENGTHS), WIDTH)).astype("f4")


@pytest.fixture
def folder(tmp_path, tokens):
    place = tmp_path / "acts"
    place.mkdir()
    np.save(place / f"00000.{HOOK}.npy", tokens)
    np.save(place / "00000.document.npy", np.repeat(np.arange(len(LENGTHS)), LENGTHS))
    return place


@pytest.fixture
def cloud(rng):
    return FeatureCloud.from_array(rng.standard_normal((20, WIDTH)).astype("f4"))


@pytest.fixture
def plugins(plugin_manager):
    return plugin_manager(sources=sources, one=[MeanToken(), OfItsOwnTexts()])


def given(plugins, folder, **more):
    return {"model": f"stored:{folder}", "hook": HOOK, "plugins": plugins, **more}


def test_documents_of_the_source_feed_an_analysis_that_reads_documents(cloud, plugins, folder, tokens):
    report = run_by_name("mean-token", cloud, **given(plugins, folder))
    assert report.metric().estimate == pytest.approx(np.linalg.norm(tokens.mean(0)), rel=1e-5)
    assert report.metric().n == len(tokens)
    assert report.inputs["corpus"]["n_documents"] == len(LENGTHS)
    assert report.inputs["activations"]["kind"] == "stored"


def test_other_labels_of_the_same_activations_are_another_text(cloud, plugins, folder, tmp_path):
    for group in ("a", "a", "b"):
        (folder / "documents.jsonl").write_text("".join(json.dumps({"group": group}) + "\n" for _ in LENGTHS))
        run_by_name("mean-token", cloud, **given(plugins, folder, out=tmp_path / "out"))
    assert len(list((tmp_path / "out").rglob("*.json"))) == 2


def test_a_text_beside_that_of_the_source_is_one_too_many(cloud, plugins, folder, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "one"}\n')
    parameters = {"text": str(tmp_path / "a.jsonl")}
    with pytest.raises(SaegeoError, match="brings its own documents") as error:
        run_by_name("mean-token", cloud, **given(plugins, folder, parameters=parameters))
    assert error.value.hint == "leave out --set mean-token.text"


def test_an_analysis_that_reads_texts_of_its_own_is_told_so(cloud, plugins, folder):
    with pytest.raises(MissingInput, match="of-its-own-texts reads texts of its own, and stored:"):
        run_by_name("of-its-own-texts", cloud, **given(plugins, folder))


def test_words_cannot_be_asked_of_a_source_with_documents_of_its_own(cloud, plugins, folder):
    class AsksWords(MeanToken):
        name = "asks-words"

        def analyze(self, cloud, parameters, context):
            list(context.activations.of(["a word"]))

    with pytest.raises(MissingInput, match="brings its own documents and reads no others"):
        run(AsksWords(), cloud, **given(plugins, folder))


def test_the_text_of_a_parameter_is_the_text_of_the_run(cloud, plugins, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "one"}\n{"text": "two"}\n')
    read = []

    class Reads(MeanToken):
        def analyze(self, cloud, parameters, context):
            read.extend(document.text for document in context.corpus.documents())
            return DECLARED.absent("a test reads the text alone")

    report = run(Reads(), cloud, parameters={"text": str(tmp_path / "a.jsonl")}, plugins=plugins)
    assert read == ["one", "two"]
    assert "corpus" not in report.inputs
    assert report.inputs["text"]["digest"]


class Couplets:
    name = "couplets"
    summary = "one document for every two lines"

    def open(self, where, rows):
        return OfCouplets(where, rows)


class OfCouplets:
    def __init__(self, where: str, rows: DocumentRows):
        self._lines, self._rows = where.split("/"), rows

    @property
    def n_skipped(self):
        return self._rows.n_skipped

    def describe(self):
        return {"kind": "couplets", "lines": self._lines, **self._rows.describe()}

    def documents(self, start=0):
        pairs = zip(self._lines[::2], self._lines[1::2], strict=True)
        rows = (("a couplet", {"text": "\n".join(pair)}) for pair in pairs)
        yield from list(self._rows.documents(rows, "couplets"))[start:]


@pytest.fixture
def with_couplets(plugin_manager):
    module = types.ModuleType("saegeo_test_couplets")

    @hookimpl
    def saegeo_register_corpora(register):
        register(Couplets())

    module.saegeo_register_corpora = saegeo_register_corpora
    return plugin_manager(couplets=module, one=[MeanToken()])


def test_a_parameter_may_name_a_corpus_of_a_plugin(cloud, with_couplets):
    read = []

    class Reads(MeanToken):
        def analyze(self, cloud, parameters, context):
            read.extend(document.text for document in context.corpora["text"].documents())
            return DECLARED.absent("a test reads the text alone")

    report = run(Reads(), cloud, parameters={"text": "couplets:a/b/c/d"}, plugins=with_couplets)
    assert read == ["a\nb", "c\nd"]
    assert report.inputs["text"]["kind"] == "couplets"


def test_a_kind_that_no_plugin_brings_is_no_corpus(cloud, plugins):
    with pytest.raises(SaegeoError, match="there is no corpus couplets:a/b"):
        run(MeanToken(), cloud, parameters={"text": "couplets:a/b"}, plugins=plugins)
