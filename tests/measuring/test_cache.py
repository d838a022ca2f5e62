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


@pytest.mark.parametrize(
    "damage", [b"", b"not an array", None, np.array([np.nan, 1.0]), np.array(["a"]), np.array(1.0)]
)
def test_a_damaged_file_is_replaced(folder, damage):
    draw = Draws()
    good = cached_draws("normal", {}, 3, draw)
    (path,) = folder.iterdir()
    if isinstance(damage, np.ndarray):
        np.save(path, damage)
    else:
        path.write_bytes(path.read_bytes()[:-9] if damage is None else damage)
    assert (cached_draws("normal", {}, 3, draw) == good).all()
    assert draw.calls == 2
    assert (np.load(path) == good).all()


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
