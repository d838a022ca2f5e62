import gc
import json
import re
import types
import weakref
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import torch
from pydantic import Field

from saegeo_core import MissingInput, Report, ReportStore, SaegeoError, SaeSpec, hookimpl, load_cloud
from saegeo_core.activations.source import ActivationBatch
from saegeo_core.cli import run_plan
from saegeo_core.sweeping import task


def stored(folder="saegeo-results"):
    return sorted(Path(folder).rglob("*.json"))


def fail(error):
    def before(*_):
        raise error

    return before


def test_a_report_is_printed_and_stored(saegeo, matrix, plugins, analysis):
    result = saegeo("run", matrix, "--plugin", "mean-norm", plugins=plugins(analysis()))
    assert result.exit_code == 0
    [path] = stored()
    assert f"mean-norm on {matrix}" in result.stdout
    assert re.search(r"^mean_norm +[\d.]+ ", result.stdout, re.M)
    assert "warning: this is a test" in result.stdout
    assert result.stdout.endswith(f"report: {path}\n")
    assert result.stderr.startswith(f"mean-norm on {matrix}: started\nmean-norm on {matrix}: done in 0.")
    next_steps = f"\nfor all of it, type:\nsaegeo show {path}\nsaegeo page saegeo-results --out page.html\n"
    assert result.stderr.endswith(next_steps)
    assert path.parts[1] == "local"


def test_several_reports_are_brought_together_on_a_page(saegeo, matrix, plugins, analysis):
    two = plugins(analysis("a"), analysis("b"))
    result = saegeo("run", matrix, "--plugin", "a", "--plugin", "b", "--out", "my results", plugins=two)
    assert result.stderr.startswith(f"a, b on {matrix}: started\na, b on {matrix}: 2 of 2 done in 0.")
    assert result.stderr.endswith("\nfor all of it, type:\nsaegeo page 'my results' --out page.html\n")


def test_json_is_the_stored_report_and_nothing_else(saegeo, matrix, plugins, analysis):
    noisy = analysis(before=lambda *_: print("noise"))
    result = saegeo("run", matrix, "--plugin", "mean-norm", "--json", plugins=plugins(noisy))
    [path] = stored()
    assert json.loads(result.stdout) == json.loads(path.read_text())
    assert "noise" in result.stderr


def test_json_is_a_list_when_several_reports_are_asked_for(saegeo, matrix, plugins, analysis):
    two = plugins(analysis("a"), analysis("b"))
    reports = json.loads(saegeo("run", matrix, "--plugin", "a", "--plugin", "b", "--json", plugins=two).stdout)
    assert [report["analysis"]["name"] for report in reports] == ["a", "b"]
    jsonschema.validate(reports[0], Report.model_json_schema(by_alias=True))


def test_json_stays_a_list_when_one_of_several_fails(saegeo, matrix, plugins, analysis):
    two = plugins(analysis("a", fail(ValueError("no"))), analysis("b"))
    result = saegeo("run", matrix, "--all", "--json", plugins=two)
    assert result.exit_code == 1
    assert [report["analysis"]["name"] for report in json.loads(result.stdout)] == ["b"]


def test_each_sae_is_loaded_once_and_released_before_the_next_even_after_a_failure(
    saegeo, matrix, another, plugins, analysis, monkeypatch
):
    loaded, still_there = [], []
    honest = task.load_cloud

    def load(spec, **options):
        gc.collect()
        still_there.extend(cloud() for cloud in loaded if cloud() is not None)
        cloud = honest(spec, **options)
        loaded.append(weakref.ref(cloud))
        return cloud

    monkeypatch.setattr(task, "load_cloud", load)
    given = plugins(analysis("a"), analysis("b", lambda *_: 1 / 0))
    saegeo("run", matrix, another, "--all", plugins=given)
    assert len(loaded) == 2
    assert still_there == []
    assert len(stored()) == 2


def test_one_failing_cell_leaves_the_others_alone(saegeo, matrix, another, plugins, analysis):
    def fail_on_first(cloud, *_):
        if "another" not in cloud.sae.spec:
            raise ValueError("[red]not \x1b[31mthis")

    two = plugins(analysis("a", fail_on_first), analysis("b"))
    result = saegeo("run", matrix, another, "--all", plugins=two)
    assert result.exit_code == 1
    assert f"failed: a (package saegeo_test_one) on {matrix}: ValueError: [red]not \\x1b[31mthis" in result.stderr
    assert "Traceback" not in result.stderr
    assert len(stored()) == 3
    assert result.stdout.count("report: ") == 3


