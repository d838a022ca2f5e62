"""A stranger's file format, source of activations and corpus, installed as they would be: run and harvest take all of them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

N_FEATURES, D_IN, HOOK = 60, 12, "blocks.0.hook_resid_post"
ACME = Path(__file__).parent / "third_party_plugin" / "acme-geometry"


@pytest.fixture(scope="module")
def installed(new_environment):
    """The environment with a format and a source as `plugins new` writes them, a corpus, and what all of them read."""
    home = new_environment.home
    for kind, name in (("format", "acme-json"), ("source", "acme-folder")):
        new_environment(f"saegeo plugins new {name} --kind {kind}")
        new_environment(f"pip install -q ./saegeo-{name}")
    shutil.copytree(ACME, home / "acme-geometry")  # copied: a build leaves files behind
    new_environment("pip install -q ./acme-geometry")
    rng = np.random.default_rng(0)
    decoder = rng.standard_normal((N_FEATURES, D_IN))
    arrays = {"W_dec": decoder, "W_enc": decoder.T, "b_enc": np.zeros(N_FEATURES), "b_dec": np.zeros(D_IN)}
    facts = {"model": "acme-1", "hook_name": HOOK, "k": 6}
    (home / "sae.acme-json").write_text(json.dumps(facts | {name: one.tolist() for name, one in arrays.items()}))
    (home / "acts").mkdir()
    for number in range(30):
        np.save(home / "acts" / f"{number:02}.npy", rng.standard_normal((40, D_IN)).astype("f4"))
    return new_environment


def test_all_of_them_are_listed(installed):
    told = " ".join(installed("saegeo plugins").stdout.split())
    assert "saegeo-acme-json 0.1.0 acme-json SAEs as JSON" in told
    assert "saegeo-acme-folder 0.1.0 acme-folder activations in a folder" in told
    assert "acme-geometry 2.3.4 acme-lines a text file, every line of which is a document" in told


def test_an_sae_of_the_format_is_harvested_from_the_source_and_measured_with_what_fired(installed):
    done = installed("saegeo harvest sae.acme-json --model acme-folder:acts --block-tokens 10")
    assert f" {30 * 4} " in done.stdout
    told = installed("saegeo run --plugin frequency-geometry sae.acme-json --firing saegeo-harvest").stdout
    assert "frequency-geometry on sae.acme-json" in told
    assert "L0 6" in told


def test_documents_of_the_source_feed_an_analysis(installed):
    places = "--set power-law.first_rank=2 --set power-law.last_rank=10 --set power-law.power_law_draws=3"
    done = installed(f"saegeo run --plugin power-law sae.acme-json --model acme-folder:acts {places} --json")
    [metric] = [one for one in json.loads(done.stdout)["metrics"] if one["name"] == "alpha_activations"]
    assert metric["n"] == 30 * 40
    assert abs(metric["estimate"]) < 0.2


def test_an_analysis_that_reads_words_of_its_own_is_skipped_and_told(installed):
    done = installed("saegeo run --plugin crystals sae.acme-json --model acme-folder:acts", expected=2)
    assert "crystals reads texts of its own, and acme-folder:acts brings its own documents" in done.stderr


def test_the_corpus_of_a_plugin_is_read_by_a_harvest(installed):
    (installed.home / "poem.txt").write_text("a line\nanother line\n")
    command = "saegeo harvest sae.acme-json --model ./nowhere --force-model --corpus acme-lines:poem.txt"
    assert "there is no folder nowhere" in installed(command, expected=2).stderr  # its text was opened before
    unknown = installed(command.replace("acme-lines:", "acme-verses:"), expected=2).stderr
    assert "there is no corpus acme-verses:poem.txt" in unknown
