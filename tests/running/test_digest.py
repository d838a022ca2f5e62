"""What an analysis can read changes the digest of its reports, and what it does not declare it cannot read.

Everything public of what an analysis is handed is listed here with a change of it, or with why it needs none. A new attribute that
is in neither list fails.
"""

import dataclasses
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import Field

from saegeo_core import (
    Analysis,
    AnalysisContext,
    CorpusSpec,
    FeatureCloud,
    FiringStatistics,
    Parameters,
    SaegeoError,
    SaeSpec,
    TextActivations,
    load_cloud,
    run,
)
from saegeo_core.activations.unembedding import Unembedding
from saegeo_core.cloud.description import SaeDescription
from saegeo_core.firing.reflection import Reflection
from saegeo_core.firing.statistics import Control
from saegeo_core.loading import load_encoder
from saegeo_core.plugin.analysis import INPUTS
from saegeo_core.running.job import Job
from saegeo_core.synthetic.activations import made_up_activations, made_up_tokens

N, D, T = 12, 6, 20


class Everything(Parameters):
    factor: float = Field(default=1.0, description="A number.")
    other: SaeSpec | None = Field(default=None, description="Another SAE.")
    others: list[SaeSpec] = Field(default=[], description="Other SAEs.")
    text: CorpusSpec | None = Field(default=None, description="A text.")
    texts: list[CorpusSpec] = Field(default=[], description="Texts.")
    file: Path | None = Field(default=None, description="A file.")
    files: list[Path] = Field(default=[], description="Files.")


class Reader(Analysis):
    name, version, headline, summary, reference = "reader", "1", "nothing", "Reads everything", "none"
    uses = frozenset(INPUTS) - {"vectors"}
    Parameters = Everything


def public(thing):
    return {name for name in dir(thing) if not name.startswith("_")}


def rows(seed=0):
    return np.random.default_rng(seed).standard_normal((N, D)).astype(np.float32)


def described(**known):
    return SaeDescription(spec="memory:a", release="memory", sae_id="a", d_sae=N, d_in=D, dtype="float32", **known)


def cloud_of(values=None, labels=tuple("abcdefghijkl")):
    return FeatureCloud.from_array(rows() if values is None else values, sae=described(), labels=labels)


def control_of(seed=0, signs=1):
    axes = np.linalg.qr(rows(seed)[:D])[0].astype(np.float32)
    return Control(Reflection(axes, np.full(D, signs, np.int8)), bare_firing(seed))


def bare_firing(seed=0, **known):
    return FiringStatistics.from_arrays(np.random.default_rng(seed).random((T, N)) < 0.4, **known)


