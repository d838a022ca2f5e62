"""Shards made by workers: the folder is that of a serial harvest, byte for byte, whoever made what, when, and however often."""

import errno
import itertools
import os
import random
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from saegeo_core import SaegeoError
from saegeo_core.errors import Unfinished
from saegeo_core.harvesting import shard_work
from saegeo_core.harvesting.elsewhere import MOST_FRUITLESS, Workers
from saegeo_core.harvesting.engine import harvest
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.harvesting.shards import ShardFolder, disk_errors_explained

SETTINGS = HarvestSettings(block_tokens=4)
pytestmark = pytest.mark.usefixtures("small_portions")


class Opened:
    """Opens what it is given, or says that there is nothing."""

    def __init__(self, saes, source, is_there=True):
        self._saes, self._source, self._is_there = saes, source, is_there

    def saes(self):
        if not self._is_there:
            raise SaegeoError("there is no SAE here")
        return self._saes

    def source(self, saes, model=None):
        assert model is None
        return self._source


class InAnyOrder:
    """Workers that are this process: `n` portions are taken at a time and done in random order; `meets` each portion before."""

    def __init__(self, n=3, meets=lambda work: None, order=lambda common: common):
        self.n, self.meets, self.order = n, meets, order
        self.made, self.closed = [], False

    def perform(self, work, common=None):
        chance, work = random.Random(0), iter(work)
        while taken := list(itertools.islice(work, self.n)):
            for one in chance.sample(taken, len(taken)):
                why = self.meets(one)
                if why is None:
                    self.made.append(one.number)
                yield one, one.lost(why) if why else one.done(self.order(common))


@pytest.fixture(autouse=True)
def fresh_workers():
    yield
    shard_work._benches.clear()


def content_of(folder):
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


@pytest.fixture
def saes(make_sae):
    return [make_sae(), make_sae("topk", 1)]


@pytest.fixture
def harvested(tmp_path, saes, word_source, corpus):
    """Harvests into a folder of that name, by workers if they are given; returns every file of it."""

    def into(name, settings=SETTINGS, executor=None, opening=None, **more):
        opening = opening or Opened(saes, word_source(batch_tokens=9))
        workers = executor and Workers(executor, opening)
        harvest(saes, word_source(batch_tokens=9), corpus, tmp_path / name, settings, workers=workers, **more)
        assert not (tmp_path / name / ".unfinished").exists()
        return content_of(tmp_path / name)

    return into


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"keep_tails": True},
        {"documents": 7},
        {"control_draws": 2, "gaussian_draws": 1},
        *({"tokens": tokens} for tokens in (1, 37, 60, 200, 10_000)),
    ],
    ids=str,
)
def test_the_folder_is_that_of_a_serial_harvest(harvested, rules):
    settings = HarvestSettings(block_tokens=4, **rules)
    executor = InAnyOrder()
    if "tokens" in rules and rules["tokens"] < 4:
        for name, by in (("serial", None), ("parallel", executor)):
            with pytest.raises(SaegeoError, match="fills a block"):
                harvested(name, settings, by)
        return
    assert harvested("parallel", settings, executor) == harvested("serial", settings)
    assert executor.made


def test_a_limit_may_fall_on_the_last_token_of_any_portion(harvested, texts):
    lengths = [len(text.split()) for text in texts]
    for n_documents in (2, 4, 5):
        settings = HarvestSettings(block_tokens=4, tokens=sum(lengths[:n_documents]))
        by_workers = harvested(f"parallel {n_documents}", settings, InAnyOrder())
        assert by_workers == harvested(f"serial {n_documents}", settings)


def test_where_workers_do_not_see_the_folder_shards_travel_back(harvested):
    executor = InAnyOrder(order=lambda common: replace(common, made=Path("/nowhere/at/all")))
    assert harvested("parallel", executor=executor) == harvested("serial")


def test_what_was_lost_with_its_worker_is_made_again(harvested):
    losses = iter(["died"] * 4)
    executor = InAnyOrder(meets=lambda work: next(losses, None))
    assert harvested("parallel", executor=executor) == harvested("serial")


def test_workers_that_always_die_end_it_and_it_goes_on(harvested, tmp_path):
    deadly = InAnyOrder(meets=lambda work: "died" if work.number == 3 else None)
    with pytest.raises(Unfinished, match="no worker came through with its portion; the last time died") as told:
        harvested("parallel", executor=deadly)
    assert str(MOST_FRUITLESS) in told.value.message
    others = InAnyOrder()
    assert harvested("parallel", executor=others) == harvested("serial")
    assert others.made == [3]


class Stop(Exception):
    """Ends the driver."""


