"""Whole commands on a dictionary of the usual size, from the start of the process to the stored report: what a user waits for.

Default parameters, nothing read from the cache. Unit rows, 16,384 x 2,304: a spectrum that falls as rank^-1/2, and 800 families of
five. Where firing is read, it is over 20,000 blocks, by topics that the rows know nothing of.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from safetensors.torch import save_file

from benchmarks.lobes import harvested_16k
from benchmarks.measure import Work
from saegeo_core.synthetic.firing import plant_firing

N, D, FAMILIES, SIZE = 16_384, 2304, 800, 5
N_BLOCKS = 20_000
NO_PLAIN_WAY = "has no null"


@dataclass(frozen=True)
class Files:
    """A folder with the dictionary, and what else a command names; gone when it is let go."""

    dictionary: str = "dictionary.npy"
    folder: TemporaryDirectory[str] = field(default_factory=TemporaryDirectory)

    def path(self, name: str) -> Path:
        """Of one of the files."""
        return Path(self.folder.name) / name


def rows(seed: int, d: int = D) -> np.ndarray:
    """Unit rows, float32 (N, d)."""
    generator = torch.Generator().manual_seed(seed)
    drawn, centers = torch.randn(N, d, generator=generator), torch.randn(FAMILIES, d, generator=generator)
    related = drawn[: FAMILIES * SIZE]
    related *= 0.6
    related += 0.8 * centers.repeat_interleave(SIZE, 0)
    drawn *= torch.arange(1, d + 1) ** -0.25
    return drawn.div_(drawn.norm(dim=1, keepdim=True)).numpy()


def dictionary() -> Files:
    """The rows alone."""
    files = Files()
    np.save(files.path("dictionary.npy"), rows(seed=0))
    return files


def with_another() -> Files:
    """Beside as large a dictionary that shares nothing with it."""
    files = dictionary()
    np.save(files.path("other.npy"), rows(seed=1))
    return files


def with_narrow() -> Files:
    """Beside a quarter as many rows that share nothing with it."""
    files = dictionary()
    np.save(files.path("narrow.npy"), rows(seed=1)[::4])
    return files


def with_encoder() -> Files:
    """The rows and encoders that lean on them."""
    files = Files("dictionary.safetensors")
    decoder = torch.from_numpy(rows(seed=0))
    encoder = decoder + torch.randn(N, D, generator=torch.Generator().manual_seed(2)) / D**0.5
    save_file({"W_dec": decoder, "W_enc": encoder.T.contiguous()}, files.path(files.dictionary))
    return files


def with_firing() -> Files:
    """The rows with firing of their own, rates from 0.3 % to 10 % of the blocks, counted pair by pair."""
    files = dictionary()
    planted = plant_firing(
        np.random.default_rng(0),
        n_features=N,
        n_blocks=N_BLOCKS,
        n_topics=64,
        topic_strength=20,
        richness_spread=0.5,
        rates=(0.003, 0.1),
        d_in=16,
    )
    planted.firing.write(files.path("firing"))
    return files


def with_control() -> Files:
    """Another dictionary, whose topics are planted, with its firing and that of an untrained one."""
    files, harvest = Files(), harvested_16k()
    np.save(files.path("dictionary.npy"), harvest.cloud.vectors.numpy())
    harvest.firing.write(files.path("firing"))
    return files


def command(analysis: str, metric: str, files: Files, **options: str) -> float:
    """One metric of the report of `saegeo run --plugin`; {} in an option stands for the folder."""
    typed = [sys.executable, "-m", "saegeo_core", "run", "--plugin", analysis, str(files.path(files.dictionary))]
    for name, value in options.items():
        typed += [f"--{name}", value.format(files.folder.name)]
    with TemporaryDirectory() as out:
        told = subprocess.run(
            [*typed, "--json", "--out", out], env={**os.environ, "SAEGEO_CACHE": ""}, capture_output=True, check=True
        ).stdout
    return next(float(one["estimate"]) for one in json.loads(told)["metrics"] if one["name"] == metric)


def work(analysis: str, metric: str, files=dictionary, **options: str) -> Work:
    """A row of the table."""
    ours = partial(command, analysis, metric, **options)
    return Work(f"saegeo run --plugin {analysis}, 16,384 x 2,304", files, NO_PLAIN_WAY, ours, full=True)


ROWS = [
    work("cosine-tails", "tail_excess"),
    work("entropy", "negentropy"),
    work("power-law", "alpha"),
    work("redundancy", "family_share"),
    work("alignment", "alignment", with_encoder),
    work("absorption", "reading_gap", with_encoder),
    work("seeds", "stable_share", with_another, set="seeds.others={}/other.npy"),
    work("flow", "carried_share", with_another, set="flow.chain={}/other.npy"),
    work("sparsity", "mean_absolute_cosine", with_another, set="sparsity.others={}/other.npy"),
    work("splitting", "novel_share", with_narrow, set="splitting.narrow={}/narrow.npy"),
    work("stability", "pw_mcc", with_another, set="stability.other={}/other.npy"),
    work("crystals", "parallelogram_excess", set="crystals.measure=dictionary"),
    work("frequency-geometry", "rate_nearest", with_firing, firing="{}/firing"),
    work("cofiring", "modularity", with_firing, firing="{}/firing"),
    work("lobes", "ami", with_control, firing="{}/firing"),
]
