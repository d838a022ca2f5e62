"""What `benchmarks.sweep` tells when it is stopped; what it measures is tested where there is a cluster, in tests/sweeping."""

from benchmarks.sweep import N_A_TURN, taking_turns


def test_ctrl_c_leaves_the_totals_of_full_turns(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = []

    def way(tasks):
        asked.append(len(tasks))
        if len(asked) == 6:  # two to warm up, two in the first turn, and the second way of the second turn
            raise KeyboardInterrupt
        return iter(())

    n, spent = taking_turns({"here": way, "there": way}, 3 * N_A_TURN)
    assert n == N_A_TURN
    assert asked[2:] == [N_A_TURN] * 4
    assert spent.keys() == {"here", "there"}
    assert spent["there"].wall > 0
