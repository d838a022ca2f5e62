"""Text from data for plotly, which reads a subset of HTML and its own `%{...}` wherever it shows a string."""

from html import escape

import numpy as np

from saegeo_core.rendering.figures.columns import Column, is_text
from saegeo_core.rendering.plain_text import clean


def shown_as_is(text: object) -> str:
    """What makes plotly show `text` letter by letter: no tag, no entity and no template is interpreted."""
    return escape(clean(text), quote=False).replace("%{", "%&#123;")


def texts_as_they_are(values: Column) -> Column:
    """A column with its texts made harmless; numbers need nothing."""
    return np.array([shown_as_is(value) for value in values], dtype=object) if is_text(values) else values
