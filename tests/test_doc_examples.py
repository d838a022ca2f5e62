"""Every code block and command of the documentation is run, page by page, as a reader would.

The blocks of a page run in order and share a folder, the Python ones a namespace too; so does a page as a whole with what it says
before. What cannot run here carries the reason in a comment above it: `<!-- not run: … -->`. What needs an extra says so:
`<!-- needs: MODULE -->`. Blocks in other languages (`text`, none) are for reading.
"""

import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>not run|needs): (?P<why>[^>]+) -->\n)?^```(?P<language>bash|python)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
LONGEST_SECONDS = 300


@dataclass
class Block:
    """A piece of code, the line it stands on, and what it takes to run it."""

    language: str
    code: str
    line: int
    needs: str | None


def blocks(page):
    """Those to be run, in order."""
    text = page.read_text()
    for found in BLOCK.finditer(text):
        if found["mark"] == "not run":
            continue
        yield Block(found["language"], found["code"], text[: found.start()].count("\n") + 1, found["why"])


def run_bash(block, folder):
    here = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.code],
        cwd=folder,
        env={**os.environ, **here, "PATH": path},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"line {block.line}:\n{block.code}\n{done.stdout}\n{done.stderr}"


def run_python(block, page, namespace):
    code = compile("\n" * block.line + block.code, str(page), "exec")
    exec(code, namespace)  # the documentation's own code


PAGES_WITH_CODE = [page for page in PAGES if any(blocks(page))]


@pytest.mark.parametrize("page", PAGES_WITH_CODE, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_examples_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "documentation"}
    for block in blocks(page):
        if block.needs and importlib.util.find_spec(block.needs) is None:
            pytest.skip(f"line {block.line} needs {block.needs}")
        if block.language == "bash":
            run_bash(block, tmp_path)
        else:
            run_python(block, page, namespace)


def test_what_is_not_run_says_why():
    for page in PAGES:
        for found in BLOCK.finditer(page.read_text()):
            if found["mark"] == "not run":
                assert len(found["why"].split()) >= 3, f"{page}: {found['why']}"
