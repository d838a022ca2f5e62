"""`saegeo plugins new`: what it writes, and what it refuses. That it installs and runs, the tutorial's test shows."""

import importlib
import os
import subprocess
import sys
import tomllib

import pytest

from saegeo_core import SaegeoError
from saegeo_core.plugin.new import KINDS, TEMPLATES, write_plugin


def test_a_complete_package_is_written(tmp_path):
    place = write_plugin("norm-lean-2", tmp_path / "deep" / "down")
    assert place == tmp_path / "deep" / "down" / "saegeo-norm-lean-2"
    assert sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()) == [
        "README.md",
        "pyproject.toml",
        "saegeo_norm_lean_2/__init__.py",
        "saegeo_norm_lean_2/analysis.py",
        "saegeo_norm_lean_2/declared.py",
        "saegeo_norm_lean_2/formula.py",
        "tests/test_saegeo_norm_lean_2.py",
    ]
    project = tomllib.loads((place / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["saegeo"] == {"norm-lean-2": "saegeo_norm_lean_2"}
    for path in place.rglob("*.*"):
        assert "$" not in path.read_text()


def test_every_template_is_used():
    used = {template for kind, new in KINDS.items() for template in new.files(kind).values()}
    assert used == {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.template")}


@pytest.fixture
def written(tmp_path, monkeypatch, plugin_manager):
    """Writes a package of one kind; the module of its tests' subject, and a manager that has it alone."""

    def make(kind):
        monkeypatch.syspath_prepend(write_plugin("norm-lean", tmp_path, kind=kind))
        module = importlib.import_module("saegeo_norm_lean")
        before = set(sys.modules)
        manager = plugin_manager(lean=module)
        return manager, set(sys.modules) - before

    yield make
    for name in [name for name in sys.modules if name.startswith("saegeo_norm_lean")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("kind", "brought", "module"),
    [("analysis", "analyses", "analysis"), ("format", "formats", "file_format"), ("source", "sources", "source")],
)
def test_its_module_registers_without_heavy_imports(written, kind, brought, module):
    manager, imported = written(kind)
    [plugin] = manager.plugins
    assert plugin.error is None
    assert [one.name for one in getattr(plugin, brought)] == ["norm-lean"]
    assert imported <= {"saegeo_test_lean", f"saegeo_norm_lean.{module}"}


@pytest.mark.parametrize("kind", ["format", "source"])
def test_its_own_tests_pass(kind, tmp_path):
    place = write_plugin("norm-lean", tmp_path, kind=kind)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(place), *filter(None, sys.path)])}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(place)]
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Norm_Lean", "for example norm-lean"),
        ("2d", "for example d"),
        ("", "for example norm-spread"),
        ("../x", "for example x"),
        ("norm--lean", "for example norm-lean"),
        ("norm-", "for example norm"),
        ("naïve", "lower-case letters"),
        ("a'b", "for example a-b"),
        ("saegeo-lean", "type lean"),
        ("cosine-tails", "there is a Python module saegeo_cosine_tails already"),
        ("mine", "there is an analysis 'mine' already"),
    ],
)
def test_names_that_cannot_be_are_refused(tmp_path, name, told):
    with pytest.raises(SaegeoError) as error:
        write_plugin(name, tmp_path, taken=["mine"])
    assert told in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_none_is_told_by_what_it_was_to_be(tmp_path):
    with pytest.raises(SaegeoError, match="'x_y' is no name for a file format"):
        write_plugin("x_y", tmp_path, kind="format")
    with pytest.raises(SaegeoError, match="there is a source of activations 'mine' already"):
        write_plugin("mine", tmp_path, taken=["mine"], kind="source")


def test_nothing_is_written_over(tmp_path):
    place = write_plugin("norm-lean", tmp_path)
    (place / "README.md").write_text("mine")
    with pytest.raises(SaegeoError, match="nothing is written over it"):
        write_plugin("norm-lean", tmp_path)
    assert (place / "README.md").read_text() == "mine"


def test_a_folder_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SaegeoError, match="cannot write"):
        write_plugin("norm-lean", tmp_path / "file")
