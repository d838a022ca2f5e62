import sys
import types
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from pydantic import Field

from saegeo_core import Parameters, PluginManager, SaegeoError, hookimpl


def no_default():
    raise RuntimeError("no default today")


class Unmade(Parameters):
    size: int = Field(default_factory=no_default)


def failing(message):
    module = types.ModuleType("broken")

    @hookimpl
    def saegeo_register_analyses(register):
        raise RuntimeError(message)

    module.saegeo_register_analyses = saegeo_register_analyses
    return module


def test_analyses_are_found_by_name(plugin_manager, mean_norm):
    manager = plugin_manager(one=[mean_norm])
    assert manager.analysis("mean-norm") is mean_norm
    assert manager.package_of("mean-norm") == "saegeo_test_one"


def test_a_broken_plugin_never_stops_the_others(plugin_manager, mean_norm):
    manager = plugin_manager(broken=failing("no luck"), one=[mean_norm])
    assert manager.analysis_names == ["mean-norm"]
    assert [plugin.error for plugin in manager.plugins] == ["RuntimeError: no luck", None]
    with pytest.raises(SaegeoError, match="failed to load: RuntimeError: no luck"):
        manager.analysis("broken")


def test_an_import_that_exits_is_contained(mean_norm, plugin_manager, tmp_path, monkeypatch):
    (tmp_path / "saegeo_test_exits.py").write_text("raise SystemExit(3)")
    monkeypatch.syspath_prepend(tmp_path)
    manager = PluginManager(
        [EntryPoint("exits", "saegeo_test_exits", "saegeo"), EntryPoint("gone", "saegeo_test_gone", "saegeo")]
    )
    assert [plugin.error.split(":")[0] for plugin in manager.plugins] == ["RuntimeError", "ModuleNotFoundError"]


def test_what_a_failing_plugin_registered_before_is_taken_back(plugin_manager, mean_norm):
    module = types.ModuleType("half")

    @hookimpl
    def saegeo_register_analyses(register):
        register(mean_norm)
        raise RuntimeError("then it fell")

    module.saegeo_register_analyses = saegeo_register_analyses
    assert plugin_manager(half=module).analysis_names == []


def test_a_forgotten_marker_is_named(plugin_manager):
    module = types.ModuleType("plain")
    module.saegeo_register_analyses = lambda register: None
    assert "did you forget @hookimpl" in plugin_manager(plain=module).plugins[0].error


def test_a_misspelled_hook_is_refused(plugin_manager, mean_norm):
    module = types.ModuleType("misspelled")

    @hookimpl
    def saegeo_register_analysis(register):
        register(mean_norm)

    module.saegeo_register_analysis = saegeo_register_analysis
    manager = plugin_manager(misspelled=module, one=[mean_norm])
    assert "saegeo_register_analysis" in manager.plugins[0].error
    assert manager.analysis_names == ["mean-norm"]


def test_a_duplicate_name_names_both_packages(plugin_manager, mean_norm):
    manager = plugin_manager(one=[mean_norm], two=[mean_norm])
    with pytest.raises(SaegeoError, match="saegeo_test_one and saegeo_test_two"):
        manager.analysis("mean-norm")


def test_plugins_are_switched_off_by_name_or_package(plugin_manager, mean_norm):
    for disabled in ("one", "saegeo_test_one", "other, one"):
        manager = plugin_manager(disabled=disabled, one=[mean_norm])
        assert manager.analysis_names == []
        with pytest.raises(SaegeoError, match="SAEGEO_DISABLED_PLUGINS"):
            manager.analysis("one")


def test_the_environment_switches_plugins_off(monkeypatch):
    monkeypatch.setenv("SAEGEO_DISABLED_PLUGINS", "saegeo")
    assert PluginManager().analysis_names == []


