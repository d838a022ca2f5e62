import types

import pytest


def test_the_list_shows_analyses_formats_and_all_that_is_wrong(saegeo, plugins, analysis, plugin_manager):
    given = plugins(
        analysis("mean-norm"),
        analysis("twice", summary="[red]markup \x1b[31mand colour"),
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
        assert "mean-norm 1 saegeo_test_one unknown vectors Mean length" in told
        assert "[red]markup and colour" in told
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
    assert "sizes = 1,2 list[int] Sizes of nothing in particular." in told


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

    import saegeo_core.plugin_manager as module

    original = module.PluginManager
    monkeypatch.setattr(module, "PluginManager", noisy)
    result = saegeo("plugins")
    assert "noise" not in result.stdout
    assert "noise" in result.stderr
