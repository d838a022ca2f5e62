"""A parameter that names a corpus: how it is given, what the analysis gets, and what the report keeps of it."""

import pytest
from pydantic import Field

from saegeo_core import CorpusSpec, Parameters, SaegeoError, run


class Reading(Parameters):
    text: CorpusSpec | None = Field(default=None, description="What is read.")


@pytest.fixture
def reading(mean_norm, monkeypatch):
    """An analysis that keeps the documents it was given, by run."""
    read = []
    honest = type(mean_norm).analyze

    def analyze(cloud, parameters, context):
        read.append({name: [one.text for one in corpus.documents()] for name, corpus in context.corpora.items()})
        return honest(mean_norm, cloud, type(mean_norm).Parameters(), context)

    monkeypatch.setattr(mean_norm, "Parameters", Reading, raising=False)
    monkeypatch.setattr(mean_norm, "presets", {"calibrated": {}})
    monkeypatch.setattr(mean_norm, "analyze", analyze)
    return mean_norm, read


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.jsonl"
    path.write_text('{"text": "one"}\n{"text": "two"}\n')
    return path


def test_a_parameter_names_a_corpus_as_the_command_line_does(texts):
    for given in (str(texts), CorpusSpec.parse(str(texts))):
        parameters = Reading(text=given)
        assert parameters.text == CorpusSpec(str(texts))
        assert parameters.model_dump(mode="json") == {"text": str(texts)}
        assert [one.text for one in parameters.text.open().documents()] == ["one", "two"]


def test_the_analysis_gets_the_documents_and_the_report_says_which(reading, cloud, texts):
    analysis, read = reading
    report = run(analysis, cloud, parameters={"text": str(texts)})
    assert read == [{"text": ["one", "two"]}]
    told = dict(report.inputs["text"])
    assert told.pop("digest")
    assert told == CorpusSpec(str(texts)).open().describe()


def test_left_out_there_is_none(reading, cloud):
    analysis, read = reading
    assert "text" not in run(analysis, cloud).inputs
    assert read == [{}]


def test_other_text_under_the_same_name_makes_another_report(reading, cloud, texts, tmp_path):
    analysis, read = reading
    for text in ("one", "one", "another"):
        texts.write_text(f'{{"text": "{text}"}}\n')
        run(analysis, cloud, parameters={"text": str(texts)}, out=tmp_path / "out")
    assert read == [{"text": ["one"]}, {"text": ["another"]}]
    assert len(list((tmp_path / "out").rglob("*.json"))) == 2


@pytest.mark.parametrize(
    ("given", "told"),
    [("", "names no corpus"), ("  ", "names no corpus"), ("a\0b", "names no corpus"), (3, "cannot be 3")],
)
def test_what_names_no_corpus_is_refused(reading, cloud, given, told):
    with pytest.raises(SaegeoError, match=told):
        run(reading[0], cloud, parameters={"text": given})


def test_a_corpus_that_is_not_there_is_the_users_mistake(reading, cloud, tmp_path):
    with pytest.raises(SaegeoError, match="nowhere"):
        run(reading[0], cloud, parameters={"text": str(tmp_path / "nowhere.jsonl")})