def test_the_traceback_is_shown_on_demand(saegeo, matrix, plugins, analysis):
    broken = plugins(analysis(before=fail(ZeroDivisionError("oh"))))
    result = saegeo("run", matrix, "--plugin", "mean-norm", "--traceback", plugins=broken)
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert "in analysis mean-norm of package saegeo_test_one" in result.stderr
    assert result.stdout == ""


def test_an_analysis_that_tries_to_end_the_program_only_fails(saegeo, matrix, plugins, analysis):
    two = plugins(analysis("a", fail(SystemExit(3))), analysis("b"))
    result = saegeo("run", matrix, "--all", plugins=two)
    assert result.exit_code == 1
    assert "it asked to end the program, with status 3" in result.stderr
    assert "b on" in result.stdout


def test_when_nothing_succeeds_by_the_users_mistakes_the_status_is_2(saegeo, matrix, plugins, analysis):
    mistake = fail(SaegeoError("this cloud is too small", "give a larger one"))
    two = plugins(analysis("a", mistake), analysis("b", mistake))
    result = saegeo("run", matrix, "--all", plugins=two)
    assert result.exit_code == 2
    assert f"failed: b (package saegeo_test_one) on {matrix}: this cloud is too small\n" in result.stderr
    one = saegeo("run", matrix, "--plugin", "a", plugins=two)
    assert one.exit_code == 2
    assert one.stderr == f"a on {matrix}: started\nerror: this cloud is too small\ngive a larger one\n"


def test_an_sae_that_cannot_be_loaded_leaves_the_others_alone(saegeo, matrix, plugins, analysis, tmp_path):
    broken = tmp_path / "broken.npy"
    broken.write_bytes(matrix.read_bytes()[:100])
    result = saegeo("run", broken, matrix, "--plugin", "mean-norm", plugins=plugins(analysis()))
    assert result.exit_code == 1
    assert f"failed: {broken}: " in result.stderr
    assert len(stored()) == 1
    alone = saegeo("run", broken, "--plugin", "mean-norm", plugins=plugins(analysis()))
    assert alone.exit_code == 2
    assert "\nerror: " in alone.stderr


def test_an_interruption_leaves_what_was_finished(saegeo, matrix, plugins, analysis):
    two = plugins(analysis("a"), analysis("b", fail(KeyboardInterrupt())))
    result = saegeo("run", matrix, "--plugin", "a", "--plugin", "b", plugins=two)
    assert result.exit_code == 130
    assert len(stored()) == 1
    assert [path.name for path in Path("saegeo-results").rglob(".*")] == []


class TestExisting:
    def test_reuse_computes_once(self, saegeo, matrix, plugins, analysis):
        measured = analysis()
        saegeo("run", matrix, "--plugin", "mean-norm", plugins=plugins(measured))
        result = saegeo("run", matrix, "--plugin", "mean-norm", plugins=plugins(measured))
        assert result.exit_code == 0
        assert "computed earlier" in result.stdout
        assert measured.runs.total() == 1

    def test_replace_computes_again(self, saegeo, matrix, plugins, analysis):
        measured = analysis()
        saegeo("run", matrix, "--plugin", "mean-norm", plugins=plugins(measured))
        result = saegeo("run", matrix, "--plugin", "mean-norm", "--existing", "replace", plugins=plugins(measured))
        assert measured.runs.total() == 2
        assert "computed earlier" not in result.stdout

    def test_fail_fails(self, saegeo, matrix, plugins, analysis):
        saegeo("run", matrix, "--plugin", "mean-norm", plugins=plugins(analysis()))
        result = saegeo("run", matrix, "--plugin", "mean-norm", "--existing", "fail", plugins=plugins(analysis()))
        assert result.exit_code == 2
        assert "the report exists" in result.stderr

    def test_another_seed_is_another_report(self, saegeo, matrix, plugins, analysis):
        for seed in (0, 1):
            saegeo("run", matrix, "--plugin", "mean-norm", "--seed", seed, plugins=plugins(analysis()))
        assert [ReportStore.read(path).seed for path in stored()] in ([0, 1], [1, 0])


def test_a_cloud_that_one_analysis_changed_is_loaded_again_for_the_next(saegeo, matrix, plugins, analysis):
    def change_and_leave(cloud, *_):
        cloud.vectors.numpy()[:] = 1
        raise SystemExit(0)

    sums = []
    first, after = (
        analysis("a", before=change_and_leave),
        analysis("b", before=lambda cloud, *_: sums.append(cloud.digest)),
    )
    result = saegeo("run", matrix, "--all", plugins=plugins(first, after))
    assert result.exit_code == 1
    assert sums == [load_cloud(str(matrix)).digest]


