"""Texts of data as plotly shows them letter by letter."""

from html import escape

import numpy as np

from saegeo_core.rendering.figures.columns import ColumnArray, is_text
from saegeo_core.visible_text import visible


def shown_as_is(text: object) -> str:
    """What makes plotly show `text` letter by letter.

    It reads a subset of HTML and its own `%{...}` in every string; no tag, entity or template of the text is interpreted.
    """
    return escape(visible(text), quote=False).replace("%{", "%&#123;")


def texts_as_they_are(values: ColumnArray) -> ColumnArray:
    """A column with its texts made harmless; numbers need nothing."""
    return np.array([shown_as_is(value) for value in values], dtype=object) if is_text(values) else values
