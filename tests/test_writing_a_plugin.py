"""The tutorial for plugin authors, word for word: its commands are typed, its program is run, its excerpts are in the files."""

import contextlib
import io
import re
import textwrap
from pathlib import Path

import pytest

from saegeo_core import load_cloud
from saegeo_core.plugin.analysis import INVARIANCES
from saegeo_core.plugin.new import write_plugin
from saegeo_core.testing import check_analysis

ROOT = Path(__file__).parents[1]
TUTORIAL = (ROOT / "docs" / "writing-a-plugin.md").read_text(encoding="utf-8")
(FIRST_PROGRAM,) = re.findall(r"```python\n(.*?)```", TUTORIAL, re.DOTALL)
EXCERPTS = re.findall(r"```py\n(.*?)```", TUTORIAL, re.DOTALL)
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", TUTORIAL, re.DOTALL) for line in block.splitlines()]


def test_ten_lines_give_a_number():
    assert len([line for line in FIRST_PROGRAM.splitlines() if line.strip()]) == 10
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(FIRST_PROGRAM, "tutorial", "exec"), {"__name__": "tutorial"})
    assert float(printed.getvalue()) == pytest.approx(load_cloud("minilm-l6:layer_3").norms.mean())


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
    sources = [*write_plugin("norm-lean", tmp_path).rglob("*.py"), *(ROOT / "tests/third_party_plugin").rglob("*.py")]
    assert any(excerpt in path.read_text() for path in sources), textwrap.dedent(excerpt)


def test_every_check_is_explained(mean_norm):
    explained = set(re.findall(r"^\| ([^|`]+) \|", TUTORIAL, re.MULTILINE))
    for outcome in check_analysis(mean_norm, quick=True).outcomes:
        general = re.sub(r"(unchanged by|degenerate cloud:).*", r"\1 …", outcome.check)
        assert general in explained, outcome.check
    for name in INVARIANCES:
        assert f'"{name}"' in TUTORIAL