def test_settings_and_preset_reach_the_analysis(saegeo, matrix, plugins, analysis):
    arguments = ["run", matrix, "--plugin", "mean-norm", "--preset", "paper", "--set", "mean-norm.sizes=3,4", "--json"]
    report = json.loads(saegeo(*arguments, plugins=plugins(analysis())).stdout)
    assert report["parameters"] == {"factor": 2.0, "sizes": [3, 4]}
    assert report["analysis"]["preset"] == "paper"


def test_rows_layout_and_labels_reach_the_loader(saegeo, tmp_path, plugins, analysis, rng):
    wide = tmp_path / "wide.npy"
    np.save(wide, rng.standard_normal((5, 30)).astype("f4"))
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({i: f"label {i}" for i in range(30)}))
    seen = []
    uses = frozenset({"labels"})
    given = plugins(analysis(before=lambda cloud, *_: seen.append((cloud.n_features, cloud.labels[3])), uses=uses))
    arguments = ["run", wide, "--plugin", "mean-norm", "--feature-labels", labels]
    assert saegeo(*arguments, plugins=given).exit_code == 2
    assert saegeo(*arguments, "--decoder-layout", "columns", plugins=given).exit_code == 0
    assert seen == [(30, "label 3")]


def test_all_skips_what_cannot_run_and_mentions_what_is_broken(saegeo, matrix, plugins, analysis):
    calibrated_only = {"calibrated": {}}
    given = plugins(
        analysis("a"),
        analysis("fires", needs=frozenset({"vectors", "firing"})),
        analysis("plain", presets=calibrated_only),
        analysis("twice"),
        other=[analysis("twice")],
        hollow=types.ModuleType("saegeo_test_hollow"),
    )
    result = saegeo("run", matrix, "--all", "--preset", "paper", plugins=given)
    assert result.exit_code == 0
    assert re.search(r"skipped: fires on .*decoder.npy \(needs firing", result.stderr)
    assert "skipped: plain (has no preset paper)" in result.stderr
    assert result.stderr.count("broken: hollow (package saegeo_test_hollow): ") == 1
    assert "broken: the analysis 'twice' is registered by saegeo_test_one and saegeo_test_other" in result.stderr
    assert len(stored()) == 1


def test_an_analysis_that_fails_to_tell_what_it_reads_or_costs_fails_alone(saegeo, matrix, plugins, analysis):
    def fails(*_):
        raise RuntimeError("no word")

    given = plugins(analysis("a"), analysis("silent", used=fails), analysis("dear", cost=fails))
    result = saegeo("run", matrix, "--all", plugins=given)
    assert result.exit_code == 1
    for name in ("silent", "dear"):
        assert f"failed: {name} (package saegeo_test_one) on {matrix}: RuntimeError: no word" in result.stderr
    assert len(stored()) == 1


