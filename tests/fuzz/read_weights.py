"""SAEs on disk, read by `load_cloud`, and whole ones as a harvest loads them."""

import io
import json
from functools import cache, partial
from importlib.metadata import EntryPoint

import numpy as np

from tests.fuzz.independent import arrays_of, strict_json
from tests.fuzz.reader import Near, Reader

N, D = 24, 6
HOOK = "blocks.0.hook_resid_post"
TOKENS = np.linspace(-3, 3, 5 * D, dtype=np.float32).reshape(5, D)
SAE_LENS = {
    "architecture": "jumprelu",
    "d_in": D,
    "d_sae": N,
    "dtype": "float32",
    "device": "cpu",
    "apply_b_dec_to_input": False,
    "normalize_activations": "none",
    "metadata": {"model_name": "gpt2", "hook_name": HOOK, "context_size": 128, "l0": 12.5},
}
DECIDES_ENCODING = {
    "architecture",
    "d_in",
    "d_sae",
    "apply_b_dec_to_input",
    "normalize_activations",
    "reshape_activations",
}


def arrays():
    """All that an SAE has, as sae-lens calls it; one direction is zero, which is left out."""
    rng = np.random.default_rng(2)
    of = {"W_dec": (N, D), "W_enc": (D, N), "b_enc": (N,), "b_dec": (D,), "threshold": (N,)}
    drawn = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in of.items()}
    drawn["W_dec"][5] = 0
    return {**drawn, "threshold": np.abs(drawn["threshold"])}


def linear(prefix=""):
    """The same under the names of torch.nn.Linear, whose weights are (outputs, inputs)."""
    own = arrays()
    matrices = {"encoder.weight": own["W_enc"].T.copy(), "decoder.weight": own["W_dec"].T.copy()}
    return {prefix + name: array for name, array in (matrices | {"encoder.bias": own["b_enc"]}).items()}