def test_registering_something_else_is_named(plugin_manager, mean_norm):
    assert "without name" in plugin_manager(one=[object()]).plugins[0].error
    mean_norm.needs = "vectors"
    assert "needs of mean-norm is a str" in plugin_manager(three=[mean_norm]).plugins[0].error
    assert "register an instance" in plugin_manager(two=[type(mean_norm)]).plugins[0].error


@pytest.mark.parametrize(
    ("attribute", "value", "told"),
    [
        ("name", 7, "name of MeanNorm is no text: 7"),
        ("summary", None, "summary of MeanNorm is no text"),
        (
            "needs",
            frozenset({"weights"}),
            "mean-norm needs weights; there is vectors, labels, encoder, firing, activations",
        ),
        ("uses", frozenset({"label"}), "mean-norm uses label; there is"),
        ("name", "../mean-norm", "an analysis is called '../mean-norm'"),
        ("uses", "activations", "uses of mean-norm is a str; write frozenset({'vectors'})"),
        ("invariances", 3, "invariances of mean-norm is a int"),
        ("Parameters", dict, "no subclass of saegeo_core.Parameters"),
        ("Parameters", Unmade, "RuntimeError: no default today"),
        (
            "presets",
            {"calibrated": {"nothing": 3}},
            "the preset calibrated of mean-norm sets nothing, which is no parameter",
        ),
        (
            "presets",
            {"paper": {"factor": -1}},
            "the preset paper of mean-norm is none: factor: Input should be greater",
        ),
        ("presets", {"paper": 7}, "TypeError: 'int' object is not iterable"),
        ("presets", ["calibrated"], "presets of mean-norm must be a mapping"),
        ("analyze", None, "analyze a method"),
    ],
)
def test_an_analysis_that_would_fail_later_is_refused(plugin_manager, mean_norm, attribute, value, told):
    setattr(mean_norm, attribute, value)
    manager = plugin_manager(unfit=[mean_norm], sound=[type(mean_norm)()])
    assert told in manager.plugins[0].error
    assert manager.analysis_names == ["mean-norm"]


def test_a_parameter_that_the_user_has_to_give_is_no_mistake(plugin_manager, mean_norm):
    class Given(type(mean_norm).Parameters):
        other: str = Field(examples=["minilm-l6:layer_2"])

    mean_norm.Parameters = Given
    assert plugin_manager(one=[mean_norm]).plugins[0].error is None


def test_a_plugin_that_goes_elsewhere_is_refused_and_everybody_stays(mean_norm, tmp_path, monkeypatch):
    (tmp_path / "saegeo_test_leaves.py").write_text(
        "import os; os.chdir('/')\n"
        "from saegeo_core import hookimpl\n"
        "@hookimpl\ndef saegeo_register_analyses(register): pass"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    manager = PluginManager([EntryPoint("leaves", "saegeo_test_leaves", "saegeo")])
    assert manager.plugins[0].error == "RuntimeError: it changed the working directory to /"
    assert Path.cwd() == tmp_path


def test_an_unknown_name_has_near_matches(plugin_manager, mean_norm):
    with pytest.raises(SaegeoError, match="did you mean 'mean-norm'"):
        plugin_manager(one=[mean_norm]).analysis("mean-nrom")


def test_what_is_no_analysis_is_told_as_what_it_is():
    with pytest.raises(SaegeoError, match="sparsify is a file format, not an analysis"):
        PluginManager().analysis("sparsify")


def test_built_in_plugins_come_through_the_entry_points():
    manager = PluginManager()
    assert "cosine-tails" in manager.analysis_names
    assert manager.package_of("cosine-tails") == "saegeo"
    assert not [plugin.error for plugin in manager.plugins if plugin.error]


def test_slow_imports_are_told_with_their_seconds(plugin_manager, mean_norm):
    plugin = plugin_manager(one=[mean_norm]).plugins[0]
    assert not plugin.is_slow
    plugin.seconds = 2.5
    assert plugin.is_slow
    assert "saegeo_test_one" in sys.modules
