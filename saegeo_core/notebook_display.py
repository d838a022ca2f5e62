"""A report, a cloud and a comparison know that a notebook can show them; the rendering room knows how.

Rendering reads these classes, so they cannot import it without a circle. They ask here, and the module that draws is found by
its name when it is first needed, as the public names of saegeo_core are.
"""

import importlib
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    import plotly.graph_objects


class NotebookDisplay(Protocol):
    """What `saegeo_core.rendering.notebook` offers."""

    def report_html(self, report: Any) -> str:
        """HTML of a report."""
        ...

    def report_figure(self, report: Any, name: str | None) -> "plotly.graph_objects.Figure":
        """One figure of a report, the first without a name."""
        ...

    def cloud_html(self, cloud: Any) -> str:
        """HTML of a cloud."""
        ...

    def comparison_html(self, comparison: Any) -> str:
        """HTML of a comparison."""
        ...


def notebook_display() -> NotebookDisplay:
    """The module that draws for notebooks, imported now."""
    return cast("NotebookDisplay", importlib.import_module("saegeo_core.rendering.notebook"))
