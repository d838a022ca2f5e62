"""The calibration suite counts right what it is given, loses no run, and its cells are those of the laws they name."""

import numpy as np
import pytest

from benchmarks.calibration.cell import Cell
from benchmarks.calibration.cells import all_cells
from benchmarks.calibration.kept import read_kept, write_kept
from benchmarks.calibration.page import page
from benchmarks.calibration.records import Records
from benchmarks.calibration.summary import summarized


def said(estimate, low, high, p):
    return {"lean": {"estimate": estimate, "low": low, "high": high, "p": p}}


RUNS = {
    0: said(1.0, 0.0, 2.5, 0.01),
    1: said(2.0, 1.9, 3.0, 0.05),
    2: said(3.0, 2.5, 3.5, 0.06),
    3: said(None, None, None, None),
}


@pytest.fixture
def cell():
    return Cell("frequency-geometry", "a: law/2", lambda rng: None, lambda metric: metric == "lean")


def test_shares_are_of_the_runs_that_have_an_estimate():
    (row,) = summarized(RUNS)
    assert (row.metric, row.runs) == ("lean", 3)
    assert row.small == pytest.approx(2 / 3)
    assert row.covered == pytest.approx(2 / 3)
    assert row.width == pytest.approx(np.mean([2.5, 1.1, 1.0]) / 3.92 / np.std([1, 2, 3]))


def test_the_page_tells_runs_and_marks_what_lies_outside(cell):
    many = {number: said(0.0 if number % 2 else 1.0, -9.0, 9.0, 0.01) for number in range(200)}
    many |= {number: {**one, "counted": said(3.0, None, None, None)["lean"]} for number, one in many.items()}
    (line,) = [line for line in page([(cell, many)]).splitlines() if "a: law/2" in line]
    assert line == "| `lean` | a: law/2 | 200 | 1 ● |  | 1 ● | 9.18 |"


def test_runs_are_kept_and_a_line_that_was_cut_off_is_made_again(cell, tmp_path):
    records = Records(tmp_path, cell)
    assert records.read() == {}
    for number in range(3):
        records.add(number, RUNS[number])
    whole = records.path.read_text()
    records.path.write_text(whole[: -len(whole) // 6])
    assert Records(tmp_path, cell).read() == {0: RUNS[0], 1: RUNS[1]}
    records.add(2, RUNS[2])
    records.add(3, RUNS[3])
    assert Records(tmp_path, cell).read().keys() >= {0, 1, 3}


def test_runs_that_come_with_the_repository_need_not_be_made(cell, tmp_path):
    path = tmp_path / "runs.csv.xz"
    assert read_kept(path) == {}
    write_kept([(cell, RUNS)], path)
    kept = read_kept(path)
    assert kept == {(cell.analysis, cell.version, cell.law): RUNS}
    records = Records(tmp_path, cell, kept[cell.analysis, cell.version, cell.law])
    assert records.read() == RUNS
    records.add(4, RUNS[0])
    assert records.read() == {**RUNS, 4: RUNS[0]}
    assert [row.small for row in summarized(records.read())] == [row.small for row in summarized({**RUNS, 4: RUNS[0]})]


def test_names_of_cells_are_their_own():
    names = [cell.name for cell in all_cells()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["absorption", "sparsity"])
def test_another_run_of_a_cell_beside_something_says_something_else(name):
    cell = next(one for one in all_cells() if one.analysis == name)
    assert cell.say(3) == cell.say(3) != cell.say(4)


@pytest.mark.parametrize(
    "cell", [one for one in all_cells() if one.analysis == "frequency-geometry"], ids=lambda one: one.law
)
def test_a_run_is_decided_by_its_number(cell):
    assert cell.say(3) == cell.say(3) != cell.say(4)
    assert {"rate_norm", "rate_nearest"} <= {name for name, one in cell.say(0).items() if one["p"] is not None}
