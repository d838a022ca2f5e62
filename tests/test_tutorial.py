"""The tutorial runs from its first cell to its last, and what it is kept with is what it gives."""

import re
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[1] / "docs" / "tutorial.ipynb"


def test_the_tutorial_gives_what_it_is_kept_with(tmp_path):
    """`jupyter nbconvert --to notebook --execute --inplace docs/tutorial.ipynb` writes its outputs anew."""
    pytest.importorskip("ipykernel", reason="no notebook kernel is installed (ipykernel)")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    kept, run = (nbformat.read(TUTORIAL, as_version=4) for _ in range(2))
    nbclient.NotebookClient(run, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert [told(cell) for cell in run.cells] == [told(cell) for cell in kept.cells]
    shown = [kind for cell in run.cells for kinds, _ in told(cell) for kind in kinds]
    assert "application/vnd.plotly.v1+json" in shown
    assert "image/svg+xml" in shown, "a figure must be there for whoever converts the notebook"
    assert shown.count("text/html") >= 3


def told(cell):
    """The kinds of each output, and its plain text but for digits: the last of these differ between processors."""
    return [
        (
            sorted(output.get("data", {})),
            re.sub(r"[\d.e+-]+| +", "", str(output.get("data", output).get("text/plain", output.get("text")))),
        )
        for output in cell.get("outputs", ())
    ]
