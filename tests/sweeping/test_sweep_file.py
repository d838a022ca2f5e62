"""Sweeps as files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_core.sweeping.sweep_file import read_sweep, shard


def test_lines_are_saes_and_may_be_commented(tmp_path):
    path = tmp_path / "saes.txt"
    path.write_text("# all of them\nminilm-l6:layer_*\n\n  ./my#sae.npy   # the new one\n")
    assert read_sweep(path).saes == ("minilm-l6:layer_*", "./my#sae.npy")


def test_yaml_holds_all_that_can_be_asked(tmp_path):
    path = tmp_path / "sweep.yaml"
    path.write_text(
        "saes: [minilm-l6:layer_3]\nplugins: [lobes, entropy]\nparameters:\n  lobes: {n_clusters: [2, 4], map: false}\n"
        "preset: paper\nseeds: [0, 1]\n"
    )
    sweep = read_sweep(path)
    assert sweep.settings == ["lobes.n_clusters=2,4", "lobes.map=false"]
    assert (sweep.plugins, sweep.preset, sweep.seeds) == (("lobes", "entropy"), "paper", (0, 1))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.yaml", "saes: []", "saes"),
        ("a.yaml", "saes: [a]\nplugin: [b]", "plugin"),
        ("a.yaml", "saes: [a]\nseeds: [-1]", "seeds"),
        ("a.yaml", "saes: [a]\n1: 2", "keys"),
        ("a.yaml", "- a", "list"),
        ("a.yaml", "saes: [a", "a.yaml"),
        ("a.txt", "# nothing\n", "saes"),
        ("a.txt", b"\xff\xfe", "text"),
    ],
)
def test_what_is_no_sweep_is_refused(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SaegeoError, match=told):
        read_sweep(path)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(SaegeoError, match="cannot read"):
        read_sweep(tmp_path / "none.txt")


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2", "²/3"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(SaegeoError, match="--shard"):
        shard(text)


@given(st.integers(1, 50).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))))
def test_parts_are_read_as_written(part):
    assert shard(f"{part[0]}/{part[1]}") == part
