"""What is printed has no blanks at the ends of its lines: tables and paragraphs are filled with them to their full width."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment


@dataclass(frozen=True)
class Trimmed:
    """Something to be printed, each line up to the last character that is seen."""

    renderable: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in Segment.split_lines(console.render(self.renderable, options)):
            yield from _trimmed(line)
            yield Segment.line()


def _trimmed(line: Iterable[Segment]) -> Iterator[Segment]:
    waiting: list[Segment] = []
    for text, style, control in line:
        seen = text.rstrip(" ")
        if seen:
            yield from waiting
            yield Segment(seen, style, control)
            waiting = []
        if len(text) > len(seen):
            waiting.append(Segment(text[len(seen) :], style, control))
