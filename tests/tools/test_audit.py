"""The page of the audit says what was measured, and what was measured can be measured again."""

import json
import re
import xml.etree.ElementTree as ET

import pytest
from audit import effective_volume, fixed_cosine, sparsity
from audit.section import TABLE, markdown_table, with_tables
from draw_audit import FOLDER, NUMBERS, PAGE, SECTIONS

from saegeo_core.comparison.published import ALPHA, GALAXY_L0

SAID = json.loads(NUMBERS.read_text())
TEXT = PAGE.read_text()
DECIMAL = re.compile(r"\d+\.\d+")
NAMES = {"2410.19750"}
"""Of papers, that look like numbers."""
QUOTED = {"0.1", "0.848"}
"""Published numbers and settings of the published procedures."""


def alike(row, said):
    """Whether a row has the numbers that were written down; other processors round otherwise."""
    return row.keys() == said.keys() and all(
        row[key] == (pytest.approx(value, rel=1e-5) if isinstance(value, float) else value)
        for key, value in said.items()
    )


def test_every_section_was_measured_and_stands_on_the_page():
    assert list(SAID) == list(SECTIONS)
    assert [found["name"] for found in TABLE.finditer(TEXT)] == list(SECTIONS)


def test_the_tables_are_those_measured():
    assert with_tables(TEXT, SAID) == TEXT, "run python tools/draw_audit.py"


def test_a_changed_number_is_noticed():
    changed = json.loads(NUMBERS.read_text())
    changed["untrained"]["rows"][0]["trained"] += 0.001
    assert with_tables(TEXT, changed) != TEXT


def test_decimals_of_the_text_are_measured_or_quoted():
    measured = set(DECIMAL.findall("".join(markdown_table(one["rows"], one["formats"]) for one in SAID.values())))
    assert set(DECIMAL.findall(TABLE.sub("", TEXT))) <= measured | QUOTED | NAMES


def test_figures_are_small_and_all_shown():
    drawn = {path.name for path in FOLDER.glob("*.svg")}
    assert drawn == {f"{name}.svg" for one in SAID.values() for name in one["figures"]}
    assert drawn == set(re.findall(r"\(audit/(\w+\.svg)\)", TEXT))
    for name in drawn:
        content = (FOLDER / name).read_bytes()
        assert len(content) < 60_000
        assert ET.fromstring(content).tag.endswith("svg")


def test_the_regression_on_l0_is_measured_again():
    said = SAID["sparsity"]["rows"][0]
    assert alike(sparsity.regression_row(said["published"], sparsity.regressed("alpha", ALPHA, GALAXY_L0)), said)


@pytest.mark.parametrize("place", [0, -1])
def test_fixed_cosines_are_measured_again(place):
    said = SAID["fixed-cosine"]["rows"][place]
    assert alike(fixed_cosine.dimension_row(said["dimensions"]), said)


def test_the_published_volume_rises_while_the_volume_falls():
    isotropic, *_, said = SAID["effective-volume"]["rows"]
    again = effective_volume.row_at(said["exponent"])
    assert alike(again, said)
    assert again["published sum"] > isotropic["published sum"]
    assert again["whole log volume"] < isotropic["whole log volume"]
