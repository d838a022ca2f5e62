"""Whether an SAE and a model belong together: the hook it reads, and the name of the model it was trained on."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from saegeo_core.activations.hook_points import EMBEDDING, FAMILIES, TRANSFORMER_LENS
from saegeo_core.activations.packaged_models import MINILM, PACKAGED
from saegeo_core.cloud.description import SaeDescription
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.json_files import read_json_object
from saegeo_core.typed_path import typed_path

#: Names that TransformerLens, and SAEs after it, have for models of the hub.
ALSO_CALLED = {"gpt2-small": "gpt2", MINILM.name: "all-minilm-l6-v2"}


def hook_of(sae: SaeDescription, given: str | None = None) -> str:
    """The hook that an SAE reads: the one `given` by the user, or its own word.

    Newer SAEs also name the module of the Hugging Face model; that is taken where TransformerLens's name is of a place that
    is not known here.

    Raises:
        SaegeoError: the SAE does not say.
    """
    if given:
        return given
    match = TRANSFORMER_LENS.fullmatch(sae.hook_name or "")
    is_known = match and any(match["place"] in family.places for family in FAMILIES.values())
    hook = sae.hook_name if is_known or sae.hook_name == EMBEDDING else sae.hf_hook_name or sae.hook_name
    if not hook:
        raise SaegeoError(
            f"{sae.spec} does not say where in the model it reads",
            "type --hook NAME, for example --hook blocks.3.hook_resid_post",
        )
    return hook


def bos_of(saes: Iterable[SaeDescription]) -> bool | None:
    """Whether SAEs were trained on windows that begin with BOS, as their sources say; None where none says.

    Raises:
        SaegeoError: one was and another was not, so that one pass cannot serve both.
    """
    told: dict[bool, str] = {}
    for sae in saes:
        wants = sae.training.get("prepend_bos")
        if isinstance(wants, bool):
            told.setdefault(wants, sae.spec)
    if len(told) == 2:
        raise SaegeoError(
            f"{told[True]} was trained on windows that begin with BOS, {told[False]} on such that do not",
            "harvest them one after the other, or say which by --prepend-bos yes or no",
        )
    return next(iter(told), None)


def refuse_other_model(saes: Iterable[SaeDescription], model: str) -> None:
    """Raise SaegeoError when an SAE says that it was trained on another model than the one named by `model`.

    Names are compared without the owner and without case. Of a local folder, the name of the folder counts, and the name in
    its configuration.
    """
    names = _names_of(model)
    for sae in saes:
        trained_on = sae.model
        if trained_on is not None and _plain(trained_on) not in names:
            raise SaegeoError(
                f"{sae.spec} was trained on {trained_on}, and the model given is {model}",
                f"type --model {trained_on}, or --force-model if they are the same",
            )


def _names_of(model: str) -> set[str]:
    if model in PACKAGED:
        return {_plain(PACKAGED[model].hub_name)}
    folder = typed_path(model)
    names = [folder.name]
    if (folder / "config.json").is_file():
        names += [folder.resolve().name, *_cached_names(folder), *_configured_names(folder)]
        names += [packaged.hub_name for packaged in PACKAGED.values() if packaged.home() == folder.resolve()]
    return {_plain(name) for name in names}


def _cached_names(folder: Path) -> list[str]:
    """The name of a model in the hub's cache, whose folder there is called models--owner--name/snapshots/DIGEST."""
    return [part.rpartition("--")[2] for part in folder.absolute().parts if part.startswith("models--")]


def _configured_names(folder: Path) -> list[str]:
    name: Any = read_json_object(folder / "config.json").get("_name_or_path")
    return [name] if isinstance(name, str) and name else []


def _plain(name: str) -> str:
    last = name.rstrip("/").rpartition("/")[2].lower()
    return ALSO_CALLED.get(last, last)
