"""Every format gives the same cloud from the same dictionary, whichever way round it keeps it."""

import numpy as np
import pytest
import torch

from saegeo_core import SaegeoError


def is_cloud_of(cloud, matrix):
    return torch.equal(cloud.vectors, torch.from_numpy(matrix))


@pytest.fixture
def sparsify_folder(tmp_path, decoder, encoder, write):
    folder = tmp_path / "run" / "layers.5.mlp"
    write(folder / "sae.safetensors", {"W_dec": decoder, "encoder.weight": encoder.T.copy()})
    write(folder / "cfg.json", {"activation": "topk", "expansion_factor": 4, "num_latents": 0, "k": 3, "d_in": 6})
    write(tmp_path / "run" / "config.json", {"model": "EleutherAI/pythia-70m"})
    return folder


@pytest.fixture
def gemma_scope_file(tmp_path, decoder, encoder, write):
    return write(
        tmp_path / "layer_3" / "average_l0_71" / "params.npz",
        {
            "W_enc": encoder,
            "W_dec": decoder,
            "b_enc": np.zeros(24, np.float32),
            "b_dec": np.zeros(6, np.float32),
            "threshold": np.ones(24, np.float32),
        },
    )


@pytest.fixture
def dictionary_learning_file(tmp_path, decoder, encoder, write):
    folder = tmp_path / "trainer_0"
    trainer = {"dict_class": "AutoEncoderTopK", "activation_dim": 6, "dict_size": 24, "k": 4, "layer": 8, "seed": None}
    write(folder / "config.json", {"trainer": {**trainer, "lm_name": "google/gemma-2-2b"}, "buffer": {}})
    return write(folder / "ae.pt", {"decoder.weight": decoder.T.copy(), "encoder.weight": encoder.T.copy()})


def test_sae_lens_folder(load, sae_lens_folder, decoder, encoder):
    cloud = load(str(sae_lens_folder))
    assert is_cloud_of(cloud, decoder)
    assert cloud.sae.model_dump(exclude={"spec", "training"}) == {
        "release": "local",
        "sae_id": str(sae_lens_folder).removeprefix("/"),
        "model": "gpt2-small",
        "hook_name": "blocks.12.hook_resid_post",
        "hf_hook_name": None,
        "layer": 12,
        "space": "residual",
        "d_sae": 24,
        "d_in": 6,
        "l0": None,
        "l0_stated": None,
        "l0_tokens": None,
        "architecture": "jumprelu",
        "rows": "decoder",
        "dtype": "float32",
        "neuronpedia_id": None,
    }
    assert cloud.sae.spec == str(sae_lens_folder)
    assert cloud.sae.training == {"context_size": 128}
    assert is_cloud_of(load(str(sae_lens_folder), rows="encoder"), encoder.T)


def test_the_weights_of_a_sae_lens_folder_may_be_named_themselves(load, sae_lens_folder):
    by_file = load(str(sae_lens_folder / "sae_weights.safetensors"))
    assert by_file.digest == load(str(sae_lens_folder)).digest
    assert by_file.sae.hook_name == "blocks.12.hook_resid_post"


def test_sae_lens_folder_of_a_transcoder(load, tmp_path, rng, write):
    decoder, encoder = rng.standard_normal((24, 5)), rng.standard_normal((6, 24))
    write(tmp_path / "sae_weights.safetensors", {"W_dec": decoder, "W_enc": encoder})
    config = {"architecture": "jumprelu_transcoder", "d_in": 6, "d_out": 5, "d_sae": 24}
    write(tmp_path / "cfg.json", {**config, "metadata": {"hook_name": "blocks.2.hook_mlp_in"}})
    assert [load(str(tmp_path)).d_in, load(str(tmp_path)).sae.space] == [5, "transcoder output"]
    encoders = load(str(tmp_path), rows="encoder")
    assert [encoders.d_in, encoders.sae.space, encoders.sae.rows] == [6, "transcoder input", "encoder"]


def test_sae_lens_folder_from_before_version_6(load, tmp_path, decoder, write):
    write(tmp_path / "sae_weights.safetensors", {"W_dec": decoder})
    top_k = {"activation_fn_str": "topk", "activation_fn_kwargs": {"k": 5}}
    write(tmp_path / "cfg.json", {"d_in": 6, "d_sae": 24, "hook_point": "blocks.0.attn.hook_z", **top_k})
    sae = load(str(tmp_path)).sae
    assert (sae.architecture, sae.l0, sae.layer, sae.space) == ("topk", 5, 0, "attention")


