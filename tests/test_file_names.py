"""Names of files made of data, on file systems that fold case and Unicode forms."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_core.file_names import MOST_CHARACTERS, file_name, folded, told_apart
from saegeo_core.harvesting.shards import alone
from saegeo_core.loading import expand_specs
from saegeo_core.rendering.export import write_figures

LIKE = st.sampled_from(
    ["a", "A", "a-2", "A-2", "a-2-2", "\u00e9", "e\u0301", "\u00c9", "\u00df", "SS", "ss", "\u0130", "i", "\u212a", "k"]
)


@given(st.text())
def test_a_name_is_of_harmless_characters(text):
    name = file_name(text)
    assert len(name) <= MOST_CHARACTERS
    assert name.isascii()
    assert not set(name) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
    assert not name.startswith((".", "-"))
    assert not name.endswith((".", "-"))


@given(st.lists(LIKE | st.text(max_size=3)), st.lists(LIKE))
def test_names_are_different_when_folded(names, taken):
    told = list(told_apart(names, taken))
    assert len(told) == len(names)
    assert len({*map(folded, told)} | {*map(folded, taken)}) == len(told) + len({*map(folded, taken)})
    assert all(one == name or one.startswith(f"{name}-") for one, name in zip(told, names, strict=True))
    assert list(told_apart(told)) == told


@given(st.text())
def test_names_that_a_file_system_takes_for_one_are_folded_to_one(text):
    """HFS+ decomposes and folds, APFS folds and leaves forms alone, NTFS makes capitals of both."""
    for form in ("NFC", "NFD"):
        assert folded(unicodedata.normalize(form, text)) == folded(text)
    assert folded(text.casefold()) == folded(text)


@pytest.mark.parametrize(("one", "other"), [("sae", "SAE"), ("caf\u00e9", "cafe\u0301"), ("stra\u00dfe", "STRASSE")])
def test_saes_that_would_share_a_folder_are_refused_by_name(one, other, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (one, other):
        np.save(f"{name}.npy", np.eye(4, dtype=np.float32))
    if len(list(Path().iterdir())) == 1:
        pytest.skip("this file system takes them for one")
    with pytest.raises(SaegeoError, match="would both be kept under"):
        expand_specs([f"{one}.npy", f"{other}.npy"])
    with (
        alone(tmp_path, "local", one),
        pytest.raises(SaegeoError, match="is being harvested"),
        alone(tmp_path, "local", other),
    ):
        pass


def test_figures_are_written_under_names_that_differ_when_folded(every_kind_of, tmp_path):
    pytest.importorskip("matplotlib")
    names = ["a", "A", "a-2", "\u65e5", "\u672c"]
    reports = [every_kind_of(name) for name in names]
    written = list(write_figures(reports, tmp_path / "figures"))
    files = [path.name for path in (tmp_path / "figures").iterdir()]
    assert len({*map(folded, files)}) == len(written) == len(names)


@pytest.fixture
def every_kind_of(mean_norm):
    """The report of mean-norm on an SAE of that name: it has one figure."""
    from saegeo_core import FeatureCloud, run

    rows = np.random.default_rng(0).standard_normal((8, 3)).astype(np.float32)
    return lambda name: run(mean_norm, FeatureCloud.from_array(rows, name=name), device="cpu")
