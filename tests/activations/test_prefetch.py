import threading
import time

import pytest

from saegeo_core.activations.prefetch import prefetched


def test_items_come_in_their_order_however_many_are_made_ahead():
    for ahead in (1, 3, 50):
        assert list(prefetched(range(20), ahead)) == list(range(20))
    assert list(prefetched([], 2)) == []
    assert list(prefetched([None, None], 1)) == [None, None]


def test_items_are_made_in_another_thread_and_not_too_many_ahead():
    made = []

    def items():
        for number in range(100):
            made.append(threading.current_thread().name)
            yield number

    stream = prefetched(items(), ahead=3)
    assert next(stream) == 0
    deadline = time.monotonic() + 10
    while len(made) < 4 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert len(made) == 4
    assert all("prefetch" in name for name in made)
    stream.close()


def test_an_error_comes_where_its_item_would_have_come():
    def items():
        yield from (1, 2)
        raise ValueError("the third")

    stream = prefetched(items(), ahead=5)
    assert [next(stream), next(stream)] == [1, 2]
    with pytest.raises(ValueError, match="the third"):
        next(stream)


def test_closing_ends_the_thread():
    before = threading.active_count()
    stream = prefetched(iter(range(1000)), ahead=2)
    next(stream)
    assert threading.active_count() == before + 1
    stream.close()
    assert threading.active_count() == before
