"""Long names give way in the middle; numbers beside them are whole at every width."""

import io

import pytest
from rich.console import Console

from saegeo_core.rendering.terminal.rich_table import rich_table
from saegeo_core.rendering.terminal.short_name import ShortName, shortened


@pytest.mark.parametrize("width", [16, 17, 30, 59])
def test_both_ends_of_a_name_are_kept(width):
    name = "/data/runs/of_march/seed0/resid_post_layer_1_expansion_16_lr_0.0003"
    short = shortened(name, width)
    assert len(short) == width
    head, tail = short.split("…")
    assert name.startswith(head)
    assert name.endswith(tail)
    assert len(tail) > len(head)
    assert shortened(name, len(name)) == name


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
def test_numbers_stay_whole_beside_a_long_name(width):
    table = rich_table()
    table.add_column("SAE")
    table.add_column("tokens", justify="right", no_wrap=True, min_width=9)
    table.add_row(ShortName("/a/rather/long/path/" * 6 + "layers.1"), "1,234,567")
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(table)
    text = console.export_text()
    assert "1,234,567" in text
    assert "layers.1" in text
    assert all(len(line) <= width for line in text.splitlines())
