"""An SAE with its encoder, for finding out when its features fire. Everything else in saegeo needs its decoder alone.

An encoder is more than a matrix (thresholds, biases, scalings): a file format says how its SAEs encode, and all of them become
SAEs of sae-lens, whose own `encode` is then called. Numbers are float32 whatever the file holds.
"""

import hashlib
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import SaegeoError
from saegeo_core.loading import load_cloud
from saegeo_core.loading.file_format import WholeSaeFormat
from saegeo_core.loading.formats.gemma_scope import GemmaScope
from saegeo_core.loading.formats.sae_lens_folder import UNFOLDED, SaeLensFolder
from saegeo_core.loading.hub_files import explained, fetch, refuse_if_offline
from saegeo_core.loading.local_files import read_whole
from saegeo_core.loading.release_directory import ReleaseEntry, matching_entries

if TYPE_CHECKING:
    from saegeo_core.cloud.description import SaeDescription
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.plugin.manager import PluginManager

#: Architectures in which a feature's activation depends on its own weights alone, and on none of the decoder.
FEATURE_WISE = (
    "standard",
    "jumprelu",
    "gated",
    "transcoder",
    "skip_transcoder",
    "jumprelu_transcoder",
    "jumprelu_skip_transcoder",
)
#: Their `encode` looks at other tokens of the text, so it cannot be called on a block.
READS_OTHER_TOKENS = ("temporal",)
NOT_ENCODING = ("metadata", "device", "dtype")
FROM_FILES: dict[str, tuple[WholeSaeFormat, str]] = {"gemma_3": (GemmaScope(), "{path}/params.safetensors")}
"""Families of releases that are built here from a file of theirs: sae-lens asks the network for shapes even from a full cache."""


@dataclass(frozen=True, eq=False)
class WholeSae:
    """An SAE that can encode.

    Attributes:
        cloud: its decoder directions, and what is known of it.
        module: the sae-lens SAE: `encode` takes activations (n_tokens, d_in), float32, no gradients. Where `encode` does not
            need the decoder, that is gone.
        d_in: width of the activations it reads.
        n_features: number of its features, d_sae.
        architecture: as sae-lens calls it.
        is_feature_wise: whether one feature can be encoded without the others.
        digest: SHA-256 of the weights and settings that decide what `encode` gives.
    """

    cloud: "FeatureCloud"
    module: Any
    d_in: int
    n_features: int
    architecture: str
    is_feature_wise: bool
    digest: str

    @property
    def description(self) -> "SaeDescription":
        """What is known of it."""
        return self.cloud.sae


def load_whole_sae(spec: SaeSpec, *, device: str = "cpu", plugins: "PluginManager | None" = None) -> WholeSae:
    """The SAE that `spec` names, encoder included, on `device`.

    Raises:
        SaegeoError: what `load_cloud` raises; no encoder there or none that sae-lens knows; activations that must be
            scaled by an unknown factor; features that depend on other tokens.
    """
    cloud = load_cloud(spec, plugins=plugins)
    _refuse_other_tokens(cloud, cloud.sae.architecture)  # before gigabytes are loaded
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sae-lens advises on loading models, which is not its part here
        if spec.path is not None:
            from saegeo_core.plugin.manager import PluginManager

            module = read_whole(spec.path, plugins or PluginManager())
        else:
            module = _from_entry(matching_entries(spec)[0])
    return whole_sae(cloud, module, device=device)


def whole_sae(cloud: "FeatureCloud", module: Any, *, device: str = "cpu") -> WholeSae:
    """An SAE of sae-lens in memory, made ready to encode on `device`. The module is taken over.

    Raises:
        SaegeoError: as `load_whole_sae`.
    """
    config = module.cfg
    architecture = config.architecture()
    _refuse_other_tokens(cloud, architecture)
    k = getattr(config, "k", None)
    if isinstance(k, int | float) and k > config.d_sae:
        raise SaegeoError(
            f"{cloud.sae.spec} is to keep the {k:g} largest of {config.d_sae} features (k), more than it has",
            "its configuration may be of another SAE: copy it again",
        )
    if config.normalize_activations in UNFOLDED:
        raise SaegeoError(
            f"{cloud.sae.spec} reads activations scaled by a factor that its files do not tell "
            f"({config.normalize_activations})",
            "name it by its release, whose directory may know the factor, or save it with the factor folded in",
        )
    _refuse_non_finite(cloud, module)
    module.requires_grad_(False)
    module.turn_off_forward_pass_hook_z_reshaping()
    is_feature_wise = architecture in FEATURE_WISE
    if is_feature_wise:
        module.W_dec.data = module.W_dec.data[:0].clone()
    digest = _digest(module)
    return WholeSae(
        cloud=cloud,
        module=module.to(device),
        d_in=config.d_in,
        n_features=config.d_sae,
        architecture=architecture,
        is_feature_wise=is_feature_wise,
        digest=digest,
    )


def _refuse_other_tokens(cloud: "FeatureCloud", architecture: str | None) -> None:
    if architecture in READS_OTHER_TOKENS:
        raise SaegeoError(f"{cloud.sae.spec} is a {architecture} SAE: its features depend on the tokens around")


def _refuse_non_finite(cloud: "FeatureCloud", module: Any) -> None:
    """Of an encoder with NaN the features never fire, and nothing would tell. A threshold may be infinite: above it is nothing."""
    for name, weight in module.named_parameters():
        if bool(weight.isnan().any()) or (name != "threshold" and bool(weight.isinf().any())):
            raise SaegeoError(
                f"{name} of {cloud.sae.spec} holds NaN or infinity", "load the weights again from their source"
            )


def _from_entry(entry: ReleaseEntry) -> Any:
    if entry.source == "bundled":
        return SaeLensFolder().read_sae(Path(entry.repository) / entry.path)
    if entry.loader in FROM_FILES:
        file_format, weights = FROM_FILES[entry.loader]
        return file_format.read_sae(fetch(entry.repository, weights.format(path=entry.path)))
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    from sae_lens import SAE

    try:
        return SAE.from_pretrained(entry.release, entry.sae_id, device="cpu", dtype="float32")
    except LocalEntryNotFoundError as error:
        refuse_if_offline(entry.repository, entry.path)
        raise explained(error, entry.repository, entry.path) from error
    except HfHubHTTPError as error:
        raise explained(error, entry.repository, entry.path) from error
    except Exception as error:  # whatever sae-lens meets in files that were not made here
        raise SaegeoError(f"sae-lens cannot load {entry}: {type(error).__name__}: {error}") from error


def _digest(module: Any) -> str:
    settings = {name: value for name, value in module.cfg.to_dict().items() if name not in NOT_ENCODING}
    content = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for name, weight in sorted(module.named_parameters()):
        content.update(f"{name} {tuple(weight.shape)}".encode())
        content.update(weight.detach().contiguous().cpu().numpy().data)
    return content.hexdigest()
