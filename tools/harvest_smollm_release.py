"""Harvest the firing statistics that ship with `smollm2-135m`, on text its dictionaries never saw.

    python tools/harvest_smollm_release.py --activations ../smollm-activations --out saegeo_core/bundled --work ../harvest

The activations are the part `kept_out` of what `tools/smollm_activations.py` wrote: of each of the eight kinds as many documents
as fill 150 blocks of 256 tokens, kinds taking turns. Statistics only: no text goes into the result. Interrupted, the same command
goes on. Layer 12 has two reflected controls, too few for a p-value, and the others have none: what controls take is much of the
45 MB that the release has (`saegeo harvest --control random` makes as many as one likes).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import torch
from harvest_bundled_release import Told, keep

from saegeo_core.activations.place import hook_of
from saegeo_core.activations.source_kind import SourceRequest
from saegeo_core.activations.stored_source import Stored
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.harvesting.engine import harvest
from saegeo_core.harvesting.placed_sae import PlacedSae
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.loading import expand_specs
from saegeo_core.loading.whole_sae import load_whole_sae

RELEASE = "smollm2-135m"
#: How many reflected and Gaussian controls are harvested beside which SAEs.
CONTROLS = {"layer_12": (2, 0)}
NO_CONTROLS = (0, 0)
BLOCK_TOKENS = 256


def main() -> None:
    arguments = parse_arguments()
    of_controls: dict[tuple[int, int], list[SaeSpec]] = defaultdict(list)
    for spec in expand_specs([f"{RELEASE}:*"]):
        if arguments.only is None or spec.sae_id in arguments.only:
            of_controls[CONTROLS.get(spec.sae_id, NO_CONTROLS)].append(spec)
    for (control_draws, gaussian_draws), specs in of_controls.items():
        saes = [load_whole_sae(spec) for spec in specs]
        placed = [PlacedSae(sae, hook_of(sae.description)) for sae in saes]
        hooks = tuple(dict.fromkeys(sae.hook for sae in placed))
        source = Stored().open(str(arguments.activations / "kept_out"), SourceRequest(hooks))
        settings = HarvestSettings(
            block_tokens=BLOCK_TOKENS, control_draws=control_draws, gaussian_draws=gaussian_draws
        )
        for one in harvest(placed, source, source.corpus, arguments.work, settings, watch=Told()):
            keep(one.firing, one.spec, arguments.out)
            print(f"{one.spec}: {one.firing.n_blocks} blocks, {int((one.firing.counts > 0).sum())} features alive")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--activations", type=Path, required=True, help="what tools/smollm_activations.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="the folder `bundled` of the package")
    parser.add_argument("--work", type=Path, required=True, help="a folder for the harvest itself")
    parser.add_argument("--only", nargs="+", metavar="ID", help="harvest only these; others stay as they are")
    return parser.parse_args()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