def test_the_driver_stopped_goes_on_and_nothing_stored_is_made_again(harvested):
    stops = iter([None] * 5)

    def stop(_work):
        if next(stops, "stop"):
            raise Stop

    first, second = InAnyOrder(meets=stop), InAnyOrder()
    with pytest.raises(Stop):
        harvested("parallel", executor=first)
    assert harvested("parallel", executor=second) == harvested("serial")
    assert sorted(first.made + second.made) == list(range(len(first.made + second.made)))


def test_a_serial_harvest_goes_on_where_workers_were_and_workers_where_it_was(harvested):
    deadly = InAnyOrder(meets=lambda work: "died" if work.number in (1, 4) else None)
    with pytest.raises(Unfinished):
        harvested("mixed", executor=deadly)
    assert harvested("mixed") == harvested("serial")
    calls = iter(range(1000))

    def stopping(*_):
        if next(calls) == 20:
            raise Stop

    with pytest.raises(Stop):
        harvested("other", watch=stopping)
    assert harvested("other", executor=InAnyOrder()) == harvested("serial")


def test_a_worker_that_has_nothing_is_sent_all(harvested, saes, word_source):
    settings = HarvestSettings(block_tokens=4, control_draws=2, gaussian_draws=1)
    nothing = Opened(saes, word_source(batch_tokens=9), is_there=False)
    sent = []
    executor = InAnyOrder(order=lambda common: sent.append(common.sent is not None) or common)
    assert harvested("parallel", settings, executor, nothing) == harvested("serial", settings)
    assert not sent[0]
    assert sum(not one for one in sent) <= executor.n
    assert sent[-1]


def test_a_worker_that_has_another_sae_of_the_name_is_sent_the_right_one(harvested, make_sae, word_source):
    others = Opened([make_sae(seed=5), make_sae("topk", 1)], word_source(batch_tokens=9))
    assert harvested("parallel", executor=InAnyOrder(), opening=others) == harvested("serial")


def test_a_worker_that_reads_another_model_is_refused_by_what_differs(harvested, saes, word_source):
    class OtherWords(word_source):
        def describe(self):
            return {**super().describe(), "language": "another"}

    with pytest.raises(SaegeoError, match="source.language was nothing, is another"):
        harvested("parallel", executor=InAnyOrder(), opening=Opened(saes, OtherWords(batch_tokens=9)))


def test_what_a_worker_has_no_room_for_another_makes(harvested, monkeypatch):
    sync, calls, n_full = os.fsync, iter(range(1000)), 0

    def full(file):
        nonlocal n_full
        if next(calls) in (7, 10):
            n_full += 1
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(file)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        parallel = harvested("parallel", executor=InAnyOrder())
    assert n_full == 2
    assert parallel == harvested("serial")


def test_full_disks_of_all_workers_are_said_and_it_goes_on_with_room(harvested, monkeypatch):
    def keep(folder, *_):
        with disk_errors_explained(folder.folder):
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(ShardFolder, "keep", keep)
        with pytest.raises(Unfinished, match=f"the disk of {socket.gethostname()} is full: .*No space left on device"):
            harvested("parallel", executor=InAnyOrder())
    assert harvested("parallel", executor=InAnyOrder()) == harvested("serial")


def test_what_breaks_in_a_worker_is_told_without_blame(harvested, saes, word_source):
    class Broken(word_source):
        def batches(self, documents):
            raise ZeroDivisionError("by nothing")

    with pytest.raises(Unfinished, match="a worker failed: ZeroDivisionError: by nothing"):
        harvested("parallel", executor=InAnyOrder(), opening=Opened(saes, Broken()))


def test_a_worker_that_outlives_its_harvest_changes_nothing(harvested, tmp_path):
    late = []

    def stop_later(common):
        late.append(common)
        if len(late) > 3:
            raise Stop
        return common

    taken = []
    with pytest.raises(Stop):
        harvested("parallel", executor=InAnyOrder(meets=taken.append, order=stop_later))
    other_rules = HarvestSettings(block_tokens=8)
    for path in (tmp_path / "parallel" / ".unfinished").rglob("shard-*"):
        path.unlink()

    class Outlived(InAnyOrder):
        def perform(self, work, common=None):
            for orphan in taken:
                orphan.done(late[0])
            yield from super().perform(work, common)

    assert harvested("parallel", other_rules, Outlived()) == harvested("serial", other_rules)


def test_progress_tells_what_is_done_now(harvested, texts):
    told = []
    harvested("parallel", executor=InAnyOrder(), watch=lambda *numbers: told.append(numbers))
    n_tokens = sum(len(text.split()) for text in texts)
    assert told[-1] == (len(texts), n_tokens, n_tokens)
    assert told == sorted(told)
