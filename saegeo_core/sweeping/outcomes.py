"""What became of one analysis on one SAE, in words: it may have happened in another process, or on another machine."""

import traceback
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import SaegeoError
from saegeo_core.full_disk import NoRoom

if TYPE_CHECKING:
    from saegeo_core.report.report import Report


@dataclass(frozen=True)
class Stored:
    """A report, where it lies, and whether it lay there before.

    Attributes:
        at_hand: the report itself where this process has it: it need not be read again.
        seed: of its task.
    """

    spec: SaeSpec
    analysis: str
    path: Path
    is_reused: bool
    at_hand: "Report | None" = field(default=None, compare=False, repr=False)
    seed: int = 0

    @property
    def report(self) -> "Report":
        """The report.

        Raises:
            SaegeoError: it cannot be read any more.
        """
        from saegeo_core.report.store import ReportStore

        return ReportStore.read(self.path) if self.at_hand is None else self.at_hand

    def let_go(self) -> "Stored":
        """The same without the report."""
        return replace(self, at_hand=None)


@dataclass(frozen=True)
class Skipped:
    """An analysis that cannot run on an SAE, of all that are installed."""

    spec: SaeSpec
    analysis: str
    reason: str
    seed: int = 0


@dataclass(frozen=True)
class Failed:
    """What went wrong.

    Attributes:
        spec: with which SAE.
        analysis: in which analysis; None where the SAE could not be loaded, so that none of them ran.
        package: where the analysis comes from.
        message, hint: the error in words, and what to type instead where it was the user's mistake.
        is_mistake: whether it was.
        traceback: where it happened; empty where a process ended without a word.
        log: what was printed meanwhile, its end.
        seed: of its task.
        no_room: the disk that was full, where that was it.
    """

    spec: SaeSpec
    analysis: str | None
    package: str | None
    message: str
    hint: str = ""
    is_mistake: bool = False
    traceback: str = ""
    log: str = ""
    seed: int = 0
    no_room: NoRoom | None = None

    @classmethod
    def of(
        cls, error: BaseException, spec: SaeSpec, analysis: str | None = None, package: str | None = None
    ) -> "Failed":
        """The failure that an exception is."""
        told = "".join(traceback.format_exception(error))
        no_room = NoRoom.behind(error)
        if isinstance(error, SaegeoError):
            return cls(spec, analysis, package, error.message, error.hint, True, told, no_room=no_room)
        return cls(spec, analysis, package, f"{type(error).__name__}: {error}", traceback=told, no_room=no_room)

    @property
    def where(self) -> str:
        """The job in words."""
        if self.analysis is None:
            return str(self.spec)
        package = "" if self.package is None else f" (package {self.package})"
        return f"{self.analysis}{package} on {self.spec}"

    @property
    def is_unread(self) -> bool:
        """Whether nothing could be measured, and the process told why: most often the SAE could not be loaded."""
        return self.analysis is None and not self.is_death

    @property
    def is_death(self) -> bool:
        """Whether the process ended that was at work: it told neither in which analysis nor where."""
        return self.analysis is None and not self.traceback and not self.is_mistake

    def blamed_on(self, analysis: str) -> "Failed":
        """The same failure, of an analysis that was alone at work."""
        return replace(self, analysis=analysis)


Outcome = Stored | Skipped | Failed
