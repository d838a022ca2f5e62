"""A harvest that is stopped goes on where it was, and ends as if nothing had happened."""

import errno
import json
import multiprocessing
import os
import runpy
import textwrap
import time
import tracemalloc

import numpy as np
import pytest

from saegeo_core import SaegeoError, file_lock
from saegeo_core.corpora.document_rows import DocumentRows
from saegeo_core.corpora.json_lines import JsonLinesCorpus
from saegeo_core.firing import incidence
from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.harvesting.engine import harvest
from saegeo_core.harvesting.settings import HarvestSettings

SETTINGS = HarvestSettings(block_tokens=4)
pytestmark = pytest.mark.usefixtures("small_portions")


class Stop(Exception):
    """Ends a harvest."""


@pytest.fixture
def uninterrupted(tmp_path, make_sae, word_source, corpus):
    """Digest of a harvest that nobody stopped."""
    return harvest([make_sae()], word_source(), corpus, tmp_path / "whole", SETTINGS)[0].firing.digest


def stopping_at(numbers):
    """Raises Stop at the batches of these numbers, counted over all calls."""
    calls = iter(range(10_000))

    def after_batch(_):
        if next(calls) in numbers:
            raise Stop

    return after_batch


@pytest.mark.parametrize("numbers", [{0}, {5}, {3, 4, 9, 20}], ids=str)
def test_an_interrupted_harvest_goes_on(tmp_path, make_sae, word_source, corpus, uninterrupted, numbers):
    source = word_source(batch_tokens=9, after_batch=stopping_at(numbers))
    for _ in numbers:
        with pytest.raises(Stop):
            harvest([make_sae()], source, corpus, tmp_path / "out", SETTINGS)
    assert harvest([make_sae()], source, corpus, tmp_path / "out", SETTINGS)[0].firing.digest == uninterrupted
    assert not (tmp_path / "out" / ".unfinished").exists()


def test_what_is_finished_is_not_computed_again(tmp_path, make_sae, word_source, corpus, uninterrupted):
    source = word_source()
    [harvested] = harvest([make_sae()], source, corpus, tmp_path / "whole", SETTINGS)
    assert harvested.firing.digest == uninterrupted
    assert not source.seen


def test_of_an_interrupted_harvest_only_the_unfinished_portion_is_read_again(tmp_path, make_sae, word_source, corpus):
    first = word_source(batch_tokens=9, after_batch=stopping_at({20}))
    with pytest.raises(Stop):
        harvest([make_sae()], first, corpus, tmp_path, SETTINGS)
    second = word_source(batch_tokens=9)
    harvest([make_sae()], second, corpus, tmp_path, SETTINGS)
    twice = set(first.seen) & set(second.seen)
    assert len({document for document, _ in twice}) <= 2
    lengths = [len(document.text.split()) for document in corpus.documents()]
    assert len(set(first.seen) | set(second.seen)) == sum(lengths)


def damage_bytes(shard, record):
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)


def cut_short(shard, record):
    shard.write_bytes(shard.read_bytes()[:-1])


def lose_record(shard, record):
    record.unlink()


def garble_record(shard, record):
    record.write_text(record.read_text()[:-9])


def swap_with_next(shard, record):
    for path in (shard, record):
        following = path.with_stem("shard-00003")
        content, other = path.read_bytes(), following.read_bytes()
        path.write_bytes(other)
        following.write_bytes(content)


def record_says(**changed):
    def change(shard, record):
        record.write_text(json.dumps(json.loads(record.read_text()) | changed))

    return change


@pytest.mark.parametrize(
    "damage",
    [
        damage_bytes,
        cut_short,
        lose_record,
        garble_record,
        swap_with_next,
        pytest.param(record_says(is_last=True), id="ends_early"),
        pytest.param(record_says(n_tokens=1, n_blocks=9), id="other_counts"),
        pytest.param(record_says(next_document=7), id="passes_over_documents"),
    ],
)
def test_a_damaged_shard_is_detected_and_redone(tmp_path, make_sae, word_source, corpus, uninterrupted, damage):
    with pytest.raises(Stop):
        source = word_source(batch_tokens=9, after_batch=stopping_at({25}))
        harvest([make_sae()], source, corpus, tmp_path / "out", SETTINGS)
    [folder] = (tmp_path / "out" / ".unfinished").iterdir()
    assert (folder / "shard-00004.json").exists()
    damage(folder / "shard-00002.npz", folder / "shard-00002.json")
    assert harvest([make_sae()], word_source(), corpus, tmp_path / "out", SETTINGS)[0].firing.digest == uninterrupted


