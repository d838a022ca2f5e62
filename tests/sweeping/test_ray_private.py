"""Private names of Ray that are gone, or do no more what they did: a sentence, and what to type to do without."""

import importlib
import os

import pytest

from saegeo_core import SaegeoError
from saegeo_core.sweeping import ray_cluster
from saegeo_core.sweeping.ray_cluster import NICENESS, RayCluster
from saegeo_core.sweeping.ray_private import address_of_ray_start, on_the_loopback

ray = pytest.importorskip("ray")


def use_the_loopback():
    with on_the_loopback():
        pass


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("services.find_bootstrap_address", address_of_ray_start),
        ("ray_constants.ENABLE_RAY_CLUSTER", use_the_loopback),
        ("ray_constants.ENABLE_RAY_CLUSTERS_ENV_VAR", use_the_loopback),
    ],
)
def test_a_name_that_is_gone_is_said(monkeypatch, name, use):
    module, _, attribute = name.partition(".")
    monkeypatch.delattr(importlib.import_module(f"ray._private.{module}"), attribute)
    with pytest.raises(SaegeoError, match=f"Ray {ray.__version__} has no {name}, by which saegeo") as told:
        use()
    assert "--on ray:HOST:PORT" in told.value.hint


@pytest.fixture
def started(monkeypatch):
    """What becomes of a cluster that is started, without one: the address of its node is told here, and what was done is kept."""
    done = []
    node = {"NodeManagerAddress": "127.0.0.1"}
    monkeypatch.delenv(NICENESS, raising=False)
    monkeypatch.setattr(ray_cluster, "_of_this_machine", lambda: None)
    monkeypatch.setattr(ray_cluster, "_host_and_port", lambda _: ("127.0.0.1", 1))
    monkeypatch.setattr(ray, "get_runtime_context", lambda: type("Context", (), {"gcs_address": ""}))
    monkeypatch.setattr(ray, "init", lambda **_: done.append(os.environ[NICENESS]))
    monkeypatch.setattr(ray, "nodes", lambda: [node])
    monkeypatch.setattr(ray, "shutdown", lambda: done.append("ended"))
    return done, node


def test_its_workers_are_as_nice_as_this_process_unless_the_user_says_otherwise(started, monkeypatch):
    done, _ = started
    RayCluster.joined(None)
    assert NICENESS not in os.environ
    monkeypatch.setenv(NICENESS, "7")
    RayCluster.joined(None)
    assert done == ["0", "7"]


def test_one_that_listens_beyond_this_machine_is_ended(started):
    done, node = started
    node["NodeManagerAddress"] = "192.0.2.1"
    with pytest.raises(SaegeoError, match=r"listens beyond this machine, on 192\.0\.2\.1"):
        RayCluster.joined(None)
    assert done == ["0", "ended"]
