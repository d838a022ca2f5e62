"""The directory of names: what sae-lens lists, read without importing it, with unknown figures as unknown."""

import json
import subprocess
import sys
import warnings

import pytest

from saegeo_core import SaegeoError, SaeSpec
from saegeo_core.loading import release_directory
from saegeo_core.loading.release_directory import entries_of, list_releases, matching_entries, release_names


@pytest.fixture
def bundled(tmp_path, monkeypatch):
    """A bundled release of two SAEs, in the form the real one has."""
    folder = tmp_path / "bundled" / "tiny"
    folder.mkdir(parents=True)
    sae = {"architecture": "jumprelu", "d_in": 6, "d_sae": 24, "layer": 0, "l0": 31.5, "dead_share": 0.01}
    sae["fraction_of_variance_unexplained"] = 0.25
    content = {"release": "tiny", "model": "a/model", "saes": {"layer_0": sae, "layer_1": {**sae, "layer": 1}}}
    (folder / "release.json").write_text(json.dumps(content))
    monkeypatch.setattr(release_directory, "BUNDLED", tmp_path / "bundled")
    return folder


def entry(spec):
    [found] = matching_entries(SaeSpec.parse(spec))
    return found


def test_it_is_the_directory_that_sae_lens_reads():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports warn of deprecations
        from sae_lens.loading.pretrained_saes_directory import get_pretrained_saes_directory

    theirs = get_pretrained_saes_directory()
    for release, lookup in theirs.items():
        ours = {entry.sae_id: entry for entry in entries_of(release)}
        assert {sae_id: ours[sae_id].path for sae_id in ours} == lookup.saes_map
        for sae_id, found in ours.items():
            assert (found.repository, found.model, found.source) == (lookup.repo_id, lookup.model, "sae-lens")
            assert found.neuronpedia_id == lookup.neuronpedia_id[sae_id]
            if found.l0 != lookup.expected_l0[sae_id]:
                assert lookup.expected_l0[sae_id] == 0
            if found.variance_explained is None:
                assert lookup.expected_var_explained[sae_id] == 1
            else:
                assert found.variance_explained == lookup.expected_var_explained[sae_id]
    assert [name for name in release_names() if name in theirs] == list(theirs)


def test_unknown_figures_are_unknown():
    unknown = entry("sae_bench_gemma-2-2b_topk_width-2pow12_date-1109:blocks.12.hook_resid_post__trainer_0")
    assert (unknown.l0, unknown.variance_explained) == (None, None)
    known = entry("gpt2-small-res-jb:blocks.0.hook_resid_pre")
    assert (known.l0, known.variance_explained) == (10.0, 0.999)


def test_the_l0_in_the_name_of_a_gemma_scope_folder_counts():
    assert entry("gemma-scope-2b-pt-res-canonical:layer_12/width_16k/canonical").l0 == 82


def test_overrides_and_scaling_are_noted():
    assert entry("gpt2-small-res-jb:blocks.0.hook_resid_pre").notes == {
        "model_from_pretrained_kwargs": {"center_writing_weights": True}
    }
    assert entry("llama_scope_lxr_8x:l0r_8x").notes == {"norm_scaling_factor": 58.935251798561154}


def test_a_bundled_release_comes_first(bundled):
    assert release_names()[0] == "tiny"
    assert [str(found) for found in entries_of("tiny")] == ["tiny:layer_0", "tiny:layer_1"]
    found = entry("tiny:layer_1")
    assert (found.source, found.model, found.l0, found.variance_explained) == ("bundled", "a/model", 31.5, 0.75)
    assert found.notes["dead_share"] == 0.01


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("gpt2-small-res-jb:", lambda found: len(found) == 13),
        (
            "GPT2-small-res-JB:*resid_post",
            lambda found: [entry.sae_id for entry in found] == ["blocks.11.hook_resid_post"],
        ),
        ("meta-llama/Llama-3.1-8B", lambda found: {entry.loader for entry in found} >= {"llama_scope", "goodfire"}),
        ("no such thing", lambda found: found == []),
        (None, lambda found: len(found) > 13_000),
        ("", lambda found: len(found) > 13_000),
    ],
)
def test_listing_by_pattern(pattern, expected):
    assert expected(list_releases(pattern))


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("gpt2-small-res-jp:x", "there is no release 'gpt2-small-res-jp'\ndid you mean 'gpt2-small-res-jb'"),
        ("gpt2-small-res-jb:blocks.8.hook_resid", "there is no id(.|\n)*did you mean 'blocks.8.hook_resid_pre'"),
        ("gpt2-small-res-jb:blocks.99.*", "no id matches 'blocks.99.\\*'"),
        ("jbloom/GPT2-Small-SAEs-Reformatted:blocks.0.hook_resid_pre", "type gpt2-small-res-jb"),
        ("someone/else:*", "no directory lists the repository someone/else, so '\\*' cannot be expanded"),
    ],
)
def test_names_that_are_not_in_it(spec, complaint):
    with pytest.raises(SaegeoError, match=complaint):
        matching_entries(SaeSpec.parse(spec))


def test_a_repository_that_no_directory_lists_is_taken_at_its_word():
    found = entry("someone/else:saes/layer_3")
    assert (found.repository, found.path, found.source, found.loader) == (
        "someone/else",
        "saes/layer_3",
        "hub",
        "sae_lens",
    )


def test_the_real_bundled_release_is_whole():
    entries = {found.sae_id: found for found in entries_of("minilm-l6")}
    others = {f"{one}_layer_3" for one in ("l0_64", "seed_1", "width_768")}
    assert set(entries) == {*(f"layer_{layer}" for layer in range(6)), *others}
    for found in entries.values():
        assert 0 < found.l0 < 100
        assert 0 < found.variance_explained < 1


def test_reading_it_imports_neither_sae_lens_nor_torch():
    program = """
import sys
from saegeo_core.loading.release_directory import list_releases
assert len(list_releases("gemma-scope")) > 2000
print({"torch", "numpy", "sae_lens", "transformers"} & set(sys.modules))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert (run.stdout, run.stderr) == ("set()\n", "")
