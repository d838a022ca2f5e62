"""Small SAEs on disk, a plugin that other processes find by themselves, and tasks made of both."""

import importlib
import json
import os
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from saegeo_core import PluginManager
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import Unfinished
from saegeo_core.harvesting.elsewhere import Workers
from saegeo_core.harvesting.engine import harvest, unwatched
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.sweeping.options import RunOptions
from saegeo_core.sweeping.outcomes import Stored
from saegeo_core.sweeping.sweep import sweep
from saegeo_core.sweeping.task import NamedAnalysis, Task
from tests.sweeping.plain_options import PLAIN_OPTIONS

STRANGER = '''
"""Analyses of which some fail, and a note of every time that one is run."""

import errno
import os
import signal
import sys
import time
import uuid
from pathlib import Path

import numpy as np
import torch

from saegeo_core import Absent, Analysis, Findings, Metric, Parameters, SaegeoError, hookimpl
from saegeo_core.loading.file_format import StoredDirections


class Told(Analysis):
    version = "1"
    headline = "mean_length"
    summary = "Mean length"
    reference = "none"

    def __init__(self, name, first):
        self.name = name
        self.first = first

    def analyze(self, cloud, parameters, context):
        ran = Path("ran")
        ran.mkdir(exist_ok=True)
        (ran / f"{self.name} {cloud.sae.sae_id.replace('/', ' ')} {uuid.uuid4().hex}").touch()
        self.first()
        absent = Absent("a test needs none")
        mean = float(cloud.norms.mean()) + float(context.rng.standard_normal())
        return Findings([Metric(name="mean_length", estimate=mean, interval=absent, nulls=absent, n=1, unit="length",
                                better="neither", description="Mean length.")])


def well():
    print("about to measure")


def dies():
    os.kill(os.getpid(), signal.SIGKILL)


def dies_once():
    try:
        Path("died").touch(exist_ok=False)
    except FileExistsError:
        return
    dies()


def rests():
    time.sleep(0.5)


def one_has_no_room():
    """One process finds its disk full, each time; the others do not."""
    try:
        with open("full", "x") as file:
            file.write(str(os.getpid()))
    except FileExistsError:
        pass
    if Path("full").read_text() == str(os.getpid()):
        raise OSError(errno.ENOSPC, "No space left on device", "scratch")


def lacks_room():
    if not Path("room").exists():
        raise OSError(errno.ENOSPC, "No space left on device", "scratch")


def breaks():
    print("the last words", file=sys.stderr)
    raise ZeroDivisionError("by nothing")


class TakesTheEncoder(Told):
    needs = frozenset({"vectors", "encoder"})

    def analyze(self, cloud, parameters, context):
        findings = super().analyze(cloud, parameters, context)
        (metric,) = findings.metrics
        encoder = context.encoder
        return Findings([metric.model_copy(update={"estimate": float((encoder * encoder).sum())})])


class OnlyHere:
    """SAEs that one process can read, and no other."""

    name = "only-here"
    summary = "arrays of directions, for one process"

    def recognises(self, path):
        return path.suffix == ".here"

    def read(self, path, rows, layout):
        if os.getpid() != int(Path("reader").read_text()):
            raise SaegeoError(f"there is no {path} on this machine")
        directions = np.load(path)
        return StoredDirections(torch.from_numpy(directions if rows == "decoder" else 2 * directions))


@hookimpl
def saegeo_register_loaders(register):
    register(OnlyHere())


@hookimpl
def saegeo_register_analyses(register):
    for first in (well, dies, dies_once, rests, breaks, one_has_no_room, lacks_room):
        register(Told(first.__name__.replace("_", "-"), first))
    register(TakesTheEncoder("takes-the-encoder", well))
'''


PLANTED = '''
"""An SAE that reads what a synthetic source plants in 3,000 documents, six portions, and how both are opened in any process."""

import torch

from saegeo_core.activations.source_kind import SourceRequest
from saegeo_core.activations.synthetic_source import Plant, SyntheticSource
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.harvesting.placed_sae import PlacedSae
from saegeo_core.loading.whole_sae import WholeSae

PLANT = Plant(n_documents=3000, least_tokens=4, most_tokens=8, d_in=8, n_features=8)


class Tied(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.W_enc = torch.nn.Parameter(torch.from_numpy(PLANT.directions("here").T.copy()))

    def encode(self, rows):
        return torch.relu(rows @ self.W_enc - 0.5)


class Planted:
    def saes(self):
        cloud = FeatureCloud.from_array(PLANT.directions("here"), name="planted")
        known = {"d_in": 8, "n_features": 8, "architecture": "standard", "is_feature_wise": True, "digest": "0"}
        return [PlacedSae(WholeSae(cloud=cloud, module=Tied(), **known), "here")]

    def source(self, saes, model=None):
        return SyntheticSource(PLANT, SourceRequest(("here",)))
'''


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Installs the plugin as far as this process and those it starts can see."""
    folder = tmp_path_factory.mktemp("installed")
    facts = folder / "stranger-1.dist-info"
    facts.mkdir()
    (folder / "stranger_of_sweeps.py").write_text(STRANGER)
    (folder / "planted_opening.py").write_text(PLANTED)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1\n")
    (facts / "entry_points.txt").write_text("[saegeo]\nstranger = stranger_of_sweeps\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield folder


@pytest.fixture
def stranger(installed, tmp_path, monkeypatch):
    """An empty folder to work in, beside the plugin."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tasks(stranger, rng):
    """Makes tasks: so many SAEs of 20 features in 4 dimensions, each measured by the analyses named."""

    def make(n, *names, out="reports", **more):
        made = []
        (stranger / out).mkdir(exist_ok=True)
        for number in range(n):
            path = stranger / f"sae_{number}.npy"
            if not path.exists():
                np.save(path, rng.standard_normal((20, 4)).astype(np.float32))
            analyses = tuple(NamedAnalysis(name, {}) for name in names)
            made.append(Task(SaeSpec(path=path), analyses, RunOptions(**PLAIN_OPTIONS | {"out": out} | more)))
        return made

    return make