@pytest.mark.parametrize("content", [b"", b"PK", None], ids=["empty", "cut short", "of an SAE with fewer features"])
def test_damaged_controls_are_calibrated_again(tmp_path, make_sae, word_source, corpus, content):
    rules = HarvestSettings(block_tokens=4, control_draws=2, gaussian_draws=1)
    [whole] = harvest([make_sae()], word_source(), corpus, tmp_path / "whole", rules)
    with pytest.raises(Stop):
        harvest(
            [make_sae()], word_source(batch_tokens=9, after_batch=stopping_at({90})), corpus, tmp_path / "out", rules
        )
    [folder] = (tmp_path / "out" / ".unfinished").iterdir()
    path = folder / "controls-00000.npz"
    with np.load(path) as kept:
        fewer = dict(kept) | {"thresholds": kept["thresholds"][:, :-1]}
    np.savez(path, **fewer) if content is None else path.write_bytes(content)
    [found] = harvest([make_sae()], word_source(), corpus, tmp_path / "out", rules)
    assert found.firing.digest == whole.firing.digest
    assert [one.firing.digest for one in found.firing.controls()] == [
        one.firing.digest for one in whole.firing.controls()
    ]


def test_a_damaged_result_is_harvested_again(tmp_path, make_sae, word_source, corpus, uninterrupted):
    [harvested] = harvest([make_sae()], word_source(), corpus, tmp_path / "out", SETTINGS)
    (harvested.folder / "counts.npy").write_bytes(b"")
    [again] = harvest([make_sae()], word_source(), corpus, tmp_path / "out", SETTINGS)
    assert again.firing.digest == uninterrupted


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"settings": HarvestSettings(block_tokens=5)}, "settings.block_tokens was 4, is 5"),
        ({"settings": HarvestSettings(block_tokens=4, fires_above=1.0)}, "settings.fires_above was 0.0, is 1.0"),
        ({"settings": HarvestSettings(block_tokens=4, documents=3)}, "settings.documents was None, is 3"),
        ({"seed": 7}, "sae.encoder was .*, is "),
        ({"texts": 5}, "corpus.digest was .*, is "),
    ],
    ids=["blocks", "rule", "documents", "sae", "corpus"],
)
@pytest.mark.parametrize("is_finished", [False, True])
def test_anything_different_is_refused_and_named(
    tmp_path, make_sae, word_source, corpus, corpus_of, texts, change, difference, is_finished
):
    source = word_source(batch_tokens=9, after_batch=stopping_at(set() if is_finished else {10}))
    try:
        harvest([make_sae(name="one")], source, corpus, tmp_path, SETTINGS)
    except Stop:
        assert not is_finished
    sae = make_sae(seed=change.get("seed", 0), name="one")
    other = corpus_of(texts[: change["texts"]]) if "texts" in change else corpus
    with pytest.raises(SaegeoError, match=difference):
        harvest([sae], word_source(), other, tmp_path, change.get("settings", SETTINGS))


def test_a_text_that_is_changed_meanwhile_is_refused(tmp_path, make_sae, word_source, corpus_of, texts):
    corpus, other = corpus_of(texts), corpus_of(texts[::-1])

    def change(number):
        corpus.__dict__.update(other.__dict__)

    with pytest.raises(SaegeoError, match="the text was changed while it was harvested"):
        harvest([make_sae()], word_source(batch_tokens=9, after_batch=change), corpus, tmp_path / "out", SETTINGS)
    [again] = harvest([make_sae()], word_source(), corpus, tmp_path / "out", SETTINGS)
    [alone] = harvest([make_sae()], word_source(), other, tmp_path / "alone", SETTINGS)
    assert again.firing.digest == alone.firing.digest


