"""Whether draws were kept changes no number; what is damaged or short is drawn again; no folder is no error."""

import numpy as np
import pytest

from saegeo_core.measuring.cache import cache_folder, cached_draws


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SAEGEO_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


class Draws:
    """Draws that count how often they are made."""

    def __init__(self):
        self.calls = 0

    def __call__(self, n):
        self.calls += 1
        return np.array([np.random.default_rng(i).standard_normal(2) for i in range(n)])


def test_what_was_drawn_is_read_again(folder):
    draw = Draws()
    first = cached_draws("normal", {"n": 3}, 5, draw)
    assert (cached_draws("normal", {"n": 3}, 5, draw) == first).all()
    assert (cached_draws("normal", {"n": 3}, 2, draw) == first[:2]).all()
    assert draw.calls == 1


def test_more_draws_and_other_keys_are_drawn(folder):
    draw = Draws()
    few = cached_draws("normal", {"n": 3}, 2, draw)
    more = cached_draws("normal", {"n": 3}, 6, draw)
    assert (more[:2] == few).all()
    cached_draws("normal", {"n": 4}, 2, draw)
    assert draw.calls == 3
    assert len(list(folder.iterdir())) == 2


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-9])


def holding(content):
    def write(path):
        np.savez(path, key=np.load(path)["key"], made=content)

    return write


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"not an array"),
        lambda path: (path.unlink(), path.mkdir()),
        cut_short,
        holding(np.array([np.nan, 1.0, 2.0])),
        holding(np.array(["a"] * 3)),
        holding(np.array(1.0)),
        holding(np.array([{}] * 3)),
    ],
)
def test_what_is_damaged_is_made_again(folder, damage):
    draw = Draws()
    good = cached_draws("normal", {}, 3, draw)
    (path,) = folder.iterdir()
    damage(path)
    assert (cached_draws("normal", {}, 3, draw) == good).all()
    assert draw.calls == 2
    if path.is_file():
        assert (cached_draws("normal", {}, 3, draw) == good).all()
        assert draw.calls == 2


def test_no_flipped_bit_changes_a_draw(folder):
    good = cached_draws("normal", {}, 3, Draws())
    (path,) = folder.iterdir()
    content = path.read_bytes()
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        assert (cached_draws("normal", {}, 3, Draws()) == good).all()


def test_draws_of_another_key_are_not_taken(folder):
    mine = cached_draws("normal", {"n": 1}, 3, Draws())
    (path,) = folder.iterdir()
    cached_draws("normal", {"n": 2}, 3, lambda n: np.zeros((n, 2)))
    (other,) = set(folder.iterdir()) - {path}
    other.replace(path)
    assert (cached_draws("normal", {"n": 1}, 3, Draws()) == mine).all()


def test_a_folder_that_cannot_be_made_costs_nothing_but_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SAEGEO_CACHE", str(tmp_path / "file" / "below"))
    draw = Draws()
    assert (cached_draws("normal", {}, 3, draw) == cached_draws("normal", {}, 3, draw)).all()
    assert draw.calls == 2


def test_where_draws_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("SAEGEO_CACHE", "")
    assert cache_folder() is None
    monkeypatch.setenv("SAEGEO_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("SAEGEO_CACHE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "saegeo"