KNOWN = {
    "token_counts": np.full(N, 30),
    "activation_sum": np.full(N, 9.0),
    "activation_sum_of_squares": np.full(N, 9.0),
    "activation_max": np.full(N, 2.0),
    "n_tokens": 200,
    "document_of_block": np.arange(T) // 2,
    "label_of_block": np.arange(T) % 2,
    "label_names": ("a", "b"),
    "tokens_of_block": np.full(T, 10),
    "group_of_document": np.arange(T // 2),
    "block_tokens": 10,
    "fires_above": 0.0,
    "tails": "dropped",
    "n_tails": 3,
    "sae_digest": "a",
    "corpus": {"text": "a"},
    "axes": np.eye(D, dtype=np.float32),
}


def firing_of(**changed):
    return bare_firing(**{"controls_from": (control_of,), **KNOWN, **changed})


def job(**changed):
    given = {
        "cloud": cloud_of(),
        "firing": firing_of(),
        "activations": made_up_activations(made_up_tokens(D), D),
        "encoder": torch.from_numpy(rows(1)),
        "unembedding": Unembedding(torch.from_numpy(rows(3)), ("b",) * len(rows(3))),
        "parameters": Everything(),
        "preset": "calibrated",
        "seed": 0,
        "device": "cpu",
    }
    return Job(analysis=Reader(), package="here", **{**given, **changed})


@pytest.fixture(scope="module")
def unchanged():
    assert job().digest == job().digest
    return job().digest


IN_CONTEXT = {
    "rng": {"seed": 1},
    "preset": {"preset": "paper"},
    "firing": {"firing": firing_of(n_tails=4)},
    "encoder": {"encoder": torch.from_numpy(rows(2))},
    "activations": {"activations": made_up_activations(made_up_tokens(D), D, "another")},
    "unembedding": {"unembedding": Unembedding(torch.from_numpy(rows(3)), ("a",) * len(rows(3)))},
}
FROM_PARAMETERS = {"clouds", "corpora", "corpus"}
TELLS_NOTHING = {"device", "progress", "watch"}
"""Where it is computed, for processors and cards agree; and how far it is."""


def test_the_context_holds_nothing_without_an_identity():
    assert public(AnalysisContext(rng=None)) == IN_CONTEXT.keys() | FROM_PARAMETERS | TELLS_NOTHING


@pytest.mark.parametrize("name", IN_CONTEXT)
def test_what_the_context_holds_changes_the_digest(name, unchanged):
    assert job(**IN_CONTEXT[name]).digest != unchanged
    assert job(**dict.fromkeys(IN_CONTEXT[name], None)).digest != unchanged or name in ("rng", "preset")


OF_CLOUD = {
    "vectors": lambda cloud: replace(cloud, vectors=cloud.vectors + 1),
    "feature_ids": lambda cloud: replace(cloud, feature_ids=cloud.feature_ids + 1),
    "labels": lambda cloud: replace(cloud, labels=("other", *cloud.labels[1:])),
    "n_zero_rows": lambda cloud: replace(cloud, n_zero_rows=1),
    "sae": lambda cloud: replace(cloud, sae=described(model="another")),
}
FOLLOWS_FROM_CLOUD = {"norms", "n_features", "d_in", "n_duplicate_rows", "digest", "identify", "identity", "checksum"}
MAKES_CLOUDS = {
    "from_array",
    "from_sae",
    "select",
    "unit_vectors",
    "with_unit_rows",
    "near_unit_length",
    "with_labels",
    "with_description",
}


def test_a_cloud_holds_nothing_without_an_identity():
    assert public(cloud_of()) == OF_CLOUD.keys() | FOLLOWS_FROM_CLOUD | MAKES_CLOUDS


@pytest.mark.parametrize("name", OF_CLOUD)
def test_what_a_cloud_holds_changes_the_digest(name, unchanged):
    assert job(cloud=OF_CLOUD[name](cloud_of())).digest != unchanged


NAME_AS_TYPED = {"spec"}
"""Release and id say which SAE it is, whatever was typed for it."""


@pytest.mark.parametrize("name", sorted(SaeDescription.model_fields.keys() - NAME_AS_TYPED))
def test_all_that_is_known_of_an_sae_changes_the_digest(name, unchanged):
    value = {"d_sae": 99, "d_in": 99, "layer": 7, "l0": 7.5, "l0_stated": 7.5, "l0_tokens": 70}.get(name, "other")
    other = cloud_of().sae.model_copy(update={name: {"notes": 1} if name == "training" else value})
    assert job(cloud=cloud_of().with_description(other)).digest != unchanged


def test_what_was_typed_for_an_sae_makes_no_other_report(unchanged):
    assert job(cloud=cloud_of().with_description(described().model_copy(update={"spec": "./a"}))).digest == unchanged


OF_FIRING = {
    "token_counts": np.full(N, 31),
    "activation_sum": np.full(N, 9.5),
    "activation_sum_of_squares": np.full(N, 9.5),
    "activation_max": np.full(N, 2.5),
    "n_tokens": 201,
    "document_of_block": np.arange(T) // 4,
    "label_of_block": np.arange(T) // 10,
    "label_names": ("a", "c"),
    "tokens_of_block": np.full(T, 11),
    "group_of_document": np.arange(T // 2) // 2,
    "block_tokens": 11,
    "fires_above": 1.0,
    "tails": "kept",
    "n_tails": 4,
    "sae_digest": "b",
    "corpus": {"text": "b"},
    "axes": 2 * np.eye(D, dtype=np.float32),
    "controls_from": (lambda: control_of(1),),
    "feature_ids": np.arange(N) + 1,
}
FIRED = {"fired", "pair_counts", "counts", "n_blocks"}
"""Other ones come together."""


def test_firing_statistics_hold_nothing_without_an_identity():
    assert {field.name for field in dataclasses.fields(FiringStatistics)} == OF_FIRING.keys() | FIRED


@pytest.mark.parametrize("name", OF_FIRING)
def test_what_firing_statistics_hold_changes_the_digest(name, unchanged):
    assert job(firing=firing_of(**{name: OF_FIRING[name]})).digest != unchanged


def test_what_fired_changes_the_digest(unchanged):
    pairs = FiringStatistics.from_cooccurrence(firing_of().cooccurrence().numpy(), T)
    others = [
        firing_of(seed=5),
        firing_of(controls_from=()),
        firing_of(controls_from=(lambda: control_of(0, -1),)),
        pairs,
    ]
    assert len({unchanged, *(job(firing=one).digest for one in others)}) == 5


def test_controls_that_were_stored_are_identified_without_being_opened(tmp_path, monkeypatch):
    firing_of().write(tmp_path / "one")
    firing_of(controls_from=(lambda: control_of(1),)).write(tmp_path / "other")
    opened = [FiringStatistics.open(tmp_path / name) for name in ("one", "other", "one")]
    monkeypatch.setattr("saegeo_core.firing.statistics._control_from_stored", None)
    one, other, again = (firing.identity for firing in opened)
    assert one == again != other
    assert opened[0].digest == opened[1].digest
    assert opened[0].select([1, 2]).identity == opened[2].select([1, 2]).identity != opened[1].select([1, 2]).identity


OF_ACTIVATIONS = {
    "model": lambda one: replace(one, model="another"),
    "hook": lambda one: replace(one, hook="blocks.9.hook_resid_pre"),
    "source": lambda _: made_up_activations(made_up_tokens(D), D, "another"),
}
FOLLOWS_FROM_ACTIVATIONS = {"corpus", "d_in", "describe", "of", "pieces", "embeddings", "reopen"}


def test_activations_hold_nothing_without_an_identity(unchanged):
    there = {field.name for field in dataclasses.fields(TextActivations)} | public(TextActivations)
    assert there == OF_ACTIVATIONS.keys() | FOLLOWS_FROM_ACTIVATIONS
    given = job().activations
    assert len({unchanged, *(job(activations=change(given)).digest for change in OF_ACTIVATIONS.values())}) == 4


@pytest.mark.parametrize("key", ["other", "others", "text", "texts", "file", "files"])
def test_what_a_parameter_names_changes_the_digest(key, tmp_path):
    is_list, is_sae = key.endswith("s"), key.startswith("other")
    path = tmp_path / ("a.npy" if is_sae else "a.jsonl")
    digests = set()
    for number in (1, 2):
        if is_sae:
            np.save(path, rows(number))
        else:
            path.write_text(json.dumps({"text": str(number)}))
        parameters = Everything(**{key: [str(path)] if is_list else str(path)})
        digests |= {job(parameters=parameters).digest for _ in range(2)}
    assert len(digests) == 2


def reading(what, **attributes):
    """An analysis that looks at one thing."""

    class Looks(Reader):
        uses = frozenset()

        def analyze(self, cloud, parameters, context):
            what(cloud, context)

    for name, value in attributes.items():
        setattr(Looks, name, value)
    return Looks()


@pytest.mark.parametrize(
    ("what", "name", "place"),
    [
        (
            lambda cloud, _: pd.DataFrame({"feature": cloud.feature_ids, "label": cloud.labels}),
            "labels",
            "cloud.labels",
        ),
        (lambda cloud, _: cloud.select(np.arange(3)).with_unit_rows().labels[0], "labels", "cloud.labels"),
        (lambda _, context: context.firing.counts, "firing", "context.firing"),
        (lambda _, context: bool(context.encoder), "encoder", "context.encoder"),
        (lambda _, context: replace(context, device="cpu").encoder[0], "encoder", "context.encoder"),
        (lambda _, context: context.activations.of(["a"]), "activations", "context.activations"),
        (lambda _, context: context.unembedding.tokens, "unembedding", "context.unembedding"),
        (lambda _, context: list(context.corpus.documents()), "corpus", "context.corpus"),
    ],
)
def test_what_is_not_declared_cannot_be_read(what, name, place):
    with pytest.raises(SaegeoError) as error:
        replace(job(), analysis=reading(what)).perform()
    assert error.value.message.startswith(f"reader reads {place} and does not declare it")
    assert f'uses = frozenset({{"{name}"}})' in error.value.hint


def test_declared_and_not_given_is_none():
    seen = []
    what = reading(
        lambda cloud, context: seen.append((cloud.labels, context.firing, context.encoder)), uses=Reader.uses
    )
    with pytest.raises(TypeError, match="NoneType, not Findings"):
        replace(job(), analysis=what, cloud=cloud_of(labels=None), firing=None, encoder=None).perform()
    assert seen == [(None, None, None)]


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (lambda *_: load_cloud("minilm-l6:layer_3"), "loads an SAE"),
        (lambda *_: FiringStatistics.open("nowhere"), "opens firing statistics"),
        (lambda *_: CorpusSpec("nowhere").open(), "opens a corpus"),
    ],
)
def test_the_doors_are_shut_while_an_analysis_works(what, told):
    with pytest.raises(SaegeoError, match=f"reader {told} while it works"):
        replace(job(), analysis=reading(what)).perform()
    with pytest.raises(SaegeoError, match="nowhere"):
        FiringStatistics.open("nowhere")


