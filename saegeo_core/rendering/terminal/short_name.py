"""Names that give way: a long one is shortened in its middle, so that the numbers beside it stay whole."""

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

from saegeo_core.rendering.plain_text import clean

SHORTEST = 16
"""Characters that are kept of any name: rows are told apart by its beginning and its end."""
ELLIPSIS = "…"


class ShortName:
    """A cell with a name, as long as the column is wide."""

    def __init__(self, name: object) -> None:
        self._name = clean(name)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """From a few characters to the whole name."""
        whole = Text(self._name).cell_len
        return Measurement(min(SHORTEST, whole), min(whole, options.max_width))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The name, or its two ends."""
        yield Text(shortened(self._name, options.max_width), no_wrap=True)


def shortened(name: str, width: int) -> str:
    """`name` with its middle left out, if it is longer than `width`. Of a path the end says more, so more of it is kept."""
    if len(name) <= width:
        return name
    kept = max(width - len(ELLIPSIS), 2)
    tail = (2 * kept + 2) // 3
    return name[: kept - tail] + ELLIPSIS + name[-tail:]
