"""What the name of an SAE tells: its layer, width and site, and which SAEs are the same but for layer or sparsity."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from saegeo_core.report.report import MeasuredSae

LAYER = re.compile(
    r"(?P<word>layers?|blocks?|(?<![a-z])l|(?<![a-z])h)(?P<joint>[._/-]?)(?P<number>\d+)(?!\d)", re.IGNORECASE
)
WIDTH = re.compile(
    r"(?:width[_-]|(?<![a-z0-9])w|v5-)(?:2pow(?P<power>\d+)|(?P<number>\d+)(?P<unit>[km]?))(?![a-z0-9])", re.IGNORECASE
)
SITES = {
    "transcoder": re.compile(r"(?<![a-z])(?:transcoders?|clt)(?![a-z])", re.IGNORECASE),
    "attention": re.compile(r"(?<![a-z])(?:att|attn|attention|hook[_-]z|lxa)(?![a-z])", re.IGNORECASE),
    "mlp": re.compile(r"(?<![a-z])(?:mlp|lxm)(?![a-z])", re.IGNORECASE),
    "residual": re.compile(r"(?<![a-z])(?:res|resid|residual|lxr)(?![a-z])", re.IGNORECASE),
}
TUNED = re.compile(r"[-_](?:it|instruct|chat)(?![a-z0-9])", re.IGNORECASE)
BASE_OR_TUNED = re.compile(r"[-_](?:pt|base|it|instruct|chat)(?![a-z0-9])", re.IGNORECASE)
L0 = re.compile(r"(?:average_|canonical_)?l0[_.-]?\d+", re.IGNORECASE)


def layer_in(sae_id: str) -> int | None:
    """The number after `layer`, `blocks` and the like."""
    found = LAYER.search(L0.sub("", sae_id))
    return int(found["number"]) if found else None


def width_in(name: str) -> str | None:
    """How many features the name tells, in the words of releases: 16k, 1m; 2pow14 is 16k."""
    found = WIDTH.search(name)
    if found is None:
        return None
    if found["unit"]:
        return f"{found['number']}{found['unit'].lower()}"
    n = 2 ** int(found["power"]) if found["power"] else int(found["number"])
    return f"{n // 10**6}m" if n >= 10**6 else f"{n // 1000}k" if n >= 1000 else str(n)


def site_in(name: str) -> str | None:
    """What of a layer the name says the SAE reads: residual, mlp or attention; transcoder, where it writes something else."""
    return next((site for site, words in SITES.items() if words.search(name)), None)


def ascending_in_width(width: str) -> tuple[bool, list[str | int]]:
    """The key by which 4k comes before 16k, and that before 1m."""
    return width.endswith("m"), in_natural_order(width)


def in_natural_order(name: str) -> list[str | int]:
    """The key by which layer_2 comes before layer_10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


def without_l0(sae_id: str) -> str:
    """The id without the part that tells L0: the same for all sparsities of one SAE."""
    return L0.sub("", sae_id).strip("/_")


def without_layer(sae_id: str) -> str:
    """The id with a star for the layer's number, and without its L0: the same for all layers of one series."""
    return LAYER.sub(r"\g<word>\g<joint>*", L0.sub("\0", sae_id), count=1).replace("\0", "l0_*")


def instruction_pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Names for a base model, each with its like for the instruction-tuned one: gemma-scope-9b-pt-res, gemma-scope-9b-it-res."""
    base = {BASE_OR_TUNED.sub("", name): name for name in names if not TUNED.search(name)}
    tuned = [(BASE_OR_TUNED.sub("", name), name) for name in names if TUNED.search(name)]
    return [(base[alike], name) for alike, name in tuned if alike in base]


def layer_of(sae: "MeasuredSae") -> int | None:
    """Its layer, as its source or its id tells it."""
    return sae.layer if sae.layer is not None else layer_in(sae.sae_id)


def series_of(saes: "Iterable[tuple[str, MeasuredSae]]") -> "dict[str, list[tuple[int, str, MeasuredSae]]]":
    """SAEs that differ in nothing but their layer: name of the series to (layer, row name, SAE), ascending, one a layer.

    Where several SAEs of a series share a layer, the sparsest of every layer make one series, the next another.
    SAEs of unknown layer are in none.
    """
    found: dict[str, dict[int, list[tuple[int, str, MeasuredSae]]]] = {}
    for name, sae in saes:
        layer = layer_of(sae)
        if layer is not None:
            own = f"{sae.release}:{without_layer(sae.sae_id)}" + f" {sae.rows}" * (sae.rows != "decoder")
            found.setdefault(own, {}).setdefault(layer, []).append((layer, name, sae))
    series: dict[str, list[tuple[int, str, MeasuredSae]]] = {}
    for own, layers in found.items():
        is_several = any(len(members) > 1 for members in layers.values())
        for layer in sorted(layers):
            for rank, member in enumerate(sorted(layers[layer], key=lambda one: one[2].l0 or 0.0), 1):
                series.setdefault(f"{own} #{rank}" if is_several else own, []).append(member)
    return series
