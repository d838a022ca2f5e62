"""What is read or made only when it is asked for, and what tells it from others, known without making it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Deferred(Generic[Thing]):
    """Something that is there when it is called for.

    Attributes:
        make: reads or makes it.
        identify: a digest of all that decides what it is.
    """

    make: Callable[[], Thing]
    identify: Callable[[], str]

    def __call__(self) -> Thing:
        """The thing, made anew."""
        return self.make()
