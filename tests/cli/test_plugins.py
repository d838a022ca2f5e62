import types

import pytest

from saegeo_core import testing


def test_the_list_shows_analyses_formats_and_all_that_is_wrong(saegeo, plugins, analysis, plugin_manager):
    given = plugins(
        analysis("mean-norm"),
        analysis("twice", summary="[red]markup \x1b[31mand color"),
        other=[analysis("twice")],
        hollow=types.ModuleType("saegeo_test_hollow"),
        off=[analysis("never")],
        disabled="off",
    )
    given.plugins[1].seconds = 3.21
    for arguments in (["plugins"], ["plugins", "list"]):
        result = saegeo(*arguments, plugins=given)
        told = " ".join(result.stdout.split())
        assert result.exit_code == 0
        assert "saegeo_test_one unknown mean-norm 1 Mean length" in told
        assert "saegeo_test_other unknown twice 1" in told
        assert r"[red]markup \x1b[31mand color" in told
        assert "broken: hollow of package saegeo_test_hollow unknown: SaegeoError: hollow has no hook" in told
        assert "disabled: off of package saegeo_test_off unknown, by SAEGEO_DISABLED_PLUGINS" in told
        assert "slow: one of package saegeo_test_one unknown took 3.21 s to load" in told
        assert "broken: the analysis 'twice' is registered by saegeo_test_one and saegeo_test_other" in told
        for file_format in given.formats:
            assert file_format.name in told


def test_without_plugins_the_list_says_so(saegeo, plugin_manager):
    assert saegeo("plugins", plugins=plugin_manager()).stdout == "no analyses are installed\n"


def test_an_analysis_is_shown_with_all_that_can_be_set(saegeo, plugins, analysis):
    result = saegeo("plugins", "show", "mean-norm", plugins=plugins(analysis()))
    told = " ".join(result.stdout.split())
    assert result.exit_code == 0
    assert told.startswith("mean-norm 1, package saegeo_test_one Mean length of the rows")
    assert "needs: vectors" in told
    assert "headline: mean_norm" in told
    assert "preset calibrated: the defaults below" in told
    assert "preset paper: factor = 2.0" in told
    assert "factor = 1.0 float What the mean is multiplied by." in told
    assert "sizes = 1,2 list of int Sizes of nothing in particular." in told
    assert "metrics, as reported of 80 synthetic features, the headline first" in told
    assert "mean_norm length; neither direction is better Mean length of the rows. no null: a test needs none" in told


def test_metrics_that_cannot_be_shown_are_told_why(saegeo, plugins, analysis):
    def leave(*_):
        print("noise")
        raise SystemExit("not today")

    result = saegeo("plugins", "show", "mean-norm", plugins=plugins(analysis(before=leave)))
    assert result.exit_code == 0
    assert (
        "metrics are known from a report; on synthetic features it stopped: it asked to end the program, with status not today"
        in result.stdout
    )
    assert "noise" not in result.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [("mean-nrm", "did you mean 'mean-norm'?"), ("hollow", "failed to load: SaegeoError: hollow has no")],
)
def test_an_analysis_that_is_not_there_is_answered_with_what_is(saegeo, plugins, analysis, name, told):
    given = plugins(analysis(), hollow=types.ModuleType("saegeo_test_hollow"))
    result = saegeo("plugins", "show", name, plugins=given)
    assert result.exit_code == 2
    assert told in result.stderr


def test_what_a_plugin_prints_while_loading_is_no_result(saegeo, monkeypatch):
    def noisy():
        print("noise")
        return original()

    import saegeo_core.plugin.manager as module

    original = module.PluginManager
    monkeypatch.setattr(module, "PluginManager", noisy)
    result = saegeo("plugins")
    assert "noise" not in result.stdout
    assert "noise" in result.stderr


class TestCheck:
    def test_what_conforms_ends_with_0(self, saegeo, plugins, analysis):
        result = saegeo("plugins", "check", "mean-norm", "--quick", plugins=plugins(analysis()))
        assert result.exit_code == 0
        assert result.stdout.splitlines()[0].split() == ["check", "verdict", "seen"]
        assert "mean-norm conforms: 18 passed, 7 not checked, in " in result.stdout

    def test_what_does_not_conform_ends_with_1_and_is_told_at_length(self, saegeo, plugins, analysis):
        def spoil(cloud, *_):
            print("noise")
            cloud.norms[:] = 1

        result = saegeo("plugins", "check", "mean-norm", plugins=plugins(analysis(before=spoil)))
        told = " ".join(result.stdout.split())
        assert result.exit_code == 1
        assert "failed: leaves its input untouched expected: vectors, lengths" in told
        assert "seen: they were changed do: work on a copy" in told
        assert "mean-norm does not conform: 1 failed, 1 not checked" in told
        assert "noise" not in told

    def test_settings_reach_it(self, saegeo, plugins, analysis):
        seen = set()
        given = plugins(analysis(before=lambda cloud, parameters, context: seen.add(parameters.factor)))
        saegeo("plugins", "check", "mean-norm", "--quick", "--set", "mean-norm.factor=3", plugins=given)
        assert seen == {3.0}

    def test_as_many_null_examples_are_tried_as_are_asked_for(self, saegeo, plugins, analysis, monkeypatch):
        asked = []

        def check(*_, null_runs, **__):
            asked.append(null_runs)
            return testing.Conformance("mean-norm", (), 0.0)

        monkeypatch.setattr(testing, "check_analysis", check)
        for more in ((), ("--null-runs", "150")):
            assert saegeo("plugins", "check", "mean-norm", *more, plugins=plugins(analysis())).exit_code == 0
        assert asked == [None, 150]

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["mean-nrm"], "did you mean 'mean-norm'?"),
            (["mean-norm", "--set", "factor=3"], "is not NAME.KEY=VALUE"),
            (["mean-norm", "--null-runs", "0"], "0 is not in the range x>=1"),
            (["mean-norm", "--set", "mean-norm.factor=x"], "mean-norm.factor cannot be 'x'"),
        ],
    )
    def test_mistakes_end_with_2(self, saegeo, plugins, analysis, arguments, told):
        result = saegeo("plugins", "check", *arguments, plugins=plugins(analysis()))
        assert result.exit_code == 2
        assert told in result.stderr


class TestNew:
    def test_the_place_is_the_result_and_what_to_type_next_is_said(self, saegeo, plugins, analysis):
        result = saegeo("plugins", "new", "norm-lean", "--dir", "there", plugins=plugins(analysis()))
        assert result.stdout == "there/saegeo-norm-lean\n"
        assert result.stderr.splitlines()[1:] == [
            "pip install -e there/saegeo-norm-lean",
            "saegeo plugins check norm-lean",
            "pytest there/saegeo-norm-lean",
            "saegeo run --plugin norm-lean",
        ]

    def test_an_installed_name_is_taken(self, saegeo, plugins, analysis, tmp_path):
        result = saegeo("plugins", "new", "mean-norm", plugins=plugins(analysis()))
        assert result.exit_code == 2
        assert "there is an analysis 'mean-norm' already" in result.stderr
        assert not list(tmp_path.glob("saegeo-*"))
