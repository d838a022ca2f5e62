"""docs/loading.md names every name of a matrix, hook and family that is known, and none besides."""

import re
from pathlib import Path

import pytest

from saegeo_core.activations.hook_points import FAMILIES
from saegeo_core.loading.weights import DECODERS, ENCODERS

PAGE = (Path(__file__).parents[2] / "docs/loading.md").read_text()


def table_after(heading: str) -> list[list[str]]:
    """Cells of the rows of the first table below a heading."""
    lines = PAGE[PAGE.index(heading) :].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize(("column", "known"), [(0, DECODERS), (1, ENCODERS)])
def test_names_of_matrices_stand_with_their_layout(column, known):
    told = {name: row[2] for row in table_after("### Which array is the decoder") for name in quoted(row[column])}
    assert told == known


def test_families_of_models_are_all_named():
    told = re.search(r"Known by name are (.*?)\. Blocks", PAGE, re.DOTALL)
    assert told is not None
    assert set(quoted(told[1])) == set(FAMILIES)


def test_places_in_a_model_are_all_named():
    told = {name.removeprefix("blocks.N.") for row in table_after("## A model") for name in quoted(row[0])}
    assert told - {"hook_embed"} == {place for family in FAMILIES.values() for place in family.places}
