from dataclasses import replace

import numpy as np
import pytest

from saegeo_core import Findings, Interval, MissingInput, PluginManager, Replicates, SaegeoError, run


def test_the_same_seed_gives_the_same_findings(mean_norm, cloud):
    assert run(mean_norm, cloud, seed=3).measured == run(mean_norm, cloud, seed=3).measured
    assert run(mean_norm, cloud, seed=3).metric("noise") != run(mean_norm, cloud, seed=4).metric("noise")


def test_parameters_as_resolved_are_stamped(mean_norm, cloud):
    report = run(mean_norm, cloud, preset="paper", parameters={"sizes": "3,4"})
    assert report.parameters == {"factor": 2.0, "sizes": [3, 4]}
    assert report.analysis.preset == "paper"


def test_an_exception_says_where_it_happened(mean_norm, cloud, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(mean_norm, "analyze", fail)
    with pytest.raises(ZeroDivisionError) as error:
        run(mean_norm, cloud)
    assert "mean-norm" in error.value.__notes__[0]
    assert "memory:small" in error.value.__notes__[0]


def test_findings_without_the_headline_are_refused(mean_norm, cloud, monkeypatch):
    monkeypatch.setattr(mean_norm, "analyze", lambda *_: Findings([]))
    with pytest.raises(ValueError, match="headline"):
        run(mean_norm, cloud)


def test_something_else_than_findings_is_refused(mean_norm, cloud, monkeypatch):
    monkeypatch.setattr(mean_norm, "analyze", lambda *_: {"mean_norm": 1})
    with pytest.raises(TypeError, match="returned a dict"):
        run(mean_norm, cloud)


@pytest.mark.parametrize(
    "write",
    [
        lambda cloud: cloud.vectors.mul_(2),
        lambda cloud: cloud.vectors.numpy().sort(axis=1),
        lambda cloud: np.copyto(cloud.vectors.numpy(), cloud.vectors.numpy()[::-1].copy()),
        lambda cloud: np.copyto(cloud.norms, 1),
    ],
    ids=["torch", "sorted by numpy", "other order", "lengths"],
)
def test_an_analysis_that_writes_to_the_cloud_is_caught(mean_norm, cloud, monkeypatch, write):
    honest = mean_norm.analyze
    monkeypatch.setattr(mean_norm, "analyze", lambda c, p, x: (write(c), honest(c, p, x))[1])
    with pytest.raises(ValueError, match="wrote to the cloud"):
        run(mean_norm, cloud)


def test_what_an_analysis_prints_does_not_reach_standard_output(mean_norm, cloud, monkeypatch, capsys):
    honest = mean_norm.analyze
    monkeypatch.setattr(mean_norm, "analyze", lambda c, p, x: (print("noise"), honest(c, p, x))[1])
    run(mean_norm, cloud)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "noise" in captured.err


def test_inputs_that_are_missing_are_named(mean_norm, cloud, monkeypatch):
    monkeypatch.setattr(mean_norm, "needs", frozenset({"vectors", "firing"}))
    with pytest.raises(SaegeoError, match="needs firing"):
        run(mean_norm, cloud)


def test_a_name_runs_the_registered_analysis(plugin_manager, mean_norm, cloud):
    report = run("mean-norm", cloud, plugins=plugin_manager(one=[mean_norm]))
    assert report.analysis.package == "saegeo_test_one"
    with pytest.raises(SaegeoError, match="there is no analysis"):
        run("mean-norm", cloud, plugins=PluginManager([]))


def test_replicates_are_kept_beside_the_report(mean_norm, cloud, monkeypatch, tmp_path):
    interval = Interval(low=0, high=9, method="these rows and no others")
    metric = run(mean_norm, cloud).metric().model_copy(update={"interval": interval})
    kept = Replicates("mean_norm", cloud.norms, 2.0, "these rows")
    monkeypatch.setattr(mean_norm, "analyze", lambda *_: Findings([metric], replicates=[kept]))
    run(mean_norm, cloud, out=tmp_path)
    again = run(mean_norm, cloud, out=tmp_path, existing="reuse").replicates()
    np.testing.assert_array_equal(again.values, cloud.norms)
    assert again.pairs_with(kept)


def test_activations_are_needed_or_used_or_neither(mean_norm, cloud, monkeypatch):
    seen = []
    honest = mean_norm.analyze
    run(mean_norm, cloud, model="no such model")  # nobody reads it, so nobody opens it
    monkeypatch.setattr(mean_norm, "analyze", lambda c, p, x: (seen.append(x.activations), honest(c, p, x))[1])
    monkeypatch.setattr(mean_norm, "uses", frozenset({"activations"}))
    run(mean_norm, cloud)
    assert seen == [None]
    with pytest.raises(SaegeoError, match="does not say where in the model it reads"):
        run(mean_norm, cloud, model="no such model")
    monkeypatch.setattr(mean_norm, "needs", frozenset({"vectors", "activations"}))
    with pytest.raises(MissingInput, match="needs activations") as error:
        run(mean_norm, cloud)
    assert "--model" in error.value.hint


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ({"layer": 1}, "--layer says where"),
        ({"hook": "a"}, "--hook says where"),
        ({"layer": 1, "hook": "a"}, "exclude"),
    ],
)
def test_a_place_needs_a_model(mean_norm, cloud, place, told, monkeypatch):
    monkeypatch.setattr(mean_norm, "uses", frozenset({"activations"}))
    with pytest.raises(SaegeoError, match=told):
        run(mean_norm, cloud, **place)


def test_an_l0_above_the_number_of_features_is_told(mean_norm, cloud):
    """A configuration of another SAE may say so: a k above d_sae, for example."""
    n, usual = cloud.sae.d_sae, run(mean_norm, cloud).warnings
    told = replace(cloud, sae=cloud.sae.model_copy(update={"l0": n + 1.0}))
    assert run(mean_norm, told).warnings == (f"L0 {n + 1} cannot be right: the SAE has {n} features", *usual)
