"""How far a loop has come, for whoever waits: shown by the command line, by nothing else."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")


class Progress(Protocol):
    """Shows how far a loop has come: `for tile in progress(tiles, total, "cosines")`."""

    def __call__(self, items: Iterable[Item], total: int, description: str) -> Iterator[Item]:
        """Yield the items one by one; `total` of them are expected."""
        ...


def silent(items: Iterable[Item], total: int, description: str) -> Iterator[Item]:  # noqa: ARG001
    """Progress that shows nothing."""
    return iter(items)


def watched_by(progress: Progress, description: str) -> Callable[[Sequence[Any]], Iterator[Any]]:
    """What a kernel takes as `watch` (`saegeo_core.numerics`): the progress of its steps, under this description."""
    return lambda steps: progress(steps, len(steps), description)
