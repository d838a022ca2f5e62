"""The oldest versions that the package asks for are those that the tests were run with."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
UNTESTED = {"torch"}  # constraints-lowest.txt says why


def test_what_pyproject_asks_for_is_what_was_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = oldest([*project["dependencies"], *extras["test"], *extras["plots"]], ">=")
    lines = (ROOT / "constraints-lowest.txt").read_text().splitlines()
    tested = oldest([line for line in lines if not line.startswith("#")], "==")
    assert {name: version for name, version in asked.items() if name not in UNTESTED} == tested


def oldest(requirements, operator):
    """The version of each that follows the operator."""
    return {
        canonicalize_name(one.name): Version(part.version)
        for one in map(Requirement, requirements)
        for part in one.specifier
        if part.operator == operator
    }