def test_a_parameter_left_out_says_what_to_type():
    with pytest.raises(SaegeoError, match=r"reader\.text was left out"):
        replace(job(), analysis=reading(lambda _, context: context.corpora["text"])).perform()


def test_what_it_does_not_declare_makes_no_other_report():
    def digest(**changed):
        return replace(job(), analysis=reading(None), **changed).digest

    others = {
        "cloud": cloud_of(labels=None),
        "firing": None,
        "encoder": None,
        "activations": None,
    }
    assert {digest(), *(digest(**{name: value}) for name, value in others.items())} == {digest()}


def test_labels_given_later_are_in_the_report(tmp_path):
    """A report made without them was served again."""
    file = tmp_path / "labels.json"
    np.save(tmp_path / "a.npy", rows())
    tables = []
    for labels in (None, "dates", "names", "names"):
        if labels:
            file.write_text(json.dumps({"0": labels}))
        cloud = load_cloud(str(tmp_path / "a.npy"), labels=file if labels else None)
        report = run("redundancy", cloud, out=tmp_path / "out", parameters={"null_draws": 2, "threshold": 0.05})
        tables.append(
            [one.columns.get("label", [None])[0] for one in report.tables.values() if "feature" in one.columns]
        )
        assert ("labels" in report.inputs) == (labels is not None)
    assert tables == [[None], ["dates"], ["names"], ["names"]]
    assert len(list((tmp_path / "out").rglob("*.json"))) == 3


