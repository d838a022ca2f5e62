from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core import SaegeoError, SaeSpec

NAME = st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True).filter(
    lambda name: not set(name) <= {"."} and name[0] not in ".~"
)


def test_release_and_id_are_split_at_the_first_colon():
    spec = SaeSpec.parse("owner/repo:layer_3/width_16k/average_l0_41")
    assert (spec.release, spec.sae_id, spec.path) == ("owner/repo", "layer_3/width_16k/average_l0_41", None)


@given(release=NAME, sae_id=st.lists(NAME, min_size=1, max_size=4).map("/".join))
def test_a_release_spec_prints_as_it_was_typed(release, sae_id):
    assert str(SaeSpec.parse(f"{release}:{sae_id}")) == f"{release}:{sae_id}"


@pytest.mark.parametrize("text", ["./a", "/a/b.npy", "~/weights.npz", "decoder.npy", "../../x"])
def test_paths(text):
    assert SaeSpec.parse(text).path == Path(text).expanduser()


def test_an_existing_file_wins_over_a_release(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("odd:name").touch()
    assert SaeSpec.parse("odd:name").path == Path("odd:name")


@pytest.mark.parametrize(
    "text", ["r:../../x", "r:a/../../b", "r:", ":id", "r:/etc/passwd", "a//b:c", "r:a\\b", "r/..:x", " ", "r:a\0b"]
)
def test_names_that_could_leave_the_output_directory_are_refused(text):
    with pytest.raises(SaegeoError):
        SaeSpec.parse(text)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        spec = SaeSpec.parse(text)
    except SaegeoError:
        return
    assert (spec.path is None) == (spec.release is not None)
    assert ".." not in spec.storage_release.split("/")


def test_globs_match_ids_only():
    spec = SaeSpec.parse("minilm-l6:layer_*")
    assert spec.is_glob
    assert spec.matches("layer_3")
    assert not spec.matches("l0_64_layer_3")


def test_an_id_with_brackets_matches_itself():
    assert SaeSpec.parse("r:layer[3]").matches("layer[3]")


def test_reports_of_a_file_lie_under_local(tmp_path):
    spec = SaeSpec.parse(str(tmp_path / "layer_12" / "params.npz"))
    assert (spec.storage_release, spec.storage_id) == ("local", f"{tmp_path}/layer_12/params.npz".removeprefix("/"))


@pytest.mark.parametrize("leaf", ["layers.1", "trainer_0", "average_l0_71/params.npz", "final_3"])
def test_saes_of_one_leaf_name_have_names_of_their_own(tmp_path, monkeypatch, leaf):
    """The usual layouts end alike; one folder for both would keep the harvest of one."""
    monkeypatch.chdir(tmp_path)
    ids = [SaeSpec.parse(f"./seed{seed}/{leaf}").storage_id for seed in (0, 1)]
    assert ids == [f"seed0/{leaf}", f"seed1/{leaf}"]
    assert SaeSpec.parse(f"{tmp_path}/seed0/{leaf}").storage_id == ids[0]
