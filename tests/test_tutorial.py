"""The tutorial runs from its first cell to its last."""

import json
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[1] / "docs" / "tutorial.ipynb"


def test_the_tutorial_runs(tmp_path):
    pytest.importorskip("ipykernel", reason="no notebook kernel is installed (ipykernel)")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    notebook = nbformat.read(TUTORIAL, as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [
        kind
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        for kind in output.get("data", {"text/plain": ""})
    ]
    assert "application/vnd.plotly.v1+json" in shown
    assert "image/svg+xml" in shown, "a figure must be there for whoever converts the notebook"
    assert shown.count("text/html") >= 3


def test_the_tutorial_is_kept_without_outputs():
    cells = [cell for cell in json.loads(TUTORIAL.read_text())["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)