@pytest.mark.parametrize("unknown_l0", [0.0, None, float("nan"), float("inf"), "many", True])
def test_an_unknown_l0_stays_unknown(load, sae_lens_folder, write, unknown_l0):
    write(sae_lens_folder / "cfg.json", {"d_in": 6, "d_sae": 24, "metadata": {"l0": unknown_l0}})
    assert load(str(sae_lens_folder)).sae.l0 is None


def test_sparsify(load, sparsify_folder, decoder, encoder):
    cloud = load(str(sparsify_folder))
    assert is_cloud_of(cloud, decoder)
    assert is_cloud_of(load(str(sparsify_folder), rows="encoder"), encoder.T)
    sae = cloud.sae
    assert (sae.model, sae.hf_hook_name, sae.layer, sae.space) == ("EleutherAI/pythia-70m", "layers.5.mlp", 5, "mlp")
    assert (sae.l0, sae.architecture) == (3, "topk")


def test_sparsify_with_num_latents_that_contradict_the_weights(load, sparsify_folder, write):
    write(sparsify_folder / "cfg.json", {"num_latents": 48, "k": 3, "d_in": 6})
    with pytest.raises(SaegeoError, match="says 48 features in 6 dimensions"):
        load(str(sparsify_folder))


@pytest.mark.parametrize("by", ["file", "folder", "another name"])
def test_gemma_scope(load, gemma_scope_file, decoder, encoder, by):
    path = {"file": gemma_scope_file, "folder": gemma_scope_file.parent}.get(by)
    if path is None:
        path = gemma_scope_file.rename(gemma_scope_file.with_name("mine.npz"))
    cloud = load(str(path))
    assert is_cloud_of(cloud, decoder)
    assert is_cloud_of(load(str(path), rows="encoder"), encoder.T)
    assert (cloud.sae.architecture, cloud.sae.l0) == ("jumprelu", 71)


def test_gemma_scope_2(load, tmp_path, decoder, encoder, write):
    weights = {"w_dec": decoder, "w_enc": encoder, "threshold": np.ones(24, np.float32)}
    by_name = write(tmp_path / "resid_post" / "params.safetensors", weights)
    by_content = write(tmp_path / "mine.safetensors", weights)
    for path in (by_name, by_name.parent, by_content):
        assert is_cloud_of(load(str(path)), decoder)
        assert is_cloud_of(load(str(path), rows="encoder"), encoder.T)


def test_dictionary_learning(load, dictionary_learning_file, decoder, encoder):
    cloud = load(str(dictionary_learning_file))
    assert is_cloud_of(cloud, decoder)
    assert is_cloud_of(load(str(dictionary_learning_file.parent), rows="encoder"), encoder.T)
    sae = cloud.sae
    assert (sae.model, sae.hook_name, sae.l0) == ("google/gemma-2-2b", "blocks.8.hook_resid_post", 4)
    assert sae.architecture == "topk"


def test_dictionary_learning_with_bare_parameters_and_no_configuration(load, tmp_path, decoder, encoder, write):
    write(tmp_path / "ae.pt", {"W_dec": decoder, "W_enc": encoder})
    assert is_cloud_of(load(str(tmp_path)), decoder)
    assert is_cloud_of(load(str(tmp_path), rows="encoder"), encoder.T)


def test_dictionary_learning_in_the_older_container(load, tmp_path, decoder):
    weights = {"decoder.weight": torch.from_numpy(decoder.T.copy())}
    torch.save(weights, tmp_path / "ae.pt", _use_new_zipfile_serialization=False)
    assert is_cloud_of(load(str(tmp_path)), decoder)


@pytest.mark.parametrize(
    "fixture", ["sae_lens_folder", "sparsify_folder", "gemma_scope_file", "dictionary_learning_file"]
)
def test_a_layout_for_a_format_that_fixes_it_is_refused(load, request, fixture):
    with pytest.raises(SaegeoError, match="fixes its own orientation"):
        load(str(request.getfixturevalue(fixture)), layout="columns")


def test_weights_the_wrong_way_round_contradict_their_configuration(load, sae_lens_folder, decoder, write):
    write(sae_lens_folder / "sae_weights.safetensors", {"W_dec": decoder.T.copy()})
    with pytest.raises(SaegeoError, match="says 24 features in 6 dimensions; its decoder holds 6 in 24"):
        load(str(sae_lens_folder))


