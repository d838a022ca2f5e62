"""Every family of releases in sae-lens's directory, from a hand-made cache: what is mapped is what sae-lens would load."""

import gc
import json
import math
import warnings
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from saegeo_core import SaegeoError, SaeSpec
from saegeo_core.loading import hub_recipes, load_cloud, named_release
from saegeo_core.loading.hub_recipes import RECIPES, Asked
from saegeo_core.loading.named_release import read_entry
from saegeo_core.loading.release_directory import list_releases, matching_entries
from saegeo_core.loading.whole_sae import load_whole_sae

# One SAE of each family, by sae-lens's name of the family.
EXAMPLES = {
    "sae_lens": "gpt2-small-res-jb:blocks.8.hook_resid_pre",
    "dictionary_learning_1": "sae_bench_gemma-2-2b_topk_width-2pow12_date-1109:blocks.12.hook_resid_post__trainer_0",
    "gemma_2": "gemma-scope-2b-pt-res-canonical:layer_12/width_16k/canonical",
    "gemma_2_transcoder": "gemma-scope-2b-pt-transcoders:layer_0/width_16k/average_l0_76",
    "gemma_3": "gemma-scope-2-4b-pt-transcoders-all:layer_10_width_16k_l0_big_affine",
    "llama_scope": "llama_scope_lxr_8x:l3r_8x",
    "llama_scope_r1_distill": "llama_scope_r1_distill:l0r_800m_slimpajama",
    "mwhanna_transcoder": "mwhanna-qwen3-4b-transcoders:layer_7",
    "qwen_scope": "qwen-scope-3-1.7b-base-w32k-l50:layer5",
    "deepseek_r1": "deepseek-r1-distill-llama-8b-qresearch:blocks.19.hook_resid_post",
    "goodfire": "goodfire-llama-3.1-8b-instruct:layer_19",
    "connor_rob_hook_z": "gpt2-small-hook-z-kk:blocks.4.hook_z",
    "temporal": "temporal-sae-gemma-2-2b:blocks.12.hook_resid_post",
}
HARVESTED = [loader for loader in EXAMPLES if loader != "temporal"]
"""Families that are harvested from a cache: features of the other read other tokens."""
EMBEDDING = "gemma-scope-2b-pt-res:embedding/width_4k/average_l0_6"
"""SAEs of this family whose rows sae-lens rescales."""


