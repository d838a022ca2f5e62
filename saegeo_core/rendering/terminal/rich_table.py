"""How every table in a terminal looks: one rule below dimmed headings, and nothing around."""

from rich import box
from rich.table import Table as RichTable

GAP = 2
"""Blanks between columns."""


def rich_table() -> RichTable:
    """A table without columns. Of the blanks between two, one is where a line could be drawn."""
    return RichTable(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, GAP - 1, 0, 0), header_style="dim"
    )
