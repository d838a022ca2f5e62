"""The public names: all are there, each comes when asked for, and type checkers know them."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import saegeo_core

ROOT = Path(__file__).parents[1]
USED_IN_TYPES = ROOT / "tests" / "typing" / "public_names.py"


@pytest.mark.parametrize("name", saegeo_core.__all__)
def test_every_public_name_is_there(name):
    assert getattr(saegeo_core, name) is not None
    assert name in dir(saegeo_core)


def test_public_names_stand_in_order_and_all_in_one_list():
    assert saegeo_core.__all__ == sorted(saegeo_core._HOME)


def test_a_name_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(AttributeError, match=r"no public name 'ron'; it has .*\brun\b"):
        saegeo_core.ron  # noqa: B018


def test_importing_saegeo_imports_nothing_heavy():
    heavy = ["torch", "pandas", "numpy", "rich", "pydantic", "sae_lens", "transformers"]
    code = f"import sys, saegeo_core; sys.exit(', '.join(name for name in {heavy} if name in sys.modules) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_types_of_every_public_name_are_checked():
    tree = ast.parse(USED_IN_TYPES.read_text())
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sg"
    }
    assert not set(saegeo_core.__all__) - used


@pytest.mark.parametrize("package", ["saegeo_core", *(path.name for path in (ROOT / "plugins").glob("saegeo_*"))])
def test_packages_as_installed_say_that_they_are_typed(package):
    assert Path(find_spec(package).origin).with_name("py.typed").is_file()
