"""A report, a cloud and a comparison know that Python can show them; the rendering room knows how.

Rendering reads these classes, so they cannot import it without a circle. They ask here, and the module that draws is found by
its name when it is first needed, as the public names of saegeo_core are.
"""

import importlib
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    import plotly.graph_objects


class Display(Protocol):
    """What `saegeo_core.rendering.shown_in_python` offers."""

    def report_line(self, report: Any) -> str:
        """A report on one line."""
        ...

    def report_text(self, report: Any) -> str:
        """The summary of a report, as a terminal shows it."""
        ...

    def report_html(self, report: Any) -> str:
        """HTML of a report."""
        ...

    def report_figure(self, report: Any, name: str | None) -> "plotly.graph_objects.Figure":
        """One figure of a report, the first without a name."""
        ...

    def cloud_html(self, cloud: Any) -> str:
        """HTML of a cloud."""
        ...

    def comparison_line(self, comparison: Any) -> str:
        """A comparison on one line."""
        ...

    def comparison_text(self, comparison: Any) -> str:
        """A comparison as a terminal shows it."""
        ...

    def features_line(self, cards: Any) -> str:
        """Cards of features on one line."""
        ...

    def features_text(self, cards: Any) -> str:
        """Cards of features as a terminal shows them."""
        ...

    def matches_line(self, matches: Any) -> str:
        """Counterparts of features on one line."""
        ...

    def matches_text(self, matches: Any) -> str:
        """Counterparts of features as a terminal shows them."""
        ...

    def comparison_html(self, comparison: Any) -> str:
        """HTML of a comparison."""
        ...


def display() -> Display:
    """The module that draws, imported now."""
    return cast("Display", importlib.import_module("saegeo_core.rendering.shown_in_python"))
