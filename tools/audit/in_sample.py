"""Silhouettes of pure noise after discriminants learned on the very pairs scored, and held out."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from audit.section import Section, estimate, measured
from saegeo_core import FeatureCloud, Figure

N_RELATIONS, D = 12, 128
PAIRS = (11, 16, 27, 53)


def measure() -> Section:
    """Twelve relations of noise, of more and more pairs."""
    rows = [row_of(pairs) for pairs in PAIRS]
    headings = ("in sample (published)", "held out")
    figure = Figure(
        name="in_sample",
        title="Silhouette of pure noise after eleven discriminants",
        kind="line",
        table="in_sample",
        x="pairs over dimensions",
        y=headings,
        y_title="silhouette",
    )
    formats = {"pairs of each relation": "d"} | dict.fromkeys(
        ("pairs over dimensions", "raw (published)", *headings), ".2f"
    )
    return Section(rows, formats, [(figure, pd.DataFrame(rows)[["pairs over dimensions", *headings]])])


def row_of(n_pairs: int) -> dict[str, float]:
    """Words that are noise, every one in one pair."""
    with tempfile.TemporaryDirectory() as folder:
        words = write_noise(Path(folder), n_pairs, np.random.default_rng(7))
        cloud = FeatureCloud.from_array(np.eye(D, dtype=np.float32), name="audit")
        given = {
            "relations": Path(folder) / "relations",
            "word_vectors": words,
            "measure": "pairs",
            "null_draws": 19,
        }
        published = measured("crystals", cloud, preset="paper", parameters=given)
        held_out = measured("crystals", cloud, parameters=given)
    return {
        "pairs of each relation": n_pairs,
        "pairs over dimensions": N_RELATIONS * n_pairs / D,
        "raw (published)": estimate(published, "silhouette_raw_in_sample"),
        "in sample (published)": estimate(published, "silhouette_in_sample"),
        "held out": estimate(held_out, "silhouette_projected"),
    }


def write_noise(folder: Path, n_pairs: int, rng: np.random.Generator) -> Path:
    """Relations in a folder of that name, and the file of their words' vectors."""
    (folder / "relations").mkdir()
    lines = []
    for relation in range(N_RELATIONS):
        pairs = [{"input": f"a{relation}x{pair}", "output": f"b{relation}x{pair}"} for pair in range(n_pairs)]
        (folder / "relations" / f"relation_{relation}.json").write_text(json.dumps(pairs))
        lines += [
            f"{word} {' '.join(f'{x:.5f}' for x in rng.standard_normal(D))}" for pair in pairs for word in pair.values()
        ]
    words = folder / "words.txt"
    words.write_text("\n".join(lines) + "\n")
    return words
