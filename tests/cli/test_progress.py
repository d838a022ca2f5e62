import io
import sys

import pytest
from rich.console import Console

from saegeo_core.cli import progress
from saegeo_core.progress import silent


@pytest.fixture
def terminal(monkeypatch):
    """Standard error is a terminal 100 columns wide; what it was sent."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100, color_system=None)
    monkeypatch.setattr(progress, "messages", lambda: console)
    return stream


def test_it_is_silent_where_standard_error_is_no_terminal(capsys):
    with progress.progress_bars("lobes", "some:sae") as bars:
        assert bars is silent
        assert list(bars(range(3), 3, "tiles")) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_how_far_a_loop_has_come_and_yields_every_item(terminal):
    with progress.progress_bars("lobes", "some:[sae]\x1b[31m") as bars:
        assert list(bars(iter("abc"), 3, "[tiles]")) == ["a", "b", "c"]
    shown = terminal.getvalue()
    assert "lobes on some:[sae]" in shown
    assert "\x1b[31m" not in shown


def test_loops_within_loops_and_loops_left_early_are_no_trouble(terminal):
    with progress.progress_bars("lobes", "sae") as bars:
        for outer in bars(range(2), 2, "outer"):
            for inner in bars(range(5), 5, "inner"):
                if inner == outer:
                    break
    assert terminal.getvalue().endswith("\x1b[2K")  # the line is cleared


def test_standard_output_is_what_it_was_afterwards(terminal):
    before = sys.stdout, sys.stderr
    with pytest.raises(ZeroDivisionError), progress.progress_bars("lobes", "sae") as bars:
        list(bars((1 / i for i in (1, 0)), 2, "loop"))
    assert (sys.stdout, sys.stderr) == before


def test_a_grid_shows_how_many_cells_are_done_beside_the_loops_of_the_one_at_work(terminal):
    with progress.grid_bars("2 SAEs, 1 analysis", 2) as cell:
        for sae in ("first", "second"):
            with cell("lobes", sae) as bars:
                assert list(bars(range(3), 3, "tiles")) == [0, 1, 2]
    shown = terminal.getvalue()
    assert "2 SAEs, 1 analysis" in shown
    assert "100%" in shown


def test_a_cell_that_fails_counts_as_done_and_leaves_no_bar(terminal):
    with progress.grid_bars("grid", 2) as cell:
        for error in (ZeroDivisionError, KeyError):
            with pytest.raises(error), cell("lobes", f"on {error.__name__}"):
                raise error
    assert "100%" in terminal.getvalue()


def test_a_grid_is_silent_where_standard_error_is_no_terminal(capsys):
    with progress.grid_bars("grid", 1) as cell, cell("lobes", "sae") as bars:
        assert bars is silent
    assert capsys.readouterr() == ("", "")
