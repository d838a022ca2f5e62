"""`saegeo compare`: telling SAEs from reports, running what is missing, and what is said of mistakes."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from saegeo_core import FiringStatistics, ReportStore, SaegeoError, hookimpl, load_cloud
from saegeo_core.cli.compare_formats import refuse_binary

OUT = Path("saegeo-results")


def table(result):
    return json.loads(result.stdout)["table"]["rows"]


@pytest.fixture
def measured(saegeo, matrix, another, plugins, analysis):
    """Two SAEs with stored reports of one analysis, and the analysis."""
    one = analysis()
    saegeo("run", matrix, another, "--plugin", "mean-norm", plugins=plugins(one))
    return one


@pytest.fixture
def stored(measured):
    return sorted(OUT.rglob("*.json"))


@pytest.mark.usefixtures("stored")
def test_parquet_is_for_a_file(saegeo, measured, plugins):
    import pyarrow.parquet as pq

    result = saegeo("compare", OUT, "--format", "parquet", plugins=plugins(measured))
    assert result.exit_code == 0
    table = pq.read_table(io.BytesIO(result.stdout_bytes))
    assert table.column("metric").to_pylist() == ["mean-norm.mean_norm"] * 2
    assert table.column("estimate").null_count == 0
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    with pytest.raises(SaegeoError, match="not for a terminal"):
        refuse_binary("parquet", terminal)
    refuse_binary("csv", terminal)


class TestWhatIsNamed:
    def test_saes_are_measured_and_compared(self, saegeo, matrix, another, plugins, analysis):
        one = analysis()
        result = saegeo("compare", matrix, another, "--plugin", "mean-norm", "--format", "json", plugins=plugins(one))
        assert result.exit_code == 0
        assert [row[0] for row in table(result)] == [str(matrix), str(another)]
        assert one.runs.total() == 2
        assert len(list(OUT.rglob("*.json"))) == 2

    @pytest.mark.filterwarnings("always:file format fails-to-look")
    def test_a_format_that_fails_to_look_stops_nothing(self, saegeo, plugins, measured):
        class FailsToLook:
            name, summary, read = "fails-to-look", "nothing", None

            def recognises(self, path):
                raise IndexError("list index out of range")

        module = types.ModuleType("saegeo_test_looks")
        module.saegeo_register_loaders = hookimpl(lambda register: register(FailsToLook()))
        result = saegeo("compare", OUT, "--format", "json", plugins=plugins(measured, looks=module))
        assert result.exit_code == 0
        assert "fails-to-look of package saegeo_test_looks failed to look at" in result.stderr
        assert len(table(result)) == 2

    def test_what_is_stored_is_reused(self, saegeo, matrix, another, plugins, measured):
        result = saegeo("compare", matrix, another, plugins=plugins(measured))
        assert result.exit_code == 0
        assert measured.runs.total() == 2

    def test_without_analyses_named_every_one_that_can_run_is_taken(self, saegeo, matrix, plugins, analysis):
        two = plugins(analysis("a"), analysis("b"))
        headings = json.loads(saegeo("compare", matrix, "--format", "json", plugins=two).stdout)["table"]["headings"]
        assert headings == ["SAE", "L0", "a.mean_norm", "b.mean_norm"]

    def test_a_metric_names_its_analysis(self, saegeo, matrix, plugins, analysis):
        a, b = analysis("a"), analysis("b")
        result = saegeo("compare", matrix, "--metric", "a.noise", "--format", "json", plugins=plugins(a, b))
        assert json.loads(result.stdout)["table"]["headings"] == ["SAE", "L0", "a.noise"]
        assert (a.runs.total(), b.runs.total()) == (1, 0)

    def test_reports_folders_of_them_and_the_folder_of_results_are_the_same(self, saegeo, plugins, measured, stored):
        given = plugins(measured)
        [everything, *others] = (
            saegeo("compare", *named, plugins=given).stdout
            for named in (stored, [OUT], ["./saegeo-results/"], [OUT / "local"], [], [*stored, OUT])
        )
        assert others == [everything] * 5

    def test_the_arrays_of_a_report_stand_for_it(self, saegeo, plugins, measured, stored):
        everything = [path for report in stored for path in (report, report.with_suffix(".npz"))]
        assert saegeo("compare", *everything, plugins=plugins(measured)).stdout == saegeo("compare", OUT).stdout

    def test_reports_and_saes_together(self, saegeo, matrix, another, plugins, measured, stored):
        one = next(path for path in stored if "another" in str(path))
        result = saegeo("compare", one, matrix, "--format", "json", plugins=plugins(measured))
        assert [row[0] for row in table(result)] == [str(another), str(matrix)]

    def test_an_sae_s_folder_with_reports_below_it_is_that_sae(self, saegeo, tmp_path, rng, stored, plugins, measured):
        folder = tmp_path / "sae"
        shutil.copytree(OUT, folder / "saegeo-results")
        np.savez(folder / "params.npz", W_dec=rng.standard_normal((20, 5)).astype("f4"))
        result = saegeo("compare", folder, "--plugin", "mean-norm", "--format", "json", plugins=plugins(measured))
        assert [row[0] for row in table(result)] == [str(folder)]

    def test_a_folder_of_saes_is_all_of_them_until_reports_lie_in_it(self, saegeo, tmp_path, rng, plugins, analysis):
        for layer in (2, 10):
            folder = tmp_path / "runs" / f"layer_{layer}"
            folder.mkdir(parents=True)
            np.savez(folder / "params.npz", W_dec=rng.standard_normal((20, 5)).astype("f4"))
            (folder / "cfg.json").write_text("{}")
        given = plugins(analysis())
        result = saegeo("compare", "runs", "--plugin", "mean-norm", "--format", "json", plugins=given)
        assert [row[0] for row in table(result)] == ["runs/layer_2", "runs/layer_10"]
        saegeo("run", "runs/layer_2", "--plugin", "mean-norm", "--out", "runs", plugins=given)
        assert len(table(saegeo("compare", "runs", "--format", "json", plugins=given))) == 1

    def test_stored_reports_are_chosen_by_what_was_typed(self, saegeo, matrix, plugins, measured):
        given = plugins(measured)
        saegeo("run", matrix, "--plugin", "mean-norm", "--set", "mean-norm.factor=3", plugins=given)
        asked = saegeo("compare", OUT, plugins=given)
        assert asked.exit_code == 2
        assert "differ in parameter factor: " in asked.stderr
        assert "choose by --preset, --seed or --set" in asked.stderr
        chosen = saegeo("compare", OUT, "--set", "mean-norm.factor=3", "--format", "json", plugins=given)
        assert [row[0] for row in table(chosen)] == [str(matrix)]
        none = saegeo("compare", OUT, "--seed", "5", plugins=given)
        assert none.exit_code == 2
        assert "there are: mean-norm (calibrated)" in none.stderr


class TestFormats:
    @pytest.mark.parametrize("as_format", ["rich", "markdown", "csv", "latex", "html", "json"])
    def test_standard_output_holds_the_table_and_nothing_else(
        self, saegeo, measured, stored, plugins, as_format, matrix
    ):
        options = ["--nulls", "--pvalues", "--reference", matrix, "--format", as_format]
        result = saegeo("compare", OUT, *options, plugins=plugins(measured))
        assert result.exit_code == 0
        assert "mean-norm" in result.stdout
        assert bool(result.stderr) == (as_format == "csv")  # its notes have no place among the fields

    def test_csv_is_read_back(self, saegeo, stored, matrix):
        rows = list(csv.DictReader(io.StringIO(saegeo("compare", OUT, "--format", "csv").stdout)))
        values = {row["SAE"]: float(row["mean-norm.mean_norm.estimate"]) for row in rows}
        assert values[str(matrix)] == next(
            report.metric().value for path in stored if (report := ReportStore.read(path)).sae.spec == str(matrix)
        )


class TestFailures:
    def test_a_failing_cell_is_shown_and_the_rest_goes_on(self, saegeo, matrix, another, plugins, analysis):
        def fail_on_another(cloud, *_):
            if "another" in cloud.sae.spec:
                raise ValueError("not this one")

        two = plugins(analysis("a", fail_on_another), analysis("b"))
        result = saegeo("compare", another, matrix, "--format", "json", plugins=two)
        assert result.exit_code == 1
        assert {row[0]: row[2:].count("failed") for row in table(result)} == {str(another): 1, str(matrix): 0}
        assert "failed: ValueError: not this one" in result.stdout
        assert f"failed: a (package saegeo_test_one) on {another}: ValueError: not this one" in result.stderr

    def test_an_sae_that_cannot_be_loaded_is_a_row_of_failures(self, saegeo, matrix, plugins, analysis, tmp_path):
        broken = tmp_path / "broken.npy"
        broken.write_bytes(matrix.read_bytes()[:100])
        result = saegeo("compare", broken, matrix, "--format", "json", plugins=plugins(analysis()))
        assert result.exit_code == 1
        assert table(result)[1] == [str(broken), "unknown", "failed"]

    def test_nothing_but_the_users_mistakes(self, saegeo, matrix, plugins, analysis):
        def fail(*_):
            raise SaegeoError("this cloud is too small")

        result = saegeo("compare", matrix, plugins=plugins(analysis(before=fail)))
        assert result.exit_code == 2
        assert "this cloud is too small" in result.stderr

    def test_stored_reports_are_shown_though_every_sae_fails(self, saegeo, stored, tmp_path, matrix, plugins, measured):
        broken = tmp_path / "broken.npy"
        broken.write_bytes(matrix.read_bytes()[:100])
        result = saegeo("compare", *stored, broken, "--format", "json", plugins=plugins(measured))
        assert result.exit_code == 1
        assert [row[2] == "failed" for row in table(result)] == [False, False, True]

    def test_nothing_but_failures(self, saegeo, matrix, plugins, analysis):
        result = saegeo("compare", matrix, "--traceback", plugins=plugins(analysis(before=lambda *_: 1 / 0)))
        assert result.exit_code == 1
        assert "Traceback" in result.stderr
        assert result.stdout == ""

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ('{"schema_version": 1, "ana', "is not JSON"),
            ('{"a": 1}', "is JSON but no saegeo report"),
            ('{"schema_version": 99}', "has schema version 99; this saegeo reads up to 2"),
            ('{"schema_version": 1}', "is no valid saegeo report"),
        ],
    )
    def test_what_is_no_report_is_named_and_skipped(self, saegeo, measured, stored, plugins, content, told):
        (OUT / "bad.json").write_text(content)
        for named in ([OUT], [*stored, OUT / "bad.json"]):
            result = saegeo("compare", *named, "--format", "json", plugins=plugins(measured))
            assert result.exit_code == 1
            assert re.search(rf"^skipped: .*bad\.json.*{told}", result.stderr)
            assert len(table(result)) == 2


class TestMistakes:
    @pytest.fixture
    def refused(self, saegeo, measured, plugins):
        def run(*arguments):
            result = saegeo("compare", *arguments, plugins=plugins(measured))
            assert result.exit_code == 2
            assert result.stdout == ""
            assert "Traceback" not in result.stderr
            return result.stderr

        return run

    def test_a_folder_that_holds_neither(self, refused):
        Path("empty").mkdir()
        told = refused("empty")
        assert "the folder empty holds neither an SAE nor reports" in told
        assert "an SAE's files lie in the folder itself" in told

    def test_a_folder_of_other_json(self, refused):
        Path("other").mkdir()
        Path("other/cfg.json").write_text("{}")
        assert "there is no report to compare" in refused("other")

    def test_nothing_named_and_nothing_stored(self, refused):
        assert "no folder elsewhere of reports" in refused("--out", "elsewhere")

    @pytest.mark.parametrize("name", ["nowhere.json", "nowhere", "./nowhere", "minilm-l6:nothing", "minilm-l6"])
    def test_what_is_not_there(self, refused, name):
        assert refused(name).startswith("error: ")

    def test_unknown_metrics_analyses_references_and_keys(self, refused, matrix):
        assert "did you mean 'mean-norm.mean_norm'" in refused(OUT, "--metric", "mean-norm.mean_nrm")
        assert "is not PLUGIN.METRIC" in refused(OUT, "--metric", "mean_norm")
        assert "there is no analysis 'mean-nrm'" in refused(matrix, "--plugin", "mean-nrm")
        assert "is not among what is compared" in refused(OUT, "--reference", "decodr")
        assert "rows cannot be sorted by 'siz'" in refused(OUT, "--sort", "siz")
        assert "needs at least 8 SAEs" in refused(OUT, "--adjust", "l0")
        assert "is not NAME.KEY=VALUE" in refused(OUT, "--set", "factor=3")

    def test_incomparable_reports(self, saegeo, refused, another, plugins, measured, matrix):
        saegeo(
            "run", another, "--plugin", "mean-norm", "--preset", "paper", "--out", "paper", plugins=plugins(measured)
        )
        others = [path for path in OUT.rglob("*.json") if "another" not in str(path)]
        told = refused(*others, "paper")
        assert f"mean-norm, preset: calibrated ({matrix}), paper ({another})" in told
        assert "--allow-incomparable" in told
        shown = saegeo("compare", *others, "paper", "--allow-incomparable", plugins=plugins(measured))
        assert shown.exit_code == 0
        assert "not comparable, shown as asked" in shown.stdout

    def test_results_that_cannot_be_stored(self, refused, matrix):
        Path("file").write_text("")
        assert "cannot write" in refused(matrix, "--out", "file/below")


def test_sparsities_are_matched_before_anything_is_loaded(saegeo, plugins, analysis, monkeypatch):
    """Of the bundled release every SAE is an id of its own but l0_64_layer_3, a sparsity of layer_3."""
    one = analysis()
    saes = ["minilm-l6:layer_2", "minilm-l6:*_layer_3", "minilm-l6:layer_3"]
    result = saegeo("compare", *saes, "--match-l0", "--format", "json", plugins=plugins(one))
    chosen = ["layer_2", "layer_3", "seed_1_layer_3", "width_768_layer_3"]
    assert sorted(one.runs) == [f"minilm-l6:{sae_id}" for sae_id in chosen]
    assert "matched in L0: 4 of 5 SAEs, L0 32.5 to 32.7" in json.loads(result.stdout)["notes"]


def test_ranks_without_intervals_say_why_there_are_none(saegeo, measured, plugins, stored):
    asked = ["compare", *stored, "--metric", "mean-norm.mean_norm", "--ranks", "--fixed-saes"]
    shown = saegeo(*asked, plugins=plugins(measured)).stdout
    assert "ranks by mean-norm.mean_norm" in shown
    assert "not ranked: no interval, so none of the difference" in shown
    written = saegeo(*asked, "--format", "csv", plugins=plugins(measured)).stdout
    assert [row["mean-norm.mean_norm.rank"] for row in csv.DictReader(io.StringIO(written))] == ["", ""]


def test_sparsities_are_matched_by_what_was_harvested(saegeo, plugins, analysis):
    """By their release layer_3 has half the L0 of l0_64_layer_3; here it was harvested at twice that of the other."""
    for sae_id, l0 in (("layer_3", 64), ("l0_64_layer_3", 33), ("layer_2", 33)):
        cloud = load_cloud(f"minilm-l6:{sae_id}")
        firing = FiringStatistics.from_arrays(
            np.ones((1, cloud.sae.d_sae), np.uint8),
            token_counts=np.full(cloud.sae.d_sae, l0),
            n_tokens=cloud.sae.d_sae,
            sae_digest=None,
        )
        firing.write(Path("harvest", "minilm-l6", sae_id))
    one = analysis()
    saes = ["minilm-l6:layer_2", "minilm-l6:layer_3", "minilm-l6:l0_64_layer_3"]
    result = saegeo(
        "compare",
        *saes,
        "--match-l0",
        "--firing",
        "harvest",
        "--plugin",
        "mean-norm",
        "--format",
        "json",
        plugins=plugins(one),
    )
    assert sorted(one.runs) == ["minilm-l6:l0_64_layer_3", "minilm-l6:layer_2"]
    told = json.loads(result.stdout)
    assert "matched in L0: 2 of 3 SAEs, L0 33 to 33" in told["notes"]
    assert {row["name"]: (row["sae"]["l0"], round(row["sae"]["l0_stated"])) for row in told["rows"]} == {
        "minilm-l6:layer_2": (33.0, 33),
        "minilm-l6:l0_64_layer_3": (33.0, 65),
    }


def test_stored_reports_are_compared_without_torch(stored):
    """Importing it takes as long as reading hundreds of them."""
    script = "import sys; from saegeo_core.cli import main; main(['compare', 'saegeo-results'], standalone_mode=False)"
    run = subprocess.run(
        [sys.executable, "-c", f"{script}; print('torch' in sys.modules)"], capture_output=True, check=True
    )
    assert run.stdout.splitlines()[-1] == b"False"


def test_figures_of_a_profile_are_written_and_only_told_beside_the_results(saegeo, tmp_path):
    pytest.importorskip("matplotlib")
    layers = [tmp_path / f"layer_{i}" / "decoder.npy" for i in range(2)]
    for i, path in enumerate(layers):
        path.parent.mkdir()
        np.save(path, np.random.default_rng(i).standard_normal((20, 4)).astype(np.float32))
    result = saegeo("compare", *layers, "--plugin", "cosine-tails", "--figures", "figures", "--figure-format", "pdf")
    assert result.exit_code == 0, result.output
    written = {path.name for path in Path("figures").iterdir()}
    assert "cosine-tails.cosine_histogram.pdf" in written
    assert all(f"figure: {Path('figures') / name}" in result.stderr for name in written)
    assert "figure: " not in result.stdout
