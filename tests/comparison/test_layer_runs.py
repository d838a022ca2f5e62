import pytest

from saegeo_core.comparison.layer_runs import set_apart


@pytest.mark.parametrize(
    ("l0", "found"),
    [
        ([], []),
        ([30], []),
        ([30, 60], []),
        ([30, 60, 30], [("denser", (1,))]),
        ([60, 30, 31, 60], [("sparser", (1, 2))]),
        ([30, 60, 120, 60], [("denser", (2,))]),  # up, up, down: layer 1 lies between its neighbors
        ([30, 30, 60, 60], []),
        ([60, 30, 60, 30, 60], [("sparser", (1,)), ("denser", (2,)), ("sparser", (3,))]),
    ],
)
def test_runs(l0, found):
    runs = set_apart("series", list(range(len(l0))), l0)
    assert [(run.side, run.layers) for run in runs] == found


def test_a_run_tells_its_l0_and_that_of_its_neighbors():
    [run] = set_apart("series", [3, 5, 7, 9], [100, 40, 45, 90])
    assert (run.layers, run.l0, run.neighbors) == ((5, 7), (40, 45), (100, 90))