def test_a_fact_of_the_wrong_type_is_named(load, sae_lens_folder, write):
    write(sae_lens_folder / "cfg.json", {"d_in": 6, "d_sae": 24, "hook_name": ["blocks.1"]})
    with pytest.raises(SaegeoError, match=r"hook_name cannot be used: \['blocks.1'\]"):
        load(str(sae_lens_folder))


def test_numbers_that_json_does_not_have_are_unknown(load, sae_lens_folder):
    (sae_lens_folder / "cfg.json").write_text('{"d_in": 6, "d_sae": 24, "loss": NaN, "lr": 1e999, "steps": 2}')
    assert load(str(sae_lens_folder)).sae.training == {"steps": 2}


def test_a_missing_configuration_or_array_is_named(load, sae_lens_folder, decoder, write):
    (sae_lens_folder / "cfg.json").unlink()
    (sae_lens_folder / "config.json").write_text("{}")
    with pytest.raises(SaegeoError, match=r"holds sae_weights.safetensors and no cfg.json \(config.json is another"):
        load(str(sae_lens_folder))
    alone = load(str(sae_lens_folder / "sae_weights.safetensors"))
    assert is_cloud_of(alone, decoder)
    assert alone.sae.hook_name is None
    write(sae_lens_folder / "sae_weights.safetensors", {"W_dec": decoder})
    write(sae_lens_folder / "cfg.json", {"d_in": 6, "d_sae": 24})
    with pytest.raises(SaegeoError, match=r"holds no W_enc\nit holds W_dec \(24, 6\)"):
        load(str(sae_lens_folder), rows="encoder")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_number_types_stay_as_stored(load, sae_lens_folder, decoder, dtype):
    from safetensors.torch import save_file

    save_file({"W_dec": torch.from_numpy(decoder).to(dtype)}, sae_lens_folder / "sae_weights.safetensors")
    cloud = load(str(sae_lens_folder))
    assert cloud.vectors.dtype == dtype
    assert cloud.sae.dtype == str(dtype).removeprefix("torch.")


def test_a_folder_of_unknown_content_is_listed(load, tmp_path):
    (tmp_path / "trainer_0").mkdir()
    (tmp_path / "notes.txt").touch()
    with pytest.raises(
        SaegeoError, match=r"holds notes.txt, trainer_0/, is in no file format(.|\n)*gemma-scope: params.npz"
    ):
        load(str(tmp_path))


def test_a_stranger_s_format_goes_before_the_built_in_ones(plugin_manager, tmp_path, decoder, write):
    import types

    from saegeo_core import hookimpl
    from saegeo_core.loading import formats, load_cloud
    from saegeo_core.loading.file_format import StoredDirections

    class Doubled:
        name = "doubled"
        summary = "npz files of one laboratory"

        def recognises(self, path):
            return path.suffix == ".npz"

        def read(self, path, rows, layout):
            return StoredDirections(torch.from_numpy(2 * np.load(path)["W_dec"]), {"model": "theirs"})

    stranger = types.ModuleType("stranger")
    stranger.saegeo_register_loaders = hookimpl(lambda register: register(Doubled()))
    plugins = plugin_manager(built_in=formats, theirs=stranger)
    path = write(tmp_path / "x.npz", {"W_dec": decoder})
    cloud = load_cloud(str(path), plugins=plugins)
    assert is_cloud_of(cloud, 2 * decoder)
    assert cloud.sae.model == "theirs"


LLAMA = {"hook_point_in": "blocks.15.hook_resid_post", "d_model": 6, "d_sae": 24, "act_fn": "jumprelu", "top_k": 50}


def test_llama_scope(load, tmp_path, decoder, encoder, write):
    weights = {"encoder.weight": encoder.T.copy(), "decoder.weight": decoder.T.copy()}
    weights |= {"encoder.bias": np.zeros(24, np.float32), "decoder.bias": np.zeros(6, np.float32)}
    file = write(tmp_path / "llama" / "checkpoints" / "final.safetensors", weights)
    write(tmp_path / "llama" / "hyperparams.json", LLAMA)
    for path in (tmp_path / "llama", file):
        cloud = load(str(path))
        assert is_cloud_of(cloud, decoder)
        known = (cloud.sae.hook_name, cloud.sae.layer, cloud.sae.space, cloud.sae.architecture, cloud.sae.l0)
        assert known == ("blocks.15.hook_resid_post", 15, "residual", "jumprelu", None)
        assert is_cloud_of(load(str(path), rows="encoder"), encoder.T)