class EncoderMean(Analysis):
    name, version, headline, summary, reference = "encoder-mean", "1", "mean_norm", "Its mean", "none"
    needs = frozenset({"vectors", "encoder"})

    def __init__(self, honest):
        self.honest = honest

    def analyze(self, cloud, parameters, context):
        assert context.encoder.shape == (cloud.n_features, D)
        return self.honest.analyze(FeatureCloud.from_array(context.encoder), self.honest.Parameters(), context)


def save_sae(path, decoder, encoder):
    from safetensors.numpy import save_file

    save_file({"W_dec": decoder, "W_enc": np.ascontiguousarray(encoder.T)}, path)


def test_an_encoder_that_changed_is_read_again(mean_norm, tmp_path):
    """A report of the encoder of before was served."""
    path, numbers = tmp_path / "a.safetensors", []
    decoder = rows()
    decoder[3] = 0
    for encoder in (np.ones((N, D), np.float32), 2 * np.ones((N, D), np.float32)):
        save_sae(path, decoder, encoder)
        numbers.append(run(EncoderMean(mean_norm), str(path), out=tmp_path / "out").metric().value)
    assert numbers == pytest.approx([D**0.5, 2 * D**0.5])


def test_an_encoder_is_found_or_not(mean_norm, tmp_path):
    np.save(tmp_path / "a.npy", rows())
    for there in (str(tmp_path / "a.npy"), cloud_of()):
        with pytest.raises(SaegeoError, match="encoder-mean needs encoder, which this run does not have"):
            run(EncoderMean(mean_norm), there)
    bundled = load_cloud("minilm-l6:layer_3")
    torch.testing.assert_close(load_encoder(bundled), load_cloud("minilm-l6:layer_3", rows="encoder").vectors)
    save_sae(tmp_path / "b.safetensors", rows(), np.full((N, D), np.nan, np.float32))
    with pytest.raises(SaegeoError, match="holds NaN"):
        load_encoder(load_cloud(str(tmp_path / "b.safetensors")))
