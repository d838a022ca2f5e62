"""A parameter that names a second SAE: how it is given, what the analysis gets, and what the report keeps of it."""

import numpy as np
import pytest
from pydantic import Field

from saegeo_core import MissingInput, Parameters, SaegeoError, SaeSpec, run


class TwoClouds(Parameters):
    other: SaeSpec = Field(description="The other one.", examples=["minilm-l6:layer_2"])


@pytest.fixture
def comparing(mean_norm, monkeypatch):
    """An analysis whose number is the mean norm of the other cloud."""
    honest = mean_norm.analyze

    def analyze(cloud, parameters, context):
        other = context.clouds["other"]
        return honest(other, type(mean_norm).Parameters(), context)

    monkeypatch.setattr(mean_norm, "Parameters", TwoClouds, raising=False)
    monkeypatch.setattr(mean_norm, "presets", {"calibrated": {}})
    monkeypatch.setattr(mean_norm, "analyze", analyze)
    return mean_norm


def test_a_parameter_names_an_sae_as_the_command_line_does():
    for given in ("minilm-l6:layer_2", SaeSpec.parse("minilm-l6:layer_2")):
        parameters = TwoClouds(other=given)
        assert parameters.other == SaeSpec(release="minilm-l6", sae_id="layer_2")
        assert parameters.model_dump(mode="json") == {"other": "minilm-l6:layer_2"}


def test_the_analysis_gets_the_cloud_and_the_report_says_which(comparing, cloud, tmp_path):
    path = tmp_path / "other.npy"
    np.save(path, np.full((8, 6), 2.0, np.float32))
    report = run(comparing, cloud, parameters={"other": str(path)})
    assert report.metric().estimate == pytest.approx(np.sqrt(24))
    assert report.inputs["other"]["spec"] == str(path)
    assert report.inputs["other"]["n_features"] == 8


def test_other_weights_under_the_same_name_make_another_report(comparing, cloud, tmp_path):
    path, out = tmp_path / "other.npy", tmp_path / "out"
    for value in (2.0, 3.0):
        np.save(path, np.full((8, 6), value, np.float32))
        report = run(comparing, cloud, parameters={"other": str(path)}, out=out)
        assert report.metric().estimate == pytest.approx(value * np.sqrt(6))
    assert len(list(out.rglob("*.json"))) == 2


def test_the_other_cloud_is_of_the_same_rows(comparing, monkeypatch):
    from saegeo_core import load_cloud

    asked = []
    monkeypatch.setattr(
        "saegeo_core.loading.load_cloud", lambda spec, **how: (asked.append(how), load_cloud(spec, **how))[1]
    )
    report = run(comparing, load_cloud("minilm-l6:layer_3", rows="encoder"), parameters={"other": "minilm-l6:layer_2"})
    assert report.inputs["other"]["rows"] == "encoder"
    assert [how["rows"] for how in asked] == ["encoder"]


def test_what_no_parameter_names_is_not_there(comparing, cloud, monkeypatch):
    """So its weights cannot decide a number without being in the digest."""
    monkeypatch.setattr(comparing, "analyze", lambda c, p, x: x.clouds["another"])
    with pytest.raises(SaegeoError, match="and no parameter names it") as error:
        run(comparing, cloud, parameters={"other": "minilm-l6:layer_2"})
    assert "another: SaeSpec = Field" in error.value.hint


class ManyClouds(Parameters):
    others: list[SaeSpec] = Field(description="The other ones.", examples=[["minilm-l6:layer_2", "minilm-l6:layer_3"]])


def test_a_list_of_saes_brings_as_many_clouds(comparing, mean_norm, cloud, tmp_path, monkeypatch):
    for name, value in (("one", 2.0), ("two", 3.0)):
        np.save(tmp_path / f"{name}.npy", np.full((8, 6), value, np.float32))
    given = f"{tmp_path}/one.npy,{tmp_path}/two.npy"
    seen = []
    honest = type(mean_norm).analyze

    def analyze(own, parameters, context):
        seen.append([float(other.norms.mean()) for other in context.clouds["others"]])
        return honest(mean_norm, own, type(mean_norm).Parameters(), context)

    monkeypatch.setattr(comparing, "Parameters", ManyClouds)
    monkeypatch.setattr(comparing, "analyze", analyze)
    report = run(comparing, cloud, parameters={"others": given})
    assert seen == [pytest.approx([2 * np.sqrt(6), 3 * np.sqrt(6)])]
    assert [one["spec"] for one in report.inputs["others"]["saes"]] == given.split(",")
    other_order = run(comparing, cloud, parameters={"others": ",".join(reversed(given.split(",")))})
    assert other_order.inputs["others"]["digest"] != report.inputs["others"]["digest"]


def test_a_name_that_leads_nowhere_is_the_users_mistake(comparing, cloud):
    for name in ("minilm-l6:layer_99", "", "no/such/file.npy"):
        with pytest.raises(SaegeoError):
            run(comparing, cloud, parameters={"other": name})


def test_left_out_it_is_asked_for_by_example(comparing, cloud):
    with pytest.raises(MissingInput) as error:
        run(comparing, cloud)
    assert error.value.message == "mean-norm needs mean-norm.other, which has no default"
    assert error.value.hint == "type --set mean-norm.other=minilm-l6:layer_2 (other: The other one.)"


def test_several_are_asked_for_as_they_are_typed(comparing, cloud, monkeypatch):
    monkeypatch.setattr(comparing, "Parameters", ManyClouds)
    with pytest.raises(MissingInput) as error:
        run(comparing, cloud)
    assert (
        error.value.hint == "type --set mean-norm.others=minilm-l6:layer_2,minilm-l6:layer_3 (others: The other ones.)"
    )