def test_llamascopium(load, tmp_path, decoder, encoder, write):
    weights = {"W_E": encoder, "W_D": decoder, "b_E": np.zeros(24, np.float32), "b_D": np.zeros(6, np.float32)}
    write(tmp_path / "sae_weights.safetensors", weights)
    write(tmp_path / "config.json", {**LLAMA, "act_fn": "topk", "top_k": 8})
    cloud = load(str(tmp_path))
    assert is_cloud_of(cloud, decoder)
    assert (cloud.sae.architecture, cloud.sae.l0) == ("topk", 8)


def test_a_checkpoint_of_dictionary_learning_takes_the_configuration_of_its_trainer(load, tmp_path, decoder, write):
    trainer = {"dict_class": "AutoEncoderTopK", "layer": 3, "k": 8, "lm_name": "gpt2"}
    write(tmp_path / "trainer_0" / "config.json", {"trainer": trainer})
    for name in ("checkpoints/ae_5000.pt", "ae_5000.pt"):
        file = write(tmp_path / "trainer_0" / name, {"decoder.weight": decoder.T.copy()})
        cloud = load(str(file))
        assert is_cloud_of(cloud, decoder)
        assert (cloud.sae.model, cloud.sae.layer, cloud.sae.l0) == ("gpt2", 3, 8)


def test_a_checkpoint_behind_a_line_of_json(load, tmp_path, decoder):
    with (tmp_path / "sae.pt").open("wb") as file:
        file.write(b'{"schema": 5, "cfg": {"d_sae": 24}}\n')
        torch.save({"W_dec": torch.from_numpy(decoder)}, file)
    assert is_cloud_of(load(str(tmp_path / "sae.pt")), decoder)


def test_gemma_scope_2_says_in_its_configuration_what_it_reads(load, tmp_path, decoder, encoder, write):
    folder = tmp_path / "resid_post" / "layer_12_width_16k_l0_medium"
    write(folder / "params.safetensors", {"w_dec": decoder, "w_enc": encoder, "threshold": np.ones(24, np.float32)})
    config = {"hf_hook_point_in": "model.layers.12.output", "model_name": "gemma-3-1b-pt", "l0": 60}
    write(folder / "config.json", config)
    sae = load(str(folder)).sae
    assert (sae.layer, sae.l0, sae.model, sae.space) == (12, 60, "google/gemma-3-1b-pt", "residual")


def test_the_folders_of_gemma_scope_tell_layer_and_l0(load, tmp_path, decoder, encoder, write):
    folder = tmp_path / "layer_12" / "width_16k" / "average_l0_82"
    write(folder / "params.npz", {"W_dec": decoder, "W_enc": encoder, "threshold": np.ones(24, np.float32)})
    sae = load(str(folder)).sae
    assert (sae.layer, sae.l0, sae.training) == (12, 82, {"width": "16k"})


def test_a_folder_of_saes_names_them_and_what_to_type(load, tmp_path, decoder, write):
    for layer in (3, 5):
        write(tmp_path / "run" / f"layers.{layer}" / "sae.safetensors", {"W_dec": decoder})
        write(tmp_path / "run" / f"layers.{layer}" / "cfg.json", {"k": 8, "d_in": 6, "num_latents": 24})
    with pytest.raises(SaegeoError, match=r"holds 2 SAEs and is none itself: layers.3, layers.5\n.*/run/layers.3;"):
        load(str(tmp_path / "run"))


def test_a_configuration_without_weights_is_told_as_that(load, tmp_path, write):
    write(tmp_path / "layer_3" / "cfg.json", {"d_in": 8})
    with pytest.raises(SaegeoError, match=r"layer_3 holds cfg\.json and no weights"):
        load(str(tmp_path / "layer_3"))


def test_a_covariance_alone_in_its_file_is_no_decoder(load, tmp_path, rng):
    rows = rng.standard_normal((30, 8)).astype(np.float32)
    np.save(tmp_path / "covariance.npy", np.cov(rows.T).astype(np.float32))
    with pytest.raises(SaegeoError, match="equals its own transpose") as refused:
        load(str(tmp_path / "covariance.npy"))
    assert "--decoder-layout rows" in refused.value.hint
    assert len(load(str(tmp_path / "covariance.npy"), layout="rows")) == 8
