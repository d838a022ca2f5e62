"""What an analysis did not declare it may not read: its reports would be taken for those of today when that had changed.

What is handed out is part of the digest of a report. What is not is replaced by `Undeclared`, and while an analysis works the doors
to further files are shut.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

from saegeo_core.errors import SaegeoError

_WORKING: ContextVar[str | None] = ContextVar("the analysis that works", default=None)


class Undeclared:
    """Stands where an analysis finds an input that it does not declare. Whatever it does with it raises what to declare."""

    __slots__ = ("_analysis", "_name", "_place")

    def __init__(self, analysis: str, name: str, place: str) -> None:
        self._analysis, self._name, self._place = analysis, name, place

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise SaegeoError(
            f"{self._analysis} reads {self._place} and does not declare it, so that its reports would not follow it",
            f'declare it: uses = frozenset({{"{self._name}"}}) takes it where it is given, needs asks for it',
        )

    __getattr__ = __getitem__ = __iter__ = __len__ = __bool__ = __contains__ = __call__ = __array__ = _refuse


@contextmanager
def analysis_at_work(name: str) -> Iterator[None]:
    """While it lasts, `refuse_while_working` raises."""
    token = _WORKING.set(name)
    try:
        yield
    finally:
        _WORKING.reset(token)


def refuse_while_working(what: str, instead: str) -> None:
    """Raise SaegeoError where an analysis is at work: what it reads by itself, no digest would know.

    Args:
        what: it was about to do.
        instead: how it gets that from the host.
    """
    analysis = _WORKING.get()
    if analysis is not None:
        raise SaegeoError(
            f"{analysis} {what} while it works: its reports would not follow what that holds", f"declare it: {instead}"
        )


class NamedByParameters(dict[str, Any]):
    """What parameters of one type name, by parameter. Any other key raises what to declare, or what to type."""

    def __init__(self, found: Mapping[str, Any], *, analysis: str, place: str, kind: str, parameters: Collection[str]):
        super().__init__(found)
        self._analysis, self._place, self._kind, self._parameters = analysis, place, kind, parameters

    def __missing__(self, key: str) -> NoReturn:
        if key in self._parameters:
            raise SaegeoError(f"{self._analysis}.{key} was left out", f"type --set {self._analysis}.{key}=NAME")
        raise SaegeoError(
            f"{self._analysis} reads {self._place}[{key!r}], and no parameter names it",
            f"declare one: {key}: {self._kind} = Field(description=…)",
        )
