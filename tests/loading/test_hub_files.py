"""A file of the hub comes from the cache, or from the network, or not at all and at once."""

import subprocess
import sys

import pytest

from saegeo_core import SaegeoError
from saegeo_core.loading.hub_files import explained, fetch

SPEC = "gemma-scope-2b-pt-res-canonical:layer_12/width_16k/canonical"


def test_what_is_in_the_cache_is_not_asked_for(hub, monkeypatch):
    from huggingface_hub import constants

    (hub("owner/repo") / "a").mkdir()
    (hub("owner/repo") / "a" / "b.json").write_text("{}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.get_hf_file_metadata", None)
    assert fetch("owner/repo", "a/b.json").read_text() == "{}"


def test_offline_names_the_file_and_what_to_do(hub, tmp_path):
    hub("owner/repo")
    with pytest.raises(SaegeoError) as caught:
        fetch("owner/repo", "a/b.json")
    assert caught.value.message.startswith(
        f"a/b.json of owner/repo is not in the cache {tmp_path / 'hub'}, and HF_HUB_OFFLINE"
    )
    assert "hf download owner/repo a/b.json" in caught.value.hint


def test_without_a_network_it_asks_once(hub, monkeypatch):
    from huggingface_hub import constants

    asked = []

    def unreachable(url, **_):
        asked.append(url)
        raise ConnectionError("Name or service not known")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.get_hf_file_metadata", unreachable)
    with pytest.raises(
        SaegeoError, match=r"the hub cannot be reached: Name or service(.|\n)*hf download owner/repo x.npz"
    ):
        fetch("owner/repo", "x.npz")
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("error", "complaint"),
    [
        ("GatedRepoError", "is gated(.|\n)*hf auth login"),
        ("RepositoryNotFoundError", "there is no repository owner/repo"),
        ("RemoteEntryNotFoundError", "the repository owner/repo holds no x.npz"),
        ("LocalEntryNotFoundError", "cannot be reached"),
        ("HfHubHTTPError", "cannot be reached"),
    ],
)
def test_what_the_hub_answers_is_told_in_plain_words(error, complaint):
    from huggingface_hub import errors

    kind = getattr(errors, error)
    answer = kind.__new__(kind)  # their constructors want a response of one HTTP library or another
    told = explained(answer, "owner/repo", "x.npz")
    with pytest.raises(SaegeoError, match=complaint):
        raise told


def test_a_name_that_is_no_repository():
    with pytest.raises(SaegeoError, match="no name of a repository"):
        fetch("a/b/c", "x.npz")


@pytest.mark.parametrize("setting", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}])
def test_the_environment_variables_of_the_hub_are_heeded_before_torch_is_imported(tmp_path, setting):
    program = f"""
import sys
from saegeo_core import SaegeoError, load_cloud
try:
    load_cloud({SPEC!r})
except SaegeoError as error:
    print(error.message)
print({{"torch", "sae_lens", "transformers"}} & set(sys.modules))
"""
    environment = {"PATH": "/usr/bin", "HF_HOME": str(tmp_path), "HOME": str(tmp_path), **setting}
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    file = "layer_12/width_16k/average_l0_82/params.npz of google/gemma-scope-2b-pt-res"
    assert run.stdout.startswith(f"{file} is not in the cache {tmp_path}")
    assert run.stdout.endswith("set()\n")
    assert run.stderr == ""
