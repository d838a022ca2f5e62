"""The tutorial for plugin authors, word for word: its commands are typed, its program is run, its excerpts are in the files."""

import ast
import contextlib
import io
import re
import textwrap
from pathlib import Path

import numpy as np
import pytest

from saegeo_core import load_cloud
from saegeo_core.plugin.analysis import INVARIANCES
from saegeo_core.plugin.new import KINDS, write_plugin
from saegeo_core.testing import check_analysis

ROOT = Path(__file__).parents[1]
TUTORIAL = (ROOT / "docs" / "writing-a-plugin.md").read_text(encoding="utf-8")
FIRST_PROGRAM, SECOND_PROGRAM, *_ = re.findall(r"```python\n(.*?)```", TUTORIAL, re.DOTALL)
NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"
EXCERPTS = re.findall(r"```py\n(.*?)```", TUTORIAL, re.DOTALL)
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", TUTORIAL, re.DOTALL) for line in block.splitlines()]


def printed(program):
    """What a program prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(program, "tutorial", "exec"), {"__name__": "tutorial"})
    return out.getvalue()


def test_ten_lines_give_a_number():
    assert len([line for line in FIRST_PROGRAM.splitlines() if line.strip()]) == 10
    assert float(printed(FIRST_PROGRAM)) == pytest.approx(load_cloud("minilm-l6:layer_3").norms.mean())


def test_forty_lines_give_a_number_an_interval_and_a_pvalue():
    assert len(SECOND_PROGRAM.splitlines()) <= 40
    estimate, low, high, pvalue = map(float, re.findall(NUMBER, printed(SECOND_PROGRAM)))
    unit = load_cloud("minilm-l6:layer_3").unit_vectors().double().numpy()
    assert estimate == pytest.approx(np.linalg.norm(unit.mean(0)), rel=1e-6)
    assert 0 <= low < estimate < high <= 1
    assert pvalue < 1e-6


def test_beside_its_formula_a_metric_is_ten_lines():
    """The declaration, and in `analyze` what follows the function that measures."""
    tree = ast.parse(SECOND_PROGRAM)
    (declared,) = (node for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "DECLARED")
    (analyze,) = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "analyze")
    measure = next(i for i, node in enumerate(analyze.body) if isinstance(node, ast.FunctionDef))
    beside = [declared, *analyze.body[measure + 1 :]]
    assert sum(node.end_lineno - node.lineno + 1 for node in beside) <= 10


def test_five_commands_lead_to_an_installed_analysis(new_environment):
    assert len(COMMANDS) == 5
    said = [new_environment(command) for command in COMMANDS]
    assert said[0].stdout == "saegeo-norm-lean\n"
    for told, command in zip(said[0].stderr.splitlines()[1:], COMMANDS[1:], strict=True):
        assert told == command
    assert "norm-lean conforms: " in said[2].stdout
    assert "not checked" not in said[2].stdout
    assert "3 passed" in said[3].stdout
    assert "mean_resultant_length" in said[4].stdout
    assert len(list(new_environment.home.glob("saegeo-results/minilm-l6/layer_3/norm-lean-*.json"))) == 1


@pytest.mark.parametrize("excerpt", EXCERPTS, ids=lambda excerpt: excerpt.split("\n")[0].strip()[:30])
def test_excerpts_are_what_is_written(excerpt, tmp_path):
    places = [
        write_plugin(f"norm-{kind}" if kind != "analysis" else "norm-lean", tmp_path, kind=kind) for kind in KINDS
    ]
    sources = [path for place in [*places, ROOT / "tests/third_party_plugin"] for path in place.rglob("*.py")]
    assert any(excerpt in path.read_text() for path in sources), textwrap.dedent(excerpt)


def test_every_check_is_explained(mean_norm):
    explained = set(re.findall(r"^\| ([^|`]+) \|", TUTORIAL, re.MULTILINE))
    for outcome in check_analysis(mean_norm, quick=True).outcomes:
        general = re.sub(r"(unchanged by|degenerate cloud:|composite cloud:).*", r"\1 …", outcome.check)
        assert general in explained, outcome.check
    for name in INVARIANCES:
        assert f'"{name}"' in TUTORIAL