def test_an_analysis_whose_parameters_cannot_be_made_fails_alone(saegeo, matrix, plugins, analysis):
    given = plugins(analysis("a"), late := analysis("late"))

    class Late(late.Parameters):
        size: int = Field(default_factory=lambda: 1 // 0)

    type(late).Parameters = Late  # it registered well
    result = saegeo("run", matrix, "--all", plugins=given)
    assert result.exit_code == 0
    told = "broken: late (package saegeo_test_one): the parameters of late cannot be made: ZeroDivisionError"
    assert told in result.stderr
    assert len(stored()) == 1
    assert "cannot be made" in saegeo("run", matrix, "--plugin", "late", plugins=given).stderr


def test_without_an_sae_the_bundled_one_is_measured(saegeo, plugins, analysis, monkeypatch, matrix):
    asked = []
    monkeypatch.setattr(
        run_plan, "expand_specs", lambda given, plugins: (asked.extend(given), [SaeSpec(path=matrix)])[1]
    )
    result = saegeo("run", "--plugin", "mean-norm", plugins=plugins(analysis()))
    assert asked == ["minilm-l6:layer_3"]
    assert result.stderr.startswith("no SAE was named: measuring minilm-l6:layer_3 of the bundled release\n")


class TestActivations:
    """--model reaches the analyses that read activations, where the SAE reads or where the user says."""

    @pytest.fixture
    def model(self):
        """A kind of source whose tokens are letters, of width 5."""

        class Letters:
            name, summary = "letters", "one token for each letter"

            def open(self, where, request):
                def batches(documents):
                    for document in documents:
                        n = len(document.text)
                        rows = {hook: torch.full((n, 5), float(n)) for hook in request.hooks}
                        if n:
                            yield ActivationBatch(rows, np.full(n, document.position), np.arange(n))

                described = {"where": where, "hooks": list(request.hooks)}
                widths = dict.fromkeys(request.hooks, 4 if where == "narrow" else 5)
                return types.SimpleNamespace(
                    d_in=widths, corpus=None, batches=batches, describe=lambda: described, statistics=dict
                )

        module = types.ModuleType("saegeo_test_letters")
        module.saegeo_register_sources = hookimpl(specname="saegeo_register_sources")(
            lambda register: register(Letters())
        )
        return module

    @pytest.fixture
    def reading(self, plugins, analysis, model):
        """An analysis that reads activations, one that does not, and what the first was given."""
        seen = []

        def given(cloud, parameters, context):
            seen.append(
                context.activations and [context.activations.hook, *map(len, context.activations.of(["ab", "c"]))]
            )

        uses = frozenset({"activations"})
        return plugins(analysis("reads", given, uses=uses), analysis("plain"), letters=model), seen

    def test_they_arrive(self, saegeo, matrix, reading):
        given, seen = reading
        result = saegeo("run", matrix, "--all", "--model", "letters:wide", "--layer", "3", plugins=given)
        assert result.exit_code == 0
        assert seen == [["blocks.3.hook_resid_post", 2, 1]]
        reports = {path.name.split("-")[0]: json.loads(path.read_text()) for path in stored()}
        assert reports["reads"]["inputs"]["activations"]["where"] == "wide"
        assert reports["plain"]["inputs"] == {}

    def test_the_place_decides_the_report(self, saegeo, matrix, reading):
        given, seen = reading
        for hook in ("a", "b", "a"):
            saegeo("run", matrix, "--plugin", "reads", "--model", "letters:wide", "--hook", hook, plugins=given)
        assert [hook for hook, *_ in seen] == ["a", "b"]
        assert len(stored()) == 2

    def test_without_a_model_there_are_none(self, saegeo, matrix, reading):
        given, seen = reading
        assert saegeo("run", matrix, "--plugin", "reads", plugins=given).exit_code == 0
        assert seen == [None]

    def test_what_is_not_used_is_not_opened_and_makes_no_other_report(self, saegeo, matrix, reading, monkeypatch):
        given, seen = reading
        monkeypatch.setattr(given.analysis("reads"), "used", lambda parameters: frozenset(), raising=False)
        for options in ([], ["--model", "letters:narrow", "--hook", "a"]):
            assert saegeo("run", matrix, "--plugin", "reads", *options, plugins=given).exit_code == 0
        assert seen == [None]
        assert len(stored()) == 1

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            (["--layer", "3"], "--layer says where to read a model, and none was named"),
            (["--model", "letters:wide", "--layer", "3", "--hook", "a"], "exclude each other"),
            (["--model", "letters:wide"], "does not say where in the model it reads"),
            (
                ["--model", "letters:narrow", "--hook", "a"],
                "have width 5; the activations of letters:narrow at a have width 4",
            ),
        ],
    )
    def test_mistakes(self, saegeo, matrix, reading, options, told):
        result = saegeo("run", matrix, "--plugin", "reads", *options, plugins=reading[0])
        assert result.exit_code == 2
        assert told in " ".join(result.stderr.split())

    def test_a_model_that_is_needed(self, saegeo, matrix, plugins, analysis):
        given = plugins(analysis("needs", needs=frozenset({"vectors", "activations"})), analysis("plain"))
        named = saegeo("run", matrix, "--plugin", "needs", plugins=given)
        assert named.exit_code == 2
        assert "type --model" in named.stderr
        everything = saegeo("run", matrix, "--all", plugins=given)
        assert everything.exit_code == 0
        assert "skipped: needs (needs activations)" in everything.stderr

    def test_what_an_analysis_misses_fails_by_name_and_is_passed_over_among_all(
        self, saegeo, matrix, plugins, analysis
    ):
        misses = analysis("misses", fail(MissingInput("misses needs words", "type --set misses.words=FILE")))
        given = plugins(misses, analysis("plain"))
        named = saegeo("run", matrix, "--plugin", "misses", plugins=given)
        assert named.exit_code == 2
        assert "type --set misses.words=FILE" in named.stderr
        everything = saegeo("run", matrix, "--all", plugins=given)
        assert everything.exit_code == 0
        assert re.search(r"skipped: misses on .*decoder.npy \(misses needs words\)", everything.stderr)
        assert len(stored()) == 1
