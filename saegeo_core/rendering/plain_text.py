"""Text from data on a terminal: no markup is interpreted, and every character is seen."""

from rich.text import Text

from saegeo_core.visible_text import visible


def plain(text: object, style: str = "") -> Text:
    """`visible(text)` as a rich Text, which is never read as markup."""
    return Text(visible(text), style=style)
