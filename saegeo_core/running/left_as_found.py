"""What everybody in a process shares, put back where an analysis has changed it, and told.

So the numbers of an analysis do not depend on which other ones ran before it, and whoever changed something is named.
"""

import contextlib
import os
import random
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

HOST_THREADS = ("saegeo_core", "rich", "tqdm", "click")
"""Packages whose threads show how far loops are: the host starts them while an analysis works."""


class Shared(NamedTuple):
    """One thing that is shared.

    Attributes:
        read: what it is now; of equal ones nothing is told.
        put_back: sets it to what was read.
        told: what to say of whoever changed it.
    """

    read: Callable[[], Any]
    put_back: Callable[[Any], object]
    told: str


@contextmanager
def left_as_found() -> Iterator[list[str]]:
    """While it lasts an analysis works; then what it gives holds a sentence for each thing that was changed, and was put back.

    Threads that are left running cannot be ended: they are told only. What libraries do at import, to warnings of their own and
    with the generator of `random` (rich draws from it, and scikit-learn brings rich), is no matter of the analysis that imports
    them first: that is put back in silence.
    """
    shared = _shared()
    before = [one.read() for one in shared]
    threads, modules = set(threading.enumerate()), set(sys.modules)
    changed: list[str] = []
    errors = _StandardError(sys.stderr)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(errors):
            rules = _rules_for_all()
            try:
                yield changed
            finally:
                if _rules_for_all() != rules:
                    changed.append("it changed which warnings are shown: use warnings.catch_warnings")
    finally:
        for one, was in zip(shared, before, strict=True):
            if one.read() != was:
                one.put_back(was)
                if one.read is not random.getstate or sys.modules.keys() <= modules:
                    changed.append(one.told)
        left = [thread.name for thread in threading.enumerate() if thread not in threads and not _is_host_s(thread)]
        if errors.was_printed_to:
            changed.append("it printed, to standard error here, for standard output carries results: use logging")
        if left:
            changed.append(f"it left threads running ({', '.join(left)}): end them before analyze returns")


class _StandardError:
    """Standard error, in the place of standard output, with a note whether anything was printed there."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.was_printed_to = False

    def write(self, text: str) -> Any:
        self.was_printed_to = True
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _shared() -> list[Shared]:
    import numpy as np
    import torch

    advice = "its numbers cannot be had again: draw from context.rng"
    generators = [
        Shared(random.getstate, random.setstate, f"it drew from, or seeded, the generator of random: {advice}"),
        Shared(_numpy_state, _set_numpy_state, f"it drew from, or seeded, the global generator of numpy: {advice}"),
        Shared(_torch_state, _set_torch_state, f"it drew from, or seeded, the global generator of torch: {advice}"),
    ]
    return [
        *generators,
        Shared(_here, _go_back, "it changed the working directory, from which paths are meant"),
        Shared(torch.get_num_threads, torch.set_num_threads, "it changed how many threads torch takes"),
        Shared(torch.get_default_dtype, torch.set_default_dtype, "it changed torch's default number type"),
        Shared(torch.is_grad_enabled, torch.set_grad_enabled, "it switched gradients of torch on or off for all"),
        Shared(
            np.geterr,
            lambda was: np.seterr(**was),
            "it changed how numpy treats overflow and the like: use numpy.errstate",
        ),
    ]


def _numpy_state() -> tuple[Any, ...]:
    import numpy as np

    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    return name, np.asarray(keys).tobytes(), *rest


def _set_numpy_state(state: tuple[Any, ...]) -> None:
    import numpy as np

    name, keys, *rest = state
    np.random.set_state((name, np.frombuffer(keys, np.uint32), *rest))  # noqa: NPY002


def _torch_state() -> tuple[bytes, ...]:
    """Of the CPU, and of every card where any is in use."""
    import torch

    cards = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
    return tuple(bytes(one.numpy()) for one in (torch.get_rng_state(), *cards))


def _set_torch_state(state: tuple[bytes, ...]) -> None:
    import torch

    cpu, *cards = (torch.frombuffer(bytearray(one), dtype=torch.uint8) for one in state)
    torch.set_rng_state(cpu)
    for place, card in enumerate(cards):
        torch.cuda.set_rng_state(card, place)


def _here() -> Path | None:
    """None where somebody removed it: there is no way back."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


def _go_back(here: Path | None) -> None:
    if here is not None:
        os.chdir(here)


def _rules_for_all() -> list[Any]:
    """Those that are no rule for one module, one message, or warnings of a library's own."""
    return [
        rule for rule in warnings.filters if rule[1] is None and rule[3] is None and rule[2].__module__ == "builtins"
    ]


def _is_host_s(thread: threading.Thread) -> bool:
    target = getattr(thread, "_target", None) or thread.run
    return (getattr(target, "__module__", "") or "").partition(".")[0] in HOST_THREADS
