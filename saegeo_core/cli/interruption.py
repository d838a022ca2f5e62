"""What asks a command to end before it is done: Ctrl-C, and the signals of systems, queues and terminals that are closed.

All of them are raised where the command is, as Ctrl-C is: what has begun to be written is taken away, workers are ended.
"""

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

#: Which signals these are, as far as the system has them.
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
#: Programs around this one (timeout, launchers) often send a signal twice. The second must not disturb the clearing up.
SECONDS_DEAF = 1.0


class Interruption(KeyboardInterrupt):
    """The signal that asked for it. A KeyboardInterrupt, since nobody may take it for an error and go on."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def signals_raised() -> Iterator[None]:
    """Raise each of these signals as an `Interruption` within the block.

    Signals that whoever started the process had it ignore (`nohup`, `&` in a script) stay ignored. After an interruption handlers
    stay as they are, for the process is about to end. Where signals cannot be caught, in any thread but the first, nothing changes.
    """
    before: dict[int, Any] = {}
    last: float | None = None

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal last
        now = time.monotonic()
        if last is None or now - last > SECONDS_DEAF:
            last = now
            raise Interruption(number)

    with contextlib.suppress(ValueError):
        for number in SIGNALS:
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        if last is None:
            for number, handler in before.items():
                signal.signal(number, handler)


def status_of(interruption: KeyboardInterrupt) -> int:
    """The exit status that shells give to what a signal ended: 128 and its number."""
    return 128 + getattr(interruption, "number", signal.SIGINT)


def in_words(interruption: KeyboardInterrupt) -> str:
    """One sentence, and what to do next."""
    number = getattr(interruption, "number", signal.SIGINT)
    what = "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"
    return f"{what}: what was finished is kept, nothing is left half-written, and the same command goes on"