UNLIKE = ("created", "duration_seconds", "environment")


@pytest.fixture
def reports():
    """What every report in a folder says but for when and how fast it was made, by its path below the folder."""

    def read(folder):
        found = {path.relative_to(folder): json.loads(path.read_text()) for path in Path(folder).rglob("*.json")}
        return {path: {key: one for key, one in report.items() if key not in UNLIKE} for path, report in found.items()}

    return read


@pytest.fixture
def runs():
    """How often an analysis was run."""
    return lambda of: len(list(Path("ran").glob(f"{of} *")))


@pytest.fixture
def makes_the_same_reports(tasks, reports):
    """Asserts that an executor makes the reports that this process makes."""

    def check(executor):
        plugins = PluginManager()
        here = [one for task in tasks(3, "well", "cosine-tails", out="here") for one in task.perform(plugins)]
        there = list(sweep(tasks(3, "well", "cosine-tails", out="there"), executor))
        assert all(isinstance(one, Stored) for one in here + there)
        assert reports("there") == reports("here")
        assert len(reports("here")) == 6

    return check


@pytest.fixture
def sends_what_workers_have_not(tasks, reports):
    """Asserts that reports of SAEs that only this process can read are made elsewhere as they are made here."""

    def check(executor):
        names = ("well", "takes-the-encoder", "cosine-tails")
        Path("reader").write_text(str(os.getpid()))
        made = {out: [only_here(task) for task in tasks(3, *names, out=out)] for out in ("here", "there")}
        plugins = PluginManager()
        here = [one for task in made["here"] for one in task.perform(plugins)]
        there = list(sweep(made["there"], executor))
        assert [type(one) for one in here + there] == [Stored] * 18
        assert reports("there") == reports("here")
        assert not list(Path("there").rglob("*.failed"))

    def only_here(task):
        path = task.spec.path.with_suffix(".here")
        path.write_bytes(task.spec.path.read_bytes())
        return replace(task, spec=SaeSpec(path=path))

    return check


@pytest.fixture
def goes_on_where_a_disk_is_full(tasks, runs, caplog):
    """Asserts that others do what a worker has no room for, which is named."""

    def check(executor):
        outcomes = list(sweep(tasks(4, "well", "one-has-no-room"), executor))
        assert [type(one) for one in outcomes] == [Stored] * 8
        assert (runs("well"), runs("one-has-no-room")) == (4, 5)
        assert not list(Path("reports").rglob("*.failed"))
        (told,) = (record.getMessage() for record in caplog.records if "full" in record.getMessage())
        assert told.startswith(f"the disk of {socket.gethostname()} is full: scratch: No space left on device")

    return check


@pytest.fixture
def ends_where_all_disks_are_full(tasks, runs):
    """Asserts that it is said when no worker has room, by the first executor, and that the second goes on when there is."""

    def check(executor, another):
        with pytest.raises(
            Unfinished, match=f"no worker has room to write: the disk of {socket.gethostname()} is full"
        ):
            list(sweep(tasks(4, "well", "lacks-room"), executor))
        n_before = runs("well")
        assert n_before == 2
        assert not list(Path("reports").rglob("*.failed"))
        Path("room").touch()
        outcomes = list(sweep(tasks(4, "well", "lacks-room"), another()))
        assert [type(one) for one in outcomes] == [Stored] * 8
        assert runs("well") == 4

    return check


@pytest.fixture
def harvested(stranger):
    """Harvests what is planted into a folder of that name; returns every file of it."""
    opening = importlib.import_module("planted_opening").Planted()
    source = opening.source(opening.saes())

    def into(name, executor=None, watch=unwatched):
        workers = executor and Workers(executor, opening)
        settings = HarvestSettings(block_tokens=4)
        harvest(opening.saes(), source, source.corpus, name, settings, watch=watch, workers=workers)
        assert not Path(name, ".unfinished").exists()
        return {path.relative_to(name): path.read_bytes() for path in Path(name).rglob("*") if path.is_file()}

    return into
