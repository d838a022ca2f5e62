import threading

import pytest
import torch

from saegeo_core.numerics.side_by_side import side_by_side


@pytest.fixture(params=[1, 2, 3])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_every_tile_is_worked_on_once(threads):
    done = []
    side_by_side(done.append, range(50), "cpu")
    assert sorted(done) == list(range(50))
    assert torch.get_num_threads() == threads


def test_tiles_run_at_the_same_time_with_one_torch_thread_each(threads):
    together = threading.Barrier(threads)
    inside = []

    def work(tile):
        together.wait(timeout=60)
        inside.append(torch.get_num_threads())

    side_by_side(work, range(threads), "cpu")
    assert inside == [1] * threads


def test_what_work_raises_is_raised_and_threads_are_restored(threads):
    def work(tile):
        raise ArithmeticError(f"tile {tile}")

    with pytest.raises(ArithmeticError, match="tile 0"):
        side_by_side(work, range(9), "cpu")
    assert torch.get_num_threads() == threads


def test_other_devices_keep_the_order_and_the_callers_thread(threads):
    done = []
    side_by_side(lambda tile: done.append((tile, threading.current_thread())), range(5), "meta")
    assert done == [(tile, threading.current_thread()) for tile in range(5)]


def test_a_tile_is_drawn_only_when_a_thread_will_soon_be_free(threads):
    """So that progress over the tiles shows how far the work is."""
    lock, begun, ahead = threading.Lock(), [], []

    def tiles():
        for tile in range(40):
            with lock:
                ahead.append(tile - len(begun))
            yield tile

    def work(tile):
        with lock:
            begun.append(tile)

    side_by_side(work, tiles(), "cpu")
    assert max(ahead) <= threads + 1
    assert len(begun) == 40