def files_of(loader, decoder, encoder):
    """What one SAE of a family is kept in: files of its repository, `{path}` being the entry's place there.

    `decoder` is (d_sae, d_in), `encoder` (d_in, d_sae).
    """
    d_sae, d_in = decoder.shape
    biases = {"b_enc": np.linspace(-1, 1, d_sae, dtype="f4"), "b_dec": np.linspace(0.5, -1, d_in, dtype="f4")}
    threshold = {"threshold": np.linspace(0.1, 1, d_sae, dtype="f4")}
    ours = {"W_dec": decoder, "W_enc": encoder, **biases}
    turned = {"W_dec": decoder.T.copy(), "W_enc": encoder.T.copy(), **biases}
    linear_names = {
        "W_dec": "decoder.weight",
        "W_enc": "encoder.weight",
        "b_enc": "encoder.bias",
        "b_dec": "decoder.bias",
    }
    linear = {linear_names[name]: array for name, array in turned.items()}
    trainer = {"dict_class": "AutoEncoderTopK", "k": 4, "layer": 12, "lm_name": "google/gemma-2-2b"}
    llama_scope = {"d_model": d_in, "d_sae": d_sae, "sparsity_include_decoder_norm": False}
    temporal = dict.fromkeys(("n_heads", "n_attn_layers", "bottleneck_factor", "kval_topk", "scaling_factor"), 1)
    return {
        "sae_lens": {
            "{path}/cfg.json": {
                "d_in": d_in,
                "d_sae": d_sae,
                "dtype": "float32",
                "hook_point": "blocks.8.hook_resid_pre",
            },
            "{path}/sae_weights.safetensors": ours,
        },
        "dictionary_learning_1": {
            "{path}/config.json": {
                "trainer": {**trainer, "activation_dim": d_in, "dict_size": d_sae},
                "buffer": {"ctx_len": 128},
            },
            "{path}/ae.pt": {
                **{name: linear[name] for name in list(linear) if name != "decoder.bias"},
                "b_dec": biases["b_dec"],
            },
        },
        "gemma_2": {"{path}/params.npz": ours | threshold},
        "gemma_2_transcoder": {"{path}/params.npz": ours | threshold},
        "gemma_3": {
            "{path}/params.safetensors": {name.lower(): array for name, array in (ours | threshold).items()},
        },
        "llama_scope": {
            "{path}/hyperparams.json": {
                **llama_scope,
                "hook_point_in": "blocks.3.hook_resid_post",
                "jump_relu_threshold": 0.5,
                "dataset_average_activation_norm": {"in": 7.0},
            },
            "{path}/checkpoints/final.safetensors": linear,
        },
        "llama_scope_r1_distill": {
            "{path}/config.json": {
                **llama_scope,
                "expansion_factor": d_sae // d_in,
                "hook_point_in": "blocks.0.hook_resid_post",
            },
            "{path}/sae_weights.safetensors": linear | {"log_jumprelu_threshold": np.log(threshold["threshold"])},
        },
        "mwhanna_transcoder": {
            "config.yaml": {"model_name": "Qwen/Qwen3-4B", "feature_input_hook": "mlp.hook_in"},
            "wandb-config.yaml": {
                "d_model": {"value": d_in},
                "d_feature": {"value": d_sae},
                "batch_size": {"value": 1},
            },
            "{path}": {**turned, "W_dec": decoder},
        },
        "qwen_scope": {"{path}": turned},
        "deepseek_r1": {"{path}": linear},
        "goodfire": {"{path}": {name.replace("coder.", "coder_linear."): array for name, array in linear.items()}},
        "connor_rob_hook_z": {
            "{stem}_cfg.json": {"act_size": d_in, "dict_size": d_sae, "act_name": "blocks.4.attn.hook_z"},
            "{path}": ours,
        },
        "temporal": {
            "{path}/conf.yaml": {
                "llm": {"dimin": d_in},
                "sae": {**temporal, "exp_factor": d_sae // d_in, "tied_weights": False, "sae_diff_type": "relu"},
                "data": {"dtype": "float32"},
            },
            "{path}/latest_ckpt.safetensors": {"D": decoder, "E": encoder, "b": biases["b_dec"]},
        },
    }[loader]


@pytest.fixture
def stock(hub, decoder, encoder, write):
    """Puts the files of one entry into the cache, as its family keeps them."""

    def put(entry):
        for template, content in files_of(entry.loader, decoder, encoder).items():
            name = template.format(path=entry.path, stem=entry.path.removesuffix(".pt"))
            write(hub(entry.repository) / name, content)

    return put


@pytest.fixture(scope="module")
def sae_lens_loading():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports warn of deprecations
        from sae_lens.loading import pretrained_sae_loaders
    return pretrained_sae_loaders


@contextmanager
def files_left_open():
    """sae-lens leaves an .npz open; it is closed here, so that no later test is blamed for it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


def entry_named(spec):
    [entry] = matching_entries(SaeSpec.parse(spec))
    return entry


def test_every_family_has_an_example():
    assert set(EXAMPLES) == set(RECIPES)
    assert {loader: entry_named(spec).loader for loader, spec in EXAMPLES.items()} == {name: name for name in EXAMPLES}
    families = {entry.loader for entry in list_releases() if entry.source == "sae-lens"}
    assert families <= {*RECIPES, named_release.CROSS_LAYER}, (
        "sae-lens has a new family: it is loaded whole until it has a recipe"
    )


@pytest.mark.parametrize("loader", EXAMPLES)
def test_what_is_mapped_is_what_sae_lens_loads(stock, load, sae_lens_loading, monkeypatch, loader, decoder):
    entry = entry_named(EXAMPLES[loader])
    stock(entry)
    cloud, encoders = load(str(entry)), load(str(entry), rows="encoder")
    assert torch.equal(cloud.vectors, torch.from_numpy(decoder))

    shapes = {"w_enc": [6, 24], "w_dec": [24, 6]}
    monkeypatch.setattr(sae_lens_loading, "get_safetensors_tensor_shapes", lambda *_: shapes)  # it asks the network
    with files_left_open():
        config, state, _ = sae_lens_loading.NAMED_PRETRAINED_SAE_LOADERS[loader](
            repo_id=entry.repository,
            folder_name=entry.path,
            device="cpu",
            force_download=False,
            cfg_overrides={**sae_lens_loading.get_config_overrides(entry.release, entry.sae_id), "dtype": "float32"},
        )
    assert torch.equal(cloud.vectors, state["W_dec"])
    assert torch.equal(encoders.vectors, state["W_enc"].T)
    config = sae_lens_loading.handle_config_defaulting(config)
    known = {**config, **config["metadata"]}
    assert cloud.sae.hook_name == known["hook_name"]
    if loader != "gemma_3":  # sae-lens leaves it to a file that need not exist
        assert cloud.sae.hf_hook_name == known.get("hf_hook_name")
    assert cloud.sae.training.get("hook_name_out") == known.get("hook_name_out")
    assert cloud.sae.architecture == known["architecture"] or loader == "dictionary_learning_1"
    assert cloud.sae.model == entry.model
    assert cloud.sae.neuronpedia_id == entry.neuronpedia_id
    assert (cloud.sae.release, cloud.sae.sae_id, cloud.sae.spec) == (entry.release, entry.sae_id, str(entry))
    assert (
        cloud.sae.layer == hub_recipes.layer_of(entry) if "llama_scope" not in loader else cloud.sae.layer is not None
    )
    assert "loaded_with" not in cloud.sae.training


@pytest.fixture
def small(sae_lens_loading, monkeypatch):
    """sae-lens takes widths and k from the names of repositories; those of the files here are smaller."""
    from sae_lens.saes import sae

    directory_s = sae.get_config_overrides
    widths = {"d_in": 6, "d_out": 6, "d_sae": 24}

    def overrides(release, sae_id):
        qwen = {"activation_fn_kwargs": {"k": 4}} if release.startswith("qwen") else {}
        return {**directory_s(release, sae_id), **widths, **qwen}

    monkeypatch.setattr(sae, "get_config_overrides", overrides)


@pytest.mark.parametrize("spec", [*map(EXAMPLES.get, HARVESTED), EMBEDDING])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.usefixtures("small", "no_network")
def test_a_copy_on_disk_encodes_as_the_hub_s(stock, hub, tmp_path, rng, spec):
    """Told by files and names alone, it is the same SAE: sae-lens's converters are the measure."""
    entry = entry_named(spec)
    stock(entry)
    copy = tmp_path / entry.repository.split("/")[-1].replace("-L0_50", "-L0_4")
    copy.symlink_to(hub(entry.repository))
    if "norm_scaling_factor" in entry.notes:  # the directory tells what the files do
        tell_length(copy / entry.path, 6**0.5 / entry.notes["norm_scaling_factor"])
    with files_left_open():
        from_hub = load_whole_sae(SaeSpec.parse(str(entry)))
    on_disk = load_whole_sae(SaeSpec.parse(str(copy / entry.path)))
    activations = torch.from_numpy(3 * rng.standard_normal((100, 6)).astype("f4"))
    expected = from_hub.module.encode(activations)
    assert 0 < (expected > 0).sum() < expected.numel()
    torch.testing.assert_close(on_disk.module.encode(activations), expected, rtol=1e-5, atol=1e-5)
    assert on_disk.architecture == from_hub.architecture
    known, told = from_hub.description, on_disk.description
    assert (told.hook_name, told.layer) == (known.hook_name, known.layer)


def test_all_of_the_directory_but_29_are_of_families_that_are_harvested_from_a_cache():
    entries = [entry for entry in list_releases() if entry.source == "sae-lens"]
    left_out = [entry.loader for entry in entries if entry.loader not in HARVESTED]
    assert (len(entries), len(entries) - len(left_out)) == (13_857, 13_828)
    assert Counter(left_out) == {named_release.CROSS_LAYER: 26, "temporal": 3}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.usefixtures("sae_lens_loading", "no_network")
def test_the_29_are_refused_with_a_reason(stock):
    stock(entry_named(EXAMPLES["temporal"]))
    with pytest.raises(SaegeoError, match="its features depend on the tokens around"):
        load_whole_sae(SaeSpec.parse(EXAMPLES["temporal"]))
    with pytest.raises(SaegeoError, match="each feature writes to many layers"):
        load_whole_sae(SaeSpec.parse("mntss-gemma-2-2b-2.5m-clt-as-per-layer:layer_0"))


def tell_length(folder, length):
    """Write the mean length of activations where a copy of Llama Scope has it."""
    if (folder / "hyperparams.json").exists():
        config = json.loads((folder / "hyperparams.json").read_text())
        config["dataset_average_activation_norm"] = {"in": length}
        (folder / "hyperparams.json").write_text(json.dumps(config))
    else:
        weights = load_file(folder / "sae_weights.safetensors")
        weights["dataset_average_activation_norm.blocks.0.hook_resid_post"] = torch.tensor(length)
        save_file(weights, folder / "sae_weights.safetensors")


def test_hook_names_of_the_whole_directory(sae_lens_loading, monkeypatch):
    """Families whose names say it all: 12,000 ids, each as sae-lens reads it."""
    from huggingface_hub.errors import EntryNotFoundError

    def nothing(*_, **__):
        raise EntryNotFoundError("not on the hub")

    monkeypatch.setattr(sae_lens_loading, "hf_hub_download", nothing)
    monkeypatch.setattr(
        sae_lens_loading, "get_safetensors_tensor_shapes", lambda *_: {"w_enc": [6, 24], "w_dec": [24, 6]}
    )
    compared = 0
    for entry in list_releases():
        if entry.loader not in ("gemma_2", "gemma_2_transcoder", "gemma_3", "qwen_scope", "deepseek_r1", "goodfire"):
            continue
        facts = RECIPES[entry.loader].facts(Asked(entry, {}, "decoder"))
        getter = sae_lens_loading.NAMED_PRETRAINED_SAE_CONFIG_GETTERS[entry.loader]
        theirs = getter(entry.repository, entry.path, "cpu", False, None)
        ours = {"hf_hook_name": None, **facts, **facts.get("training", {})}
        for name in ("hook_name", "hook_name_out", "hf_hook_name", "architecture"):
            assert ours.get(name) == theirs.get(name), entry
        compared += 1
    assert compared > 12_000


def test_llama_scope_norms_are_as_stored_and_the_factor_is_noted(stock, load):
    entry = entry_named(EXAMPLES["llama_scope"])
    stock(entry)
    training = load(str(entry)).sae.training
    assert math.isclose(training["sae_lens_multiplies_rows_by"] * training["norm_scaling_factor"], 1)
    assert "sae_lens_multiplies_rows_by" not in load(str(entry), rows="encoder").sae.training


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_an_unknown_family_is_loaded_whole_by_sae_lens_and_says_so(stock, load, monkeypatch, decoder):
    entry = entry_named(EXAMPLES["llama_scope"])
    stock(entry)
    mapped = load(str(entry))
    monkeypatch.delitem(RECIPES, "llama_scope")
    whole = load(str(entry))
    assert whole.sae.training["loaded_with"] == "sae-lens, whole SAE"
    assert (whole.sae.hook_name, whole.sae.l0, whole.sae.model) == (mapped.sae.hook_name, mapped.sae.l0, entry.model)
    factor = mapped.sae.training["sae_lens_multiplies_rows_by"]
    torch.testing.assert_close(whole.vectors, factor * mapped.vectors)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.usefixtures("sae_lens_loading")
def test_an_unknown_family_that_is_not_in_the_cache_or_broken(stock, hub, load, monkeypatch):
    monkeypatch.delitem(RECIPES, "llama_scope")
    entry = entry_named(EXAMPLES["llama_scope"])
    with pytest.raises(SaegeoError, match="HF_HUB_OFFLINE forbids"):
        load(str(entry))
    stock(entry)
    (hub(entry.repository) / entry.path / "hyperparams.json").write_text("{}")
    with pytest.raises(SaegeoError, match=r"sae-lens cannot load llama_scope_lxr_8x:l3r_8x: KeyError: 'd_model'"):
        load(str(entry))


def test_embeddings_of_gemma_scope(stock, load):
    entry = entry_named(EMBEDDING)
    stock(entry)
    sae = load(str(entry)).sae
    assert (sae.hook_name, sae.space, sae.layer) == ("hook_embed", "embedding", None)
    assert sae.training["sae_lens_multiplies_rows_by"] == 48  # the square root of gemma-2-2b's 2,304 dimensions


def test_a_repository_that_no_directory_lists(hub, load, sae_lens_folder, decoder):
    (hub("someone/their-saes") / "layer_12").symlink_to(sae_lens_folder)
    cloud = load("someone/their-saes:layer_12")
    assert torch.equal(cloud.vectors, torch.from_numpy(decoder))
    assert (cloud.sae.model, cloud.sae.release) == ("gpt2-small", "someone/their-saes")


def test_cross_layer_transcoders_by_what_they_read(hub, load, write, encoder):
    """As sae-lens reads one layer: its encoder, its hooks, its model."""
    repository = hub("mntss/clt-gemma-2-2b-2.5M")
    hooks = {"feature_input_hook": "hook_resid_mid", "feature_output_hook": "hook_mlp_out"}
    write(repository / "config.yaml", {"model_name": "google/gemma-2-2b", **hooks})
    write(repository / "W_enc_12.safetensors", {"W_enc_12": encoder.T.copy(), "b_enc_12": np.zeros(24, np.float32)})
    cloud = load("mntss-gemma-2-2b-2.5m-clt-as-per-layer:layer_12", rows="encoder")
    assert torch.equal(cloud.vectors, torch.from_numpy(encoder.T.copy()))
    sae = cloud.sae
    assert (sae.hook_name, sae.layer, sae.model) == ("blocks.12.hook_resid_mid", 12, "gemma-2-2b")
    assert (sae.space, sae.architecture) == ("transcoder input", "cross_layer_transcoder")
    assert sae.training["hook_name_out"] == "blocks.12.hook_mlp_out"


def test_cross_layer_transcoders_of_gemma_scope_2(hub, write, encoder, decoder):
    entry = replace(entry_named(EXAMPLES["gemma_3"]), path="clt/width_16k/params_layer_3")
    arrays = {"w_enc": encoder, "w_dec": np.stack([decoder] * 4, axis=1), "threshold": np.ones(24, np.float32)}
    write(hub(entry.repository) / f"{entry.path}.safetensors", arrays)
    stored = read_entry(entry, "encoder")
    assert torch.equal(stored.vectors, torch.from_numpy(encoder.T.copy()))
    assert stored.facts["hook_name"] == "blocks.3.hook_mlp_in"


def test_decoders_of_cross_layer_transcoders_are_refused(load):
    refused = pytest.raises(
        SaegeoError, match="cross-layer transcoder: each feature writes to many layers(.|\n)*--rows encoder"
    )
    with refused:
        load("mntss-gemma-2-2b-2.5m-clt-as-per-layer:layer_0")
    with refused:
        read_entry(replace(entry_named(EXAMPLES["gemma_3"]), path="clt/width_16k/params_layer_0"), "decoder")


@pytest.mark.parametrize(
    ("loader", "change"),
    [
        ("gemma_3", {"path": "somewhere_new/layer_1"}),
        ("gemma_2", {"repository": "google/gemma-scope-2b-pt-new"}),
        ("qwen_scope", {"sae_id": "nameless"}),
    ],
)
def test_what_a_later_sae_lens_may_list_is_refused_until_it_is_known(loader, change):
    with pytest.raises(SaegeoError, match="sae-lens's directory has changed"):
        read_entry(replace(entry_named(EXAMPLES[loader]), **change), "decoder")


def test_a_layout_for_a_release_is_refused(load):
    with pytest.raises(SaegeoError, match="fixes its own orientation"):
        load(EXAMPLES["gemma_2"], layout="columns")


def test_damage_in_the_cache_names_the_file(stock, hub, load):
    entry = entry_named(EXAMPLES["gemma_2"])
    stock(entry)
    weights = hub(entry.repository) / entry.path / "params.npz"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(SaegeoError, match=r"params.npz cannot be read as an .npz archive"):
        load(str(entry))


def test_configuration_and_weights_that_contradict_each_other(stock, hub, load):
    entry = entry_named(EXAMPLES["sae_lens"])
    stock(entry)
    config = hub(entry.repository) / entry.path / "cfg.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"d_sae": 48}))
    with pytest.raises(SaegeoError, match="says 48 features in 6 dimensions; its decoder holds 24 in 6"):
        load_cloud(str(entry))
