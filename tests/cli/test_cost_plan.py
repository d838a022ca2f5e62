"""The line before a long analysis."""

import numpy as np
import pytest

from saegeo_core import Cost, FeatureCloud
from saegeo_core.cli import cost_plan
from saegeo_core.cli.cost_plan import in_words, say_cost, work_in_words
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.running.configured_analysis import ConfiguredAnalysis

GIVEN = {
    "stability": {"other": "minilm-l6:layer_3"},
    "seeds": {"others": ["minilm-l6:layer_3"]},
    "flow": {"chain": ["minilm-l6:layer_3"]},
    "sparsity": {"others": ["minilm-l6:layer_3"]},
    "splitting": {"narrow": "minilm-l6:layer_3"},
}


@pytest.fixture
def cloud(rng):
    return FeatureCloud.from_array(rng.standard_normal((20, 4)).astype(np.float32))


def told(cost, cloud, monkeypatch, capsys):
    monkeypatch.setattr(cost_plan, "multiply_adds_per_second", lambda d_in, device: 1e9)
    configured = ConfiguredAnalysis.configure("cosine-tails", "calibrated", {}, PluginManager())
    monkeypatch.setattr(type(configured.analysis), "cost", lambda *_: cost)
    say_cost(configured, cloud, "cpu")
    return capsys.readouterr().err


def test_a_long_analysis_is_told(cloud, monkeypatch, capsys):
    line = told(Cost(multiply_adds=6e11, n_bytes=2.5e9), cloud, monkeypatch, capsys)
    assert "cosine-tails on memory:array: some 10 min and 2.5 GB beside the directions are expected" in line
    assert "(20 x 4, 6.0e+11 multiply-adds)" in line


@pytest.mark.parametrize("cost", [None, Cost(multiply_adds=5e10, n_bytes=2.5e9)])
def test_nothing_is_said_of_a_short_one_or_where_the_cost_is_not_known(cost, cloud, monkeypatch, capsys):
    assert told(cost, cloud, monkeypatch, capsys) == ""


def test_the_work_of_a_sweep_is_told_before_it_starts(cloud, monkeypatch):
    monkeypatch.setattr(cost_plan, "multiply_adds_per_second", lambda d_in, device: 1e9)
    costs = {"cosine-tails": Cost(6e11, 1e9), "power-law": Cost(1.0, 1e9), "entropy": None}
    configured = [ConfiguredAnalysis.configure(name, "calibrated", {}, PluginManager()) for name in costs]
    for one in configured:
        monkeypatch.setattr(type(one.analysis), "cost", lambda self, *_: costs[self.name])
    told = work_in_words(configured, cloud, 100)
    assert told.startswith("some 16.7 h of one worker are expected, if all are like memory:array (20 x 4)")
    assert told.endswith("besides what entropy may take")
    assert "some 1 min of" in work_in_words(configured[1:], cloud, 100)


@pytest.mark.parametrize(
    ("seconds", "words"), [(61, "1 min"), (3600, "60 min"), (7140, "119 min"), (7200, "2.0 h"), (90000, "25.0 h")]
)
def test_durations(seconds, words):
    assert in_words(seconds) == words


@pytest.mark.parametrize("name", PluginManager().analysis_names)
def test_costs_grow_with_the_cloud(name):
    configured = ConfiguredAnalysis.configure(name, "calibrated", GIVEN.get(name, {}), PluginManager())
    costs = [configured.analysis.cost(n, 768, configured.parameters) for n in (16_384, 1_048_576)]
    if None in costs:
        assert costs == [None, None]
    else:
        assert 10 * costs[0].multiply_adds < costs[1].multiply_adds
        assert costs[0].n_bytes < costs[1].n_bytes
