"""Two small SAEs that read what the synthetic source plants, and the command that harvests them with their controls."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from saegeo_core.activations.synthetic_source import Plant

SAES = ("one", "two")
HARVEST = ("harvest", *SAES, "--model", "synthetic:n_documents=20,least_tokens=20,most_tokens=40", "--block-tokens", 8)
CONTROLS = ("--control", "random", "--control-draws", 2, "--gaussian-draws", 1)


def save_saes(folder: Path) -> None:
    """Save them as sae-lens does."""
    directions = np.ascontiguousarray(Plant().directions("here"), np.float32)
    for number, name in enumerate(SAES):
        config = {
            "architecture": "standard",
            "d_in": directions.shape[1],
            "d_sae": len(directions),
            "dtype": "float32",
            "device": "cpu",
            "apply_b_dec_to_input": False,
            "normalize_activations": "none",
            "reshape_activations": "none",
            "metadata": {"hook_name": "here", "sae_lens_version": "6.54.12"},
        }
        weights = {
            "W_enc": np.ascontiguousarray(directions.T),
            "W_dec": directions,
            "b_enc": np.full(len(directions), -0.5 - 0.1 * number, np.float32),
            "b_dec": np.zeros(directions.shape[1], np.float32),
        }
        (folder / name).mkdir(parents=True)
        (folder / name / "cfg.json").write_text(json.dumps(config))
        save_file(weights, folder / name / "sae_weights.safetensors")
