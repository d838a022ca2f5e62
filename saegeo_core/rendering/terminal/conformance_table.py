"""What the conformance suite says of one analysis: a line for each check, then at length what failed."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from saegeo_core.rendering.numbers import seconds
from saegeo_core.rendering.plain_text import plain
from saegeo_core.rendering.terminal.rich_table import rich_table
from saegeo_core.testing import Conformance, Outcome

STYLES = {"passed": "green", "failed": "bold red", "not checked": "yellow"}


def conformance_table(conformance: Conformance) -> RenderableType:
    """Check, verdict and what was seen; below, for each failure what was expected and what to do."""
    table = rich_table()
    for heading in ("check", "verdict", "seen"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "verdict")
    for outcome in conformance.outcomes:
        table.add_row(plain(outcome.check, "bold"), Text(outcome.verdict, STYLES[outcome.verdict]), plain(outcome.seen))
    failures = [part for outcome in conformance.failures for part in _at_length(outcome)]
    return Group(table, *failures, Text(), _sum(conformance))


def _at_length(outcome: Outcome) -> Iterator[RenderableType]:
    yield Text()
    yield Text.assemble(("failed: ", "bold red"), plain(outcome.check, "bold"))
    for name, text in (("expected", outcome.expected), ("seen", outcome.seen), ("do", outcome.advice)):
        yield Padding(Text.assemble((f"{name}: ", "dim"), plain(text)), (0, 0, 0, 2))


def _sum(conformance: Conformance) -> Text:
    counts = {verdict: sum(outcome.verdict == verdict for outcome in conformance.outcomes) for verdict in STYLES}
    told = ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n)
    verdict = ("conforms", "bold green") if conformance.passed else ("does not conform", "bold red")
    name = plain(conformance.analysis, "bold cyan")
    return Text.assemble(name, " ", verdict, f": {told}, in {seconds(conformance.seconds)}")
