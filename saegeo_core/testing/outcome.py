"""What the suite says: one outcome for each check, and all of them together."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["passed", "failed", "not checked"]


@dataclass(frozen=True)
class Outcome:
    """One check of one analysis.

    Attributes:
        check: its name.
        verdict: "passed", "failed", or "not checked" where there was nothing to check it with.
        seen: what came out; why, where it was not checked.
        expected: what should have come out, where it did not.
        advice: what to do then.
    """

    check: str
    verdict: Verdict
    seen: str
    expected: str = ""
    advice: str = ""

    def __str__(self) -> str:
        if self.verdict != "failed":
            return f"{self.verdict}: {self.check}: {self.seen}"
        return f"failed: {self.check}\n  expected: {self.expected}\n  seen: {self.seen}\n  do: {self.advice}"


def passed(check: str, seen: str) -> Outcome:
    """The check is met."""
    return Outcome(check, "passed", seen)


def failed(check: str, *, expected: str, seen: str, advice: str) -> Outcome:
    """The check is not met."""
    return Outcome(check, "failed", seen, expected, advice)


def not_checked(check: str, why: str) -> Outcome:
    """There was nothing to check it with."""
    return Outcome(check, "not checked", why)


@dataclass(frozen=True)
class Conformance:
    """All outcomes for one analysis, in the order of the checks."""

    analysis: str
    outcomes: tuple[Outcome, ...]
    seconds: float

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The outcomes of the checks that failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.verdict == "failed")

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.failures

    def raise_failures(self) -> None:
        """Fail the test that calls it, where any check failed.

        Raises:
            AssertionError: something failed; the message says what was expected, what was seen, and what to do.
        """
        if self.failures:
            raise AssertionError("\n".join([f"{self.analysis} does not conform", *map(str, self.failures)]))
