"""What tasks name beside their SAEs, as a process finds it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from saegeo_core import SaegeoError
from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.running.model_place import ModelPlace
from saegeo_core.sweeping.executor import Found
from saegeo_core.sweeping.ray_cluster import _refuse_unfit, _versions
from saegeo_core.sweeping.task import NamedAnalysis


@pytest.fixture
def named(tasks):
    """A task that names one thing of each kind, all of which are there."""
    np.save("other.npy", np.random.default_rng(1).standard_normal((20, 4)).astype(np.float32))
    Path("features.txt").write_text("0-9")
    Path("relations").mkdir()
    Path("relations", "one.json").write_text("{}")
    Path("model").mkdir()
    Path("model", "config.json").write_text("{}")
    FiringStatistics.from_arrays(np.eye(20, dtype=np.int8)).write("firing")
    (task,) = tasks(1, "well", firing=Path("firing"), features="features.txt", place=ModelPlace("./model"))
    others = NamedAnalysis("seeds", {"others": ["./other.npy"]})
    return replace(task, analyses=(others, NamedAnalysis("crystals", {"relations": "relations"})))


NAMES = {
    "the parameters of seeds": "other.npy",
    "the parameters of crystals": "relations/one.json",
    "--firing firing": "firing",
    "--features features.txt": "features.txt",
    "--model ./model": "model/config.json",
}


def test_what_is_there_has_a_digest_and_the_same_again(named):
    found = named.found()
    assert set(found) == set(NAMES)
    assert all(one.digest for one in found.values())
    assert named.found() == found


@pytest.mark.parametrize(("name", "path"), NAMES.items())
def test_what_is_gone_or_another_is_known(named, name, path):
    before = named.found()
    path = Path(path)
    path.rename("away")
    missing = named.found()
    if name != "the parameters of crystals":  # the folder is there: of other content
        assert (missing[name].digest, bool(missing[name].why)) == (None, True)
    assert {one for one in before if missing[one] != before[one]} == {name}


def test_who_lacks_what_is_here_is_refused_by_name_and_nobody_for_what_is_not():
    def refuse(theirs):
        _refuse_unfit("10.0.0.7", (_versions(), "", {"--firing F": theirs}), None, {"--firing F": ours})

    ours = Found("a")
    refuse(Found("a"))
    with pytest.raises(SaegeoError, match=r"the worker at 10\.0\.0\.7 cannot read --firing F: there is no F"):
        refuse(Found(None, "there is no F"))
    with pytest.raises(SaegeoError, match=r"the worker at 10\.0\.0\.7 finds something else there: --firing F"):
        refuse(Found("b"))
    ours = Found(None, "there is no F")  # each task tells of it, as in one process
    refuse(Found(None, "there is no F"))