def test_where_a_model_lies_makes_no_difference(tmp_path, make_sae, word_source, corpus):
    class Elsewhere(word_source):
        def __init__(self, where, **options):
            super().__init__(**options)
            self.where = where

        def describe(self):
            return super().describe() | {"model": self.where, "model_digest": "00ff"}

    with pytest.raises(Stop):
        harvest([make_sae()], Elsewhere("a", batch_tokens=9, after_batch=stopping_at({9})), corpus, tmp_path, SETTINGS)
    harvest([make_sae()], Elsewhere("b"), corpus, tmp_path, SETTINGS)


def test_a_second_harvest_into_the_folder_is_refused_while_the_first_goes_on(tmp_path, make_sae, word_source, corpus):
    """Otherwise the shards of both would be merged into one result."""
    one, two = make_sae(name="one"), make_sae(seed=1, name="two")
    refused = []

    def start_another(_):
        for saes, rules in (([one], HarvestSettings(block_tokens=5)), ([two, one], SETTINGS)):
            with pytest.raises(SaegeoError, match="one is being harvested into .* by process") as raised:
                harvest(saes, word_source(), corpus, tmp_path / "out", rules)
            refused.append(raised.value)

    [first] = harvest(
        [one], word_source(batch_tokens=90, after_batch=start_another), corpus, tmp_path / "out", SETTINGS
    )
    assert refused
    [alone] = harvest([one], word_source(), corpus, tmp_path / "alone", SETTINGS)
    assert first.firing.digest == alone.firing.digest
    harvest([two], word_source(), corpus, tmp_path / "out", SETTINGS)
    assert not (tmp_path / "out" / ".unfinished").exists()


def test_where_files_cannot_be_locked_a_harvest_says_so_and_goes_on(
    tmp_path, make_sae, word_source, corpus, uninterrupted, monkeypatch
):
    def no_locks(_file):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(file_lock, "_lock", no_locks)
    with pytest.warns(UserWarning, match="a file system without locks"):
        [harvested] = harvest([make_sae()], word_source(), corpus, tmp_path / "out", SETTINGS)
    assert harvested.firing.digest == uninterrupted


def write_lines(path, texts, broken_line):
    rows = [json.dumps({"text": text}) for text in texts]
    rows.insert(broken_line - 1, '{"text": "cut')
    path.write_text("\n".join(rows))


def test_after_a_broken_line_a_harvest_goes_on_without_it(tmp_path, make_sae, word_source, texts):
    path = tmp_path / "corpus.jsonl"
    write_lines(path, texts, broken_line=12)

    def corpus(skip_bad_lines):
        return JsonLinesCorpus([("corpus.jsonl", path)], DocumentRows(skip_bad_lines=skip_bad_lines))

    source = word_source()
    with pytest.raises(SaegeoError, match="(?s)line 12 of .*type --skip-bad-lines"):
        harvest([make_sae()], source, corpus(False), tmp_path / "out", SETTINGS)
    n_before = len(source.seen)
    assert n_before > 0
    [harvested] = harvest([make_sae()], source, corpus(True), tmp_path / "out", SETTINGS)
    assert harvested.firing.corpus["skipped_lines"] == 1
    assert len(source.seen) == sum(len(text.split()) for text in texts)
    [at_once] = harvest([make_sae()], word_source(), corpus(True), tmp_path / "at once", SETTINGS)
    assert harvested.firing.digest == at_once.firing.digest


def test_a_full_disk_loses_nothing(tmp_path, make_sae, word_source, corpus, uninterrupted, monkeypatch):
    calls = iter(range(10_000))

    def no_space_left(_):
        if next(calls) == 9:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space_left)
    source = word_source()
    with pytest.raises(SaegeoError, match="(?s)No space left on device.*make room"):
        harvest([make_sae()], source, corpus, tmp_path / "out", SETTINGS)
    seen = set(source.seen)
    assert seen
    source.seen.clear()
    assert harvest([make_sae()], source, corpus, tmp_path / "out", SETTINGS)[0].firing.digest == uninterrupted
    assert len({document for document, _ in set(source.seen) & seen}) <= 2


