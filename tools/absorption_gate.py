"""How well absorption, by weights alone and by firing on tokens, orders SAEs by the absorption that their makers know of.

    python tools/absorption_gate.py --out FOLDER

Hierarchies of sae_lens.synthetic: trees of a parent and two to four children in 80 dimensions, a child firing only beside its
parent, and features alone. On each, dictionaries of as many features are trained, by top k of a batch or by an L1 penalty, and
each feature is matched to one of theirs. The true absorption of a child is the share of the tokens it is on for which its own
feature fires and its parent's does not. The results are in docs/analyses/absorption.md. Dictionaries in the folder are not trained
again.
"""

import argparse
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from sae_lens.synthetic import (
    ActivationGenerator,
    FeatureDictionary,
    HierarchyConfig,
    generate_hierarchy,
    orthogonal_initializer,
)
from scipy.optimize import linear_sum_assignment
from scipy.stats import spearmanr

from saegeo_absorption.calibrated import OfKin
from saegeo_core import Absent, AnalysisContext, FeatureCloud, FiringStatistics

N_FEATURES, D_IN, N_TREES = 120, 80, 20
N_TRAINED_ON, N_HELD_OUT, BATCH, STEPS, LEARNING_RATE = 60_000, 20_000, 512, 2500, 2e-3
SEEDS = range(3)
KINDS = (("k", 2), ("k", 3), ("k", 4), ("k", 6), ("k", 9), ("l1", 0.1), ("l1", 0.4))


class World(NamedTuple):
    """Features in a hierarchy: directions (n, d), how strongly each fires on each token (n_tokens, n), parents with children."""

    directions: torch.Tensor
    firing: torch.Tensor
    pairs: list[tuple[int, int]]


class Dictionary(NamedTuple):
    """An SAE: encoder and decoder (n, d), biases (n,) and (d,)."""

    encoder: torch.Tensor
    encoder_bias: torch.Tensor
    decoder_bias: torch.Tensor
    decoder: torch.Tensor

    def encode(self, x: torch.Tensor, kind: str, value: float) -> torch.Tensor:
        """Activations (n_tokens, n)."""
        active = torch.relu((x - self.decoder_bias) @ self.encoder.T + self.encoder_bias)
        if kind == "l1":
            return active
        sizes = active * self.decoder.norm(dim=1)
        return active * (sizes >= torch.topk(sizes.flatten(), int(value * len(x))).values[-1])


def world(seed: int) -> World:
    torch.manual_seed(seed)
    config = HierarchyConfig(
        total_root_nodes=N_TREES, branching_factor=(2, 4), max_depth=1, mutually_exclusive_portion=0.5
    )
    hierarchy = generate_hierarchy(N_FEATURES, config, seed=seed)
    pairs = [(root.feature_index, child.feature_index) for root in hierarchy.roots for child in root.children]
    generator = torch.Generator().manual_seed(seed)
    probabilities = torch.full((N_FEATURES,), 0.02)
    for parent in {parent for parent, _ in pairs}:
        probabilities[parent] = 0.05 + 0.1 * torch.rand(1, generator=generator).item()
    for _, child in pairs:
        probabilities[child] = 0.1 + 0.3 * torch.rand(1, generator=generator).item()
    dictionary = FeatureDictionary(N_FEATURES, D_IN, bias=False, initializer=orthogonal_initializer(num_steps=60))
    activations = ActivationGenerator(
        N_FEATURES, probabilities, std_firing_magnitudes=0.15, modify_activations=hierarchy.modifier
    )
    firing = torch.cat([activations(4096) for _ in range(20)])
    return World(dictionary.feature_vectors.detach(), firing, pairs)


def trained(x: torch.Tensor, kind: str, value: float, seed: int) -> Dictionary:
    generator = torch.Generator().manual_seed(seed)
    decoder = torch.nn.functional.normalize(torch.randn(N_FEATURES, x.shape[1], generator=generator), dim=1)
    sae = Dictionary(decoder.clone(), torch.zeros(N_FEATURES), x.mean(0), decoder.clone())
    for parameter in sae:
        parameter.requires_grad_(True)
    optimizer = torch.optim.Adam(list(sae), lr=LEARNING_RATE)
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * min(1.0, (STEPS - step) / (0.3 * STEPS))
        batch = x[torch.randint(len(x), (BATCH,), generator=generator)]
        active = sae.encode(batch, kind, value)
        loss = (active @ sae.decoder + sae.decoder_bias - batch).square().sum(1).mean()
        if kind == "l1":
            loss = loss + value * min(1.0, step / 500) * (active * sae.decoder.norm(dim=1)).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return Dictionary(*(parameter.detach() for parameter in sae))


