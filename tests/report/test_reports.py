"""Stored reports read together, from Python."""

import math
from pathlib import Path

import pytest

from saegeo_core import FeatureCloud, Report, SaegeoError, load_reports, run


@pytest.fixture
def folder(mean_norm, rng, tmp_path):
    """A folder with reports of one analysis on two SAEs, the first of two seeds."""
    for name, seed in (("layer_0", 0), ("layer_1", 0), ("layer_1", 1)):
        cloud = FeatureCloud.from_array(rng.standard_normal((24, 6)).astype("f4"), name=name)
        run(mean_norm, cloud, seed=seed, out=tmp_path / "results")
    return tmp_path / "results"


def test_a_folder_as_a_list(folder):
    reports = load_reports(folder)
    assert len(reports) == 3
    assert all(isinstance(report, Report) for report in reports)
    assert reports[0] in reports
    assert reports[-1] == list(reports)[2]
    assert repr(reports) == "<3 Reports of 1 analysis on 2 SAEs>"
    assert repr(reports[1:]) == "<2 Reports of 1 analysis on 1 SAE>"
    assert reports.skipped == ()


def test_a_folder_is_read_in_natural_order(mean_norm, rng, tmp_path):
    for name in ("layer_10", "layer_9", "layer_2"):
        run(
            mean_norm, FeatureCloud.from_array(rng.standard_normal((24, 6)).astype("f4"), name=name), out=tmp_path / "r"
        )
    assert [report.sae.sae_id for report in load_reports(tmp_path / "r")] == ["layer_2", "layer_9", "layer_10"]


def test_one_place_or_several_as_text_or_path_or_the_report_itself(folder):
    [first, *others] = sorted(folder.rglob("*.json"))
    whole = load_reports(str(folder))
    assert list(load_reports(first)) == [whole[0]]
    assert list(load_reports([first, str(first), folder])) == list(whole)
    assert list(load_reports(whole[2])) == [whole[2]]
    assert list(load_reports(iter([whole[2], *others]))) == [whole[2], whole[1], whole[2]]
    assert list(load_reports([])) == []


def test_the_frame_has_a_row_for_every_report_and_metric(folder):
    reports = load_reports(folder)
    frame = reports.frame
    assert len(frame) == 6
    assert frame.metric.tolist() == ["mean_norm", "noise"] * 3
    assert frame.report.tolist() == [0, 0, 1, 1, 2, 2]
    assert frame.is_headline.tolist() == [True, False] * 3
    assert frame.estimate.tolist() == [metric.value for report in reports for metric in report.measured]
    assert set(frame.sae) == {report.sae.spec for report in reports}
    assert dict(zip(frame.sae, frame.layer, strict=True)) == {"memory:layer_0": 0, "memory:layer_1": 1}
    assert sorted(frame.seed) == [0, 0, 0, 0, 1, 1]
    assert (frame.d_sae == 24).all()
    assert (frame.d_in == 6).all()
    assert frame[["l0", "low", "high", "null_mean", "pvalue"]].isna().all(axis=None)
    assert (frame.dtypes[["layer", "l0", "estimate", "low", "high", "null_mean", "z", "pvalue"]] == "float64").all()


def test_the_frame_has_intervals_and_nulls_where_there_are_any():
    report = run("cosine-tails", "minilm-l6:layer_3", device="cpu")
    frame = load_reports(report).frame.set_index("metric")
    metric, line = report.metric(), frame.loc[report.analysis.headline]
    assert (line.estimate, line.low, line.high) == (metric.value, metric.interval.low, metric.interval.high)
    assert (line.null, line.null_mean, line.pvalue) == (
        metric.nulls[0].model,
        metric.nulls[0].mean,
        metric.nulls[0].pvalue,
    )
    assert (line.layer, line.n_features, line.analysis, line.preset) == (3, 1536, "cosine-tails", "calibrated")
    assert math.isclose(line.l0, report.sae.l0)
    assert math.isnan(frame.low["max_cosine"])


def test_the_frame_of_nothing_has_its_columns():
    assert load_reports([]).frame.columns.tolist()[:3] == ["sae", "model", "layer"]


def test_what_is_no_report_is_left_out_with_a_warning(folder):
    (folder / "strange.json").write_text("{}")
    with pytest.warns(UserWarning, match=r"left out: .*strange\.json is JSON but no saegeo report"):
        reports = load_reports(folder)
    assert len(reports) == 3
    assert len(reports.skipped) == 1
    for number in range(4):
        (folder / f"strange_{number}.json").write_text("{")
    with pytest.warns(UserWarning, match="; and 2 more"):
        assert len(load_reports(folder)) == 3


def test_the_name_of_an_sae_is_answered_with_what_to_type():
    with pytest.raises(SaegeoError, match=r"minilm-l6:layer_3 is the name of an SAE") as refused:
        load_reports(["minilm-l6:layer_3"])
    assert "saegeo run --plugin NAME minilm-l6:layer_3" in refused.value.hint
    assert "sg.run(NAME, 'minilm-l6:layer_3', out=FOLDER)" in refused.value.hint


def test_places_without_any_report_are_refused(tmp_path):
    with pytest.raises(SaegeoError, match=r"there is no .*missing"):
        load_reports(tmp_path / "missing")
    (tmp_path / "sae").mkdir()
    (tmp_path / "sae" / "cfg.json").write_text("{}")
    with pytest.raises(SaegeoError, match=r"there is no report: .*cfg\.json") as refused:
        load_reports(tmp_path / "sae")
    assert "an SAE has to be measured first" in refused.value.hint
    (tmp_path / "empty").mkdir()
    with pytest.raises(SaegeoError, match="empty holds no reports"):
        load_reports([Path(tmp_path / "empty")])
