"""Reading and tokenizing while the model computes: one thread, a bounded number of items ahead."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")
_END: Any = object()


def prefetched(items: Iterable[Item], ahead: int) -> Iterator[Item]:
    """The same items in the same order, up to `ahead` of them made before they are asked for, in another thread.

    An exception raised while making an item is raised where that item would have come. Closing the generator ends the
    thread after the item at hand.
    """
    iterator = iter(items)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="prefetch") as thread:
        futures = deque(thread.submit(next, iterator, _END) for _ in range(ahead))
        try:
            while (item := futures.popleft().result()) is not _END:
                futures.append(thread.submit(next, iterator, _END))
                yield item
        finally:
            thread.shutdown(wait=False, cancel_futures=True)