def true_absorption(
    of: World, decoder: torch.Tensor, fires: torch.Tensor
) -> dict[tuple[int, int], tuple[float, float]]:
    """Of features that stand for a parent and a child: the absorption, and by how much more the parent is off beside the child."""
    unit = torch.nn.functional.normalize(decoder, dim=1)
    features, matched = linear_sum_assignment(-(unit @ of.directions.T).abs().numpy())
    stands_for = np.empty(N_FEATURES, np.int64)
    stands_for[matched] = features
    is_on = of.firing[N_TRAINED_ON : N_TRAINED_ON + N_HELD_OUT] > 0
    children: dict[int, list[int]] = defaultdict(list)
    for parent, child in of.pairs:
        children[parent].append(child)
    found = {}
    for parent, child in of.pairs:
        off, own = ~fires[:, stands_for[parent]], fires[:, stands_for[child]]
        with_child, alone = is_on[:, child], is_on[:, parent] & ~is_on[:, children[parent]].any(1)
        absorbed = float((off & own)[with_child].double().mean())
        excess = float(off[with_child].double().mean() - off[alone].double().mean())
        found[int(stands_for[parent]), int(stands_for[child])] = absorbed, excess
    return found


def measured(sae: Dictionary, fires: torch.Tensor) -> tuple[dict[str, float], dict[tuple[int, int], float]]:
    """The metrics, and for each pair of kin how much of the parent in the child is not read; 0 without kin."""
    context = AnalysisContext(rng=np.random.default_rng(0), encoder=sae.encoder)
    found = OfKin.of(FeatureCloud.from_array(sae.decoder), context)
    if isinstance(found, Absent):
        raise SystemExit(found.absent)
    readings, pairs = found.residuals.readings(found.pairs), found.pairs
    gap = -readings / found.residuals.alignment[pairs.parent]
    named = zip(found.rows[pairs.parent].tolist(), found.rows[pairs.child].tolist(), gap.tolist(), strict=True)
    on_tokens = found.on_tokens(FiringStatistics.from_arrays(fires.numpy(), block_tokens=1))
    holes = 0.0 if isinstance(on_tokens, Absent) else on_tokens.hole_rate
    return found.numbers(readings) | {"hole_rate": holes}, {(parent, child): one for parent, child, one in named}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the dictionaries")
    torch.set_num_threads(1)
    folder: Path = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    of_saes: list[dict[str, Any]] = []
    of_pairs: list[tuple[float, float, float]] = []
    for seed in SEEDS:
        of = world(seed)
        x = of.firing @ of.directions
        for kind, value in KINDS:
            file = folder / f"{seed}_{kind}_{value}.pt"
            if not file.exists():
                torch.save(tuple(trained(x[:N_TRAINED_ON], kind, value, seed)), file)
            sae = Dictionary(*torch.load(file, weights_only=True))
            held_out = x[N_TRAINED_ON : N_TRAINED_ON + N_HELD_OUT].split(2000)
            fires = torch.cat([sae.encode(some, kind, value) for some in held_out]) > 0
            truth = true_absorption(of, sae.decoder, fires)
            numbers, gaps = measured(sae, fires)
            absorbed, excess = np.mean(list(truth.values()), axis=0)
            of_saes.append({"absorbed": absorbed, "excess": excess, "unread_share": 0.0, **numbers})
            of_pairs += [(*true, gaps.get(pair, 0.0)) for pair, true in truth.items()]
            print(f"{file.stem:<10}", "  ".join(f"{name} {one:.3f}" for name, one in of_saes[-1].items()), flush=True)
    for truth_name in ("absorbed", "excess"):
        for name in ("reading_gap", "unread_share", "hole_rate"):
            rho = spearmanr([one[truth_name] for one in of_saes], [one[name] for one in of_saes])[0]
            print(f"{name} with {truth_name}, over {len(of_saes)} dictionaries: {rho:.2f}")
    columns = np.array(of_pairs).T
    for truth_name, column in zip(("absorbed", "excess"), columns, strict=False):
        print(f"gaps of pairs with {truth_name}, over {len(of_pairs)} pairs: {spearmanr(column, columns[2])[0]:.2f}")


if __name__ == "__main__":
    main()