def test_progress_tells_what_was_there_from_what_is_done_now(tmp_path, make_sae, word_source, corpus, texts):
    with pytest.raises(Stop):
        harvest([make_sae()], word_source(batch_tokens=9, after_batch=stopping_at({20})), corpus, tmp_path, SETTINGS)
    told = []
    harvest([make_sae()], word_source(), corpus, tmp_path, SETTINGS, watch=lambda *numbers: told.append(numbers))
    assert told == sorted(told)
    documents, tokens, tokens_now = told[-1]
    assert (documents, tokens) == (len(texts), sum(len(text.split()) for text in texts))
    assert 0 < tokens_now < tokens


def test_memory_does_not_grow_with_the_corpus(tmp_path, make_sae, word_source, corpus_of, monkeypatch):
    monkeypatch.setattr(incidence, "ENTRIES_AT_ONCE", 2**17)
    sae = make_sae(n_features=2048)

    def peak(n_documents):
        rng = np.random.default_rng(0)
        texts = [" ".join(f"w{word}" for word in rng.integers(0, 30, 40)) for _ in range(n_documents)]
        source, corpus = word_source(), corpus_of(texts)
        source.after_batch = lambda _: source.seen.clear()
        tracemalloc.start()
        harvest([sae], source, corpus, tmp_path / str(n_documents), HarvestSettings(block_tokens=1))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(2)
    assert peak(100) < 1.5 * peak(12)


HARVEST_AGAIN = """
    import os, sys, time, hashlib
    import numpy as np, torch
    from saegeo_core.harvesting import portions
    from saegeo_core.harvesting.placed_sae import PlacedSae
    from saegeo_core.harvesting.engine import harvest
    from saegeo_core.harvesting.settings import HarvestSettings
    from saegeo_core.activations.source_kind import SourceRequest
    from saegeo_core.activations.synthetic_source import Plant, SyntheticSource
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.loading.whole_sae import WholeSae

    torch.set_num_threads(1)
    portions.CHARACTERS = 3 * portions.CHARACTERS_OF_A_DOCUMENT
    source = SyntheticSource(Plant(n_documents=120, least_tokens=20, most_tokens=60), SourceRequest(("here",)))

    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.W_enc = torch.nn.Parameter(torch.from_numpy(source.plant.directions("here").T.copy()))

        def encode(self, rows):
            time.sleep(0.02)
            return torch.relu(rows @ self.W_enc - 0.5)

    cloud = FeatureCloud.from_array(source.plant.directions("here"), name="tied")
    sae = WholeSae(
        cloud=cloud, module=Tied(), d_in=64, n_features=64, architecture="standard", is_feature_wise=True,
        digest="0",
    )
    harvest([PlacedSae(sae, "here")], source, source.corpus, OUT, HarvestSettings(block_tokens=16))
"""


def test_killed_at_five_random_moments_it_ends_as_if_it_had_not_been(tmp_path, rng):
    """SIGKILL, which no process can catch, in processes of their own."""
    script = tmp_path / "harvest_again.py"
    script.write_text(textwrap.dedent(HARVEST_AGAIN))
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["torch", "saegeo_core.harvesting.engine"])

    def n_shards(out):
        return len(list(out.rglob("shard-*.json")))

    def start(out):
        process = processes.Process(target=runpy.run_path, args=(str(script), {"OUT": str(out)}))
        process.start()
        return process

    whole = start(tmp_path / "whole")
    whole.join()
    assert whole.exitcode == 0

    out = tmp_path / "killed"
    for _ in range(5):
        process = start(out)
        n_before = n_shards(out)
        while process.is_alive() and n_shards(out) == n_before:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.1))
        process.kill()
        process.join()
        assert process.exitcode == -9, "it was over before it was killed"
    last = start(out)
    last.join()
    assert last.exitcode == 0
    expected, found = (FiringStatistics.open(folder) for folder in (tmp_path / "whole", out))
    assert found.digest == expected.digest