def npy_bytes(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz_bytes(write=np.savez, **named):
    file = io.BytesIO()
    write(file, **named)
    return file.getvalue()


def safe_bytes(named):
    from safetensors.numpy import save

    return save(named)


def torch_bytes(named, zipped=True):
    import torch

    file = io.BytesIO()
    tensors = {name: torch.from_numpy(array) for name, array in named.items()}
    torch.save(tensors, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def as_json(content):
    return json.dumps(content).encode()


@cache
def formats():
    """The built-in file formats alone."""
    from saegeo_core import PluginManager

    return PluginManager([EntryPoint("file-formats", "saegeo_core.loading.formats", "saegeo")], disabled="")


def cloud_at(name, folder):
    """The directions, their places in the SAE, and what is copied from a configuration."""
    from saegeo_core import load_cloud

    cloud = load_cloud(str(folder / name), plugins=formats())
    told = {field: getattr(cloud.sae, field) for field in ("model", "hook_name", "l0_stated")}
    return {"vectors": plain(cloud.vectors), "features": cloud.feature_ids, **told}


def plain(vectors):
    """As NumPy has them, which knows no bfloat16."""
    return (vectors.float() if str(vectors.dtype) == "torch.bfloat16" else vectors).numpy()


def rows_that_count(rows):
    """What a cloud keeps of a matrix."""
    rows = np.asarray(rows)
    if rows.dtype.kind != "f" or rows.ndim != 2 or not np.isfinite(rows).all():
        raise ValueError("no directions")
    features = np.flatnonzero(np.linalg.norm(rows.astype(np.float64), axis=1) >= 1e-150)
    return {"vectors": rows[features], "features": features}


def matrix_in(name, folder):
    """The matrix called W_dec in a file, or the only one."""
    found = arrays_of(folder / name)
    (only,) = [found["W_dec"]] if "W_dec" in found else [one for one in found.values() if one.ndim == 2]
    return rows_that_count(only.T if is_turned(only, found.get("b_dec")) else only)


def is_turned(matrix, bias):
    """Whether the bias, which is of the dimensions, says that these are the first axis."""
    return bias is not None and bias.shape == matrix.shape[:1] != matrix.shape[1:]


def array_in(name, array, folder, turned=False):
    """One array of a file, or its transpose; the only matrix where the file is none of that library any more."""
    found = arrays_of(folder / name)
    if array not in found:
        return matrix_in(name, folder)
    rows = found[array]
    return rows_that_count(rows.T if turned else rows)


def sae_lens_says(folder):
    config = strict_json((folder / "sae/cfg.json").read_text())
    known = {**config, **config["metadata"]} if isinstance(config.get("metadata"), dict) else config
    if known.get("normalize_activations") == "covariance_whitening":
        raise ValueError("of another space")
    l0 = known.get("l0") or known.get("k")
    is_number = isinstance(l0, int | float) and not isinstance(l0, bool) and l0 > 0
    told = {"model": known.get("model_name"), "hook_name": known.get("hook_name") or known.get("hook_point")}
    rows = array_in("sae/sae_weights.safetensors", "W_dec", folder)
    return {**rows, **told, "l0_stated": l0 if is_number else None}


def whole_at(name, folder):
    """The directions of an SAE that a harvest would use, and what it encodes."""
    import torch

    from saegeo_core import SaeSpec
    from saegeo_core.loading.whole_sae import load_whole_sae

    sae = load_whole_sae(SaeSpec(path=folder / name), plugins=formats())
    tokens = torch.from_numpy(TOKENS) if sae.d_in == D else torch.ones(5, sae.d_in)
    with torch.no_grad():
        return {"vectors": plain(sae.cloud.vectors), "encoded": sae.module.encode(tokens).numpy()}


def jumprelu_says(folder):
    """The rule in NumPy, where the configuration decides the encoding as that of the example does."""
    own = arrays_of(folder / "sae/sae_weights.safetensors")
    vectors = {"vectors": rows_that_count(own["W_dec"])["vectors"]}
    config = strict_json((folder / "sae/cfg.json").read_text())
    if any(config.get(name) != SAE_LENS.get(name) for name in DECIDES_ENCODING):
        return vectors
    before = TOKENS @ own["W_enc"].astype(np.float32) + own["b_enc"].astype(np.float32)
    encoded = np.where(before > own["threshold"].astype(np.float32), np.maximum(before, 0), 0)
    return {**vectors, "encoded": Near(encoded)}


def sharded_example():
    own = arrays()
    places = {"W_dec": "one.safetensors", "b_dec": "two.safetensors", "W_enc": "two.safetensors"}
    index = {"metadata": {"total_size": 1}, "weight_map": places}
    return {
        "m/one.safetensors": safe_bytes({"W_dec": own["W_dec"]}),
        "m/two.safetensors": safe_bytes({"b_dec": own["b_dec"], "W_enc": own["W_enc"]}),
        "m/model.safetensors.index.json": as_json(index),
    }


def sharded_says(folder):
    places = strict_json((folder / "m/model.safetensors.index.json").read_text())["weight_map"]
    name = "W_dec" if "W_dec" in places else next(iter(places))
    bias = arrays_of(folder / "m" / places["b_dec"]).get("b_dec") if "b_dec" in places else None
    found = arrays_of(folder / "m" / places[name])
    return array_in(f"m/{places[name]}", name, folder, turned=name in found and is_turned(found[name], bias))


def saev_example():
    activation = {"cls": "TopK", "params": {"top_k": 3}}
    header = {"schema": 5, "cfg": {"d_sae": N, "d_model": D, "activation": activation}}
    return {"s.pt": as_json(header) + b"\n" + torch_bytes(arrays())}


def sae_lens_example():
    return {"sae/cfg.json": as_json(SAE_LENS), "sae/sae_weights.safetensors": safe_bytes(arrays())}


def sparsify_example():
    config = {"expansion_factor": 4, "normalize_decoder": True, "num_latents": N, "k": 4, "d_in": D}
    return {"layers.3/cfg.json": as_json(config), "layers.3/sae.safetensors": safe_bytes(arrays())}


def dictionary_learning_example():
    config = {"trainer": {"activation_dim": D, "dict_size": N, "layer": 3, "lm_name": "gpt2"}, "buffer": {}}
    return {"trainer_0/config.json": as_json(config), "trainer_0/ae.pt": torch_bytes(linear())}


def e2e_example():
    own = arrays()
    named = {
        "encoder.0.weight": own["W_enc"].T.copy(),
        "encoder.0.bias": own["b_enc"],
        "decoder.weight": own["W_dec"].T.copy(),
    }
    weights = torch_bytes({f"blocks-3-hook_resid_pre.{name}": array for name, array in named.items()}, zipped=False)
    config = b"tlens_model_name: gpt2-small\nseed: 0\nlr: 5.0e-4\nsaes:\n  ratio: 60.0\n  k: null\n"
    return {"e2e/final_config.yaml": config, "e2e/sae.pt": weights}


def temporal_example():
    own = arrays()
    config = b"llm:\n  name: gpt2\n  dimin: 6\nsae:\n  kval_topk: 3\n  sae_diff_type: topk\n"
    return {"t/conf.yaml": config, "t/latest_ckpt.safetensors": safe_bytes({"D": own["W_dec"], "E": own["W_enc"]})}


def alone(kind, name, content):
    """A file with a matrix."""
    return Reader(kind, lambda: {name: content()}, partial(cloud_at, name), partial(matrix_in, name))


def in_folder(kind, example, place, name, array, turned=False):
    """A file of a library's folder, of whose arrays one is the decoder."""
    return Reader(kind, example, partial(cloud_at, place), partial(array_in, name, array, turned=turned))


def two_arrays():
    return {name: array for name, array in arrays().items() if name in ("W_dec", "b_dec")}


E2E = "blocks-3-hook_resid_pre.decoder.weight"
READERS = [
    alone(".npy", "a.npy", lambda: npy_bytes(arrays()["W_dec"])),
    alone(".npz", "a.npz", lambda: npz_bytes(**two_arrays())),
    alone(".npz, compressed", "a.npz", lambda: npz_bytes(np.savez_compressed, **two_arrays())),
    alone(".safetensors", "a.safetensors", lambda: safe_bytes(two_arrays())),
    alone(".pt", "a.pt", lambda: torch_bytes(two_arrays())),
    alone(".pt of before PyTorch 1.6", "a.pt", lambda: torch_bytes(two_arrays(), zipped=False)),
    Reader(
        ".safetensors.index.json", sharded_example, partial(cloud_at, "m/model.safetensors.index.json"), sharded_says
    ),
    Reader("sae-lens", sae_lens_example, partial(cloud_at, "sae"), sae_lens_says),
    Reader("sae-lens, with its encoder", sae_lens_example, partial(whole_at, "sae"), jumprelu_says),
    in_folder("saev", saev_example, "s.pt", "s.pt", "W_dec"),
    in_folder("sparsify", sparsify_example, "layers.3", "layers.3/sae.safetensors", "W_dec"),
    in_folder(
        "dictionary_learning", dictionary_learning_example, "trainer_0", "trainer_0/ae.pt", "decoder.weight", True
    ),
    in_folder("Gemma Scope", lambda: {"g/params.npz": npz_bytes(**arrays())}, "g", "g/params.npz", "W_dec"),
    in_folder("e2e_sae (YAML)", e2e_example, "e2e/sae.pt", "e2e/sae.pt", E2E, True),
    in_folder("temporal SAEs (YAML)", temporal_example, "t", "t/latest_ckpt.safetensors", "D"),
]
