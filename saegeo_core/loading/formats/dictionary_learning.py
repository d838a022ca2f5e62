"""dictionary_learning's `ae.pt`, with the `config.json` its trainers leave beside it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections, named_file, refuse_layout
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.loading.sae_from_arrays import all_arrays, sae_from_arrays, transposed
from saegeo_core.loading.tensor_files import open_tensors
from saegeo_core.loading.weights import directions_of

CONFIG = "config.json"
WEIGHTS = "ae.pt"
CHECKPOINT = re.compile(r"ae_\d+\.pt")
"""Names of the weights after so many steps, in a folder `checkpoints` below that of the trainer."""
STORED: dict[Rows, dict[str, Layout]] = {
    "decoder": {"W_dec": "rows", "decoder.weight": "columns"},
    "encoder": {"W_enc": "columns", "encoder.weight": "rows"},
}
"""Dictionaries made of torch.nn.Linear keep weights (outputs, inputs); those with bare parameters keep sae-lens's shapes."""
ARCHITECTURES = {
    "AutoEncoder": "standard",
    "AutoEncoderNew": "standard",
    "GatedAutoEncoder": "gated",
    "AutoEncoderTopK": "topk",
    "BatchTopKSAE": "batchtopk",
    "MatryoshkaBatchTopKSAE": "matryoshka_batchtopk",
    "JumpReluAutoEncoder": "jumprelu",
}
"""Its classes by what sae-lens calls their training."""
ENCODES_AS = {
    "AutoEncoder": ("standard", True),
    "AutoEncoderNew": ("standard", False),
    "GatedAutoEncoder": ("gated", True),
    "AutoEncoderTopK": ("topk", True),
    "BatchTopKSAE": ("jumprelu", True),
    "MatryoshkaBatchTopKSAE": ("jumprelu", True),
    "JumpReluAutoEncoder": ("jumprelu", False),
}
"""The rule of their `encode`, and whether it takes the decoder's bias off its input first."""
BIASES = {
    "encoder.bias": "b_enc",
    "b_enc": "b_enc",
    "bias": "b_dec",
    "decoder.bias": "b_dec",
    "decoder_bias": "b_dec",
    "b_dec": "b_dec",
    "gate_bias": "b_gate",
    "mag_bias": "b_mag",
    "r_mag": "r_mag",
}
"""What its classes call them, and sae-lens."""


class DictionaryLearning:
    """decoder.weight (d_in, d_sae) or W_dec (d_sae, d_in); encoder.weight (d_sae, d_in) or W_enc (d_in, d_sae)."""

    name = "dictionary-learning"
    summary = f"{WEIGHTS} or ae_STEP.pt of dictionary_learning, with the {CONFIG} of its trainer if there is one"

    def recognises(self, path: Path) -> bool:
        """By name."""
        return weights_in(path) is not None

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        refuse_layout(layout, f"{path}, a dictionary_learning file")
        weights = weights_in(path) or path
        config = config_of(weights)
        facts = {} if config is None else facts_of_trainer(read_json_object(config))
        return StoredDirections(directions_of(open_tensors(weights), rows), facts)

    def read_sae(self, path: Path) -> Any:
        """By the class that the configuration names. AutoEncoderTopK also stores a threshold, which its `encode` ignores."""
        weights = weights_in(path) or path
        config = config_of(weights)
        trainer = None if config is None else read_json_object(config).get("trainer")
        dict_class = trainer.get("dict_class") if isinstance(trainer, dict) else None
        if not isinstance(trainer, dict) or dict_class not in ENCODES_AS:
            raise SaegeoError(
                f"how {weights} encodes is unknown: "
                + (f"its class is {dict_class!r}" if dict_class else f"there is no {CONFIG} beside it"),
                f"known classes: {', '.join(ENCODES_AS)}; copy {CONFIG} from where the SAE was trained",
            )
        architecture, subtracts_bias = ENCODES_AS[dict_class]
        arrays = all_arrays(weights)
        named = {BIASES[name]: array for name, array in arrays.items() if name in BIASES}
        for name, linear in (("W_enc", "encoder.weight"), ("W_dec", "decoder.weight")):
            matrix = arrays.get(name, transposed(arrays, linear))
            if matrix is not None:
                named[name] = matrix
        if architecture == "jumprelu" and "threshold" in arrays and "b_enc" in named:
            named["threshold"] = arrays["threshold"].expand_as(named["b_enc"])
        k: dict[str, Any] = {"k": trainer.get("k")} if architecture == "topk" else {}
        return sae_from_arrays(architecture, named, weights, subtracts_bias=subtracts_bias, **k)


def weights_in(path: Path) -> Path | None:
    """The weights that a path is or holds: final ones, or those of a step."""
    if path.is_file() and CHECKPOINT.fullmatch(path.name):
        return path
    return named_file(path, WEIGHTS)


def config_of(weights: Path) -> Path | None:
    """The trainer's configuration: beside the weights, or above the folder of checkpoints."""
    places = [weights.parent, *([weights.parent.parent] if weights.parent.name == "checkpoints" else [])]
    return next((place / CONFIG for place in places if (place / CONFIG).is_file()), None)


def facts_of_trainer(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a trainer's `config.json` says. `k` is the L0 a top-k rule selects, on average over a batch or for each token."""
    trainer = config.get("trainer")
    if not isinstance(trainer, dict):
        return {}
    dict_class, layer = trainer.get("dict_class"), trainer.get("layer")
    submodule = trainer.get("submodule_name")
    is_residual = submodule is None or str(submodule).startswith("resid_post")
    return {
        "model": trainer.get("lm_name"),
        "hook_name": f"blocks.{layer}.hook_resid_post" if isinstance(layer, int) and is_residual else None,
        "layer": layer,
        "architecture": ARCHITECTURES.get(str(dict_class), dict_class),
        "d_sae": trainer.get("dict_size"),
        "d_in": trainer.get("activation_dim"),
        "l0": trainer.get("k"),
        "training": {key: value for key, value in trainer.items() if value is not None},
    }
