"""Long names give way in the middle."""

import pytest
from rich.cells import cell_len

from saegeo_core.rendering.terminal.short_name import least_width, shared_beginning, shortened


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


def test_names_are_shortened_no_further_than_they_stay_distinct():
    names = [
        f"/runs/{seed}/resid_post_layer_1_expansion_16_lr_0.0003/trainer_{trainer}"
        for seed in (0, 1)
        for trainer in (0, 1)
    ]
    width = least_width(names)
    assert 16 < width < len(names[0])
    assert len({shortened(name, width) for name in names}) == 4
    assert len({shortened(name, width - 1) for name in names}) < 4
    assert least_width(["short", "other"]) == 5
    assert least_width([]) == 0


def test_wide_characters_count_as_wide():
    assert cell_len(shortened("層" * 40, 21)) == 21


@pytest.mark.parametrize(
    ("names", "shared"),
    [
        (["gemma-scope:layer_1/k", "gemma-scope:layer_12/k"], "gemma-scope:"),
        (["/data/runs/a/1", "/data/runs/a/2"], "/data/runs/a/"),
        (["release:layer_1", "other:layer_1"], ""),
        (["a:1", "a:2"], ""),
        (["/data/runs/", "/data/runs/a"], ""),
        ([], ""),
    ],
)
def test_what_names_begin_with_is_a_release_or_a_folder(names, shared):
    assert shared_beginning(names) == shared
