"""Everything that decides the numbers of a harvest, as plain JSON, and what differs between two of them, in words.

A harvest may be continued only with what it was started with. Where things lie (the folder of a model) and what cannot
change a number that is there already (skipping broken lines) is left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from saegeo_core.errors import SaegeoError
from saegeo_core.harvesting.calibration import CALIBRATION_TOKENS, SAMPLED_TOKENS
from saegeo_core.harvesting.encoding import Layout
from saegeo_core.harvesting.placed_sae import PlacedSae
from saegeo_core.harvesting.portions import CHARACTERS
from saegeo_core.harvesting.settings import HarvestSettings

#: Whoever stopped at a broken line may go on without it: until there nothing was skipped.
WITHOUT_EFFECT = ("skip_bad_lines",)
ABSENT = "nothing"
MOST_SHOWN = 5

Json = Mapping[str, Any]


def configuration_of(
    placed: PlacedSae, *, source: Json, corpus: Json, settings: HarvestSettings, device: str, layout: Layout
) -> dict[str, Any]:
    """What decides the numbers of one SAE, from the descriptions of source and corpus and the rest."""
    known = source_at(source, placed.hook)
    if "model_digest" in known:
        known.pop("model", None)
    rules = asdict(settings)
    if settings.contexts is None:
        del rules["contexts"]  # harvests from before there were any say nothing of them
    content = {
        "sae": {"encoder": placed.sae.digest, "decoder": placed.sae.cloud.digest, "hook": placed.hook},
        "source": known,
        "corpus": corpus_identity(corpus),
        "settings": rules,
        "layout": {"device": device, **asdict(layout), "characters_of_a_shard": CHARACTERS},
    }
    if settings.has_controls:
        content["control"] = {"calibration_tokens": CALIBRATION_TOKENS, "sampled_tokens": SAMPLED_TOKENS}
    return content


def source_at(description: Json, hook: str) -> dict[str, Any]:
    """What an activation source says of itself, without the hooks that do not matter here."""
    hooks = description.get("hooks")
    return {**description, "hooks": {hook: hooks[hook]}} if isinstance(hooks, dict) else dict(description)


def corpus_identity(description: Json) -> dict[str, Any]:
    """What a corpus says of itself, without what cannot change a number."""
    return {name: value for name, value in description.items() if name not in WITHOUT_EFFECT}


def differences(before: Json, now: Json) -> str:
    """What differs between two configurations, in words; empty where nothing does."""
    old, new = dict(_flat(before)), dict(_flat(now))
    differing = [name for name in {**old, **new} if old.get(name, ABSENT) != new.get(name, ABSENT)]
    shown = [f"{name} was {old.get(name, ABSENT)}, is {new.get(name, ABSENT)}" for name in differing[:MOST_SHOWN]]
    return "; ".join(shown) + (f"; and {len(differing) - MOST_SHOWN} more" if len(differing) > MOST_SHOWN else "")


def refuse_differences(before: Json, now: Json, what: str, where: object) -> None:
    """Raise SaegeoError naming what differs between two configurations; `what` was done with the first, and lies at `where`."""
    if differing := differences(before, now):
        raise SaegeoError(
            f"{what} with something else: {differing}",
            f"type what was typed then to go on with it, or --out DIR for another folder, or remove {where}",
        )


def _flat(content: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no container, by the names that lead to it."""
    if isinstance(content, Mapping):
        children = [(f"{name}.{key}" if name else str(key), value) for key, value in content.items()]
    elif isinstance(content, list | tuple):
        children = [(f"{name}[{number}]", value) for number, value in enumerate(content)]
    else:
        yield name, content
        return
    for child, value in children:
        yield from _flat(value, child)
