"""From the name of an SAE to its cloud. One file per source and per format; nothing heavy is imported before it is used."""

import logging
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from saegeo_core.cloud.description import Rows
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import SaegeoError, near_matches
from saegeo_core.file_names import folded
from saegeo_core.progress import Progress, silent
from saegeo_core.typed_path import typed_path
from saegeo_core.undeclared import refuse_while_working

if TYPE_CHECKING:
    import torch

    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.loading.file_format import Layout, StoredDirections
    from saegeo_core.plugin.manager import PluginManager

log = logging.getLogger(__name__)


def load_cloud(
    spec: str | SaeSpec,
    *,
    rows: Rows = "decoder",
    layout: "Layout | None" = None,
    labels: Path | None = None,
    decoder_key: str | None = None,
    model_slice: int | None = None,
    plugins: "PluginManager | None" = None,
    progress: Progress = silent,
) -> "FeatureCloud":
    """The directions of one SAE, memory-mapped where its file allows it.

    Args:
        spec: `release:sae_id`, or a path: a sae-lens folder, Gemma Scope's `params.npz`, dictionary_learning's `ae.pt`,
            a sparsify folder, a file with a decoder matrix, or whatever a plugin reads.
        rows: measure "decoder" or "encoder" directions.
        layout: whether the "rows" or the "columns" of a bare matrix are the features.
        labels: a file with a text for each feature: JSON, CSV or TSV.
        decoder_key: which array of a file is the matrix of directions, where several could be.
        model_slice: which model or layer of a crosscoder, counted from 0; its matrices have three axes.
        plugins: where file formats come from; all installed plugins by default.
        progress: shows how many rows have been read.

    Raises:
        SaegeoError: unknown, missing, damaged, of unclear orientation, not finite, the decoder of a cross-layer transcoder, or
            with fewer than two features that are not zero.
    """
    started = time.perf_counter()
    from saegeo_core.cloud.source_facts import describe
    from saegeo_core.loading.feature_labels import read_feature_labels

    refuse_while_working("loads an SAE", 'a parameter of type SaeSpec brings context.clouds, "encoder" context.encoder')
    if rows not in ("decoder", "encoder"):
        raise SaegeoError(f"rows are {rows!r}", "say 'decoder' or 'encoder'")
    spec = SaeSpec.parse(spec) if isinstance(spec, str) else spec
    stored = _read(spec, rows, layout=layout, decoder_key=decoder_key, model_slice=model_slice, plugins=plugins)
    from saegeo_core.cloud.feature_cloud import FeatureCloud  # imports torch: what cannot be found is told before

    sae = describe(
        stored.vectors, stored.facts, rows, spec=str(spec), release=spec.storage_release, sae_id=spec.storage_id
    )
    texts = None if labels is None else read_feature_labels(labels, sae.d_sae)
    cloud = FeatureCloud.from_array(stored.vectors, sae=sae, labels=texts, progress=progress)
    if cloud.n_features < 2:
        raise SaegeoError(
            f"{spec} has {cloud.n_features} usable feature of {sae.d_sae}",
            "a geometry needs at least two non-zero rows",
        )
    log.debug("read %s: %d x %d in %.2f s", spec, cloud.n_features, cloud.d_in, time.perf_counter() - started)
    return cloud


def load_encoder(
    cloud: "FeatureCloud", *, layout: "Layout | None" = None, plugins: "PluginManager | None" = None
) -> "torch.Tensor | None":
    """What each feature of a cloud projects activations on, (n_features, d_in of the encoder), as stored.

    None where the SAE has no source to be read again, or that source holds no encoder.

    Raises:
        SaegeoError: the encoder is of another number of features, or not finite.
    """
    spec = cloud.sae.spec
    try:
        rows = _read(SaeSpec.parse(spec), "encoder", layout=layout, decoder_key=None, model_slice=None, plugins=plugins)
    except SaegeoError:
        return None
    if len(rows.vectors) != cloud.sae.d_sae:
        raise SaegeoError(
            f"the encoder of {spec} has {len(rows.vectors)} features, the cloud {cloud.sae.d_sae}",
            "the weights are damaged: load them again from their source",
        )
    encoder = rows.vectors[cloud.feature_ids]
    if not bool(encoder.isfinite().all()):
        raise SaegeoError(f"the encoder of {spec} holds NaN or infinity", "load the weights again from their source")
    return encoder


def expand_specs(specs: list[str], plugins: "PluginManager | None" = None) -> list[SaeSpec]:
    """Names as typed become names of one SAE each: wildcards in ids, in the order of the directory, and folders of SAEs.

    What is named twice comes once. The file formats of `plugins`, by default those installed, tell SAEs in folders.

    Raises:
        SaegeoError: a missing path, an unknown release or id, a pattern that covers nothing, or two SAEs whose reports and harvests
            would lie under one name.
    """
    from saegeo_core.loading.release_directory import matching_entries

    expanded: dict[str, SaeSpec] = {}
    for text in specs:
        spec = SaeSpec.parse(text)
        if spec.path is not None:
            for path in _with_folders_expanded(_matching_paths(spec.path), plugins):
                expanded.setdefault(str(path.resolve()), spec if path == spec.path else SaeSpec(path=path))
        else:
            for entry in matching_entries(spec):
                expanded.setdefault(str(entry), SaeSpec(release=entry.release, sae_id=entry.sae_id))
    _refuse_one_name_for_two(expanded.values())
    return list(expanded.values())


def expand_patterns(specs: Sequence[SaeSpec]) -> list[SaeSpec]:
    """The same names, with each pattern replaced by the SAEs that it covers (`expand_specs`).

    Raises:
        SaegeoError: a pattern covers nothing.
    """
    expanded = ([spec] if not _is_pattern(spec) else expand_specs([str(spec)]) for spec in specs)
    return list(dict.fromkeys(one for some in expanded for one in some))


def _is_pattern(spec: SaeSpec) -> bool:
    return spec.is_glob or (spec.path is not None and has_magic(str(spec.path)) and not spec.path.exists())


def _matching_paths(path: Path) -> list[Path]:
    """The path itself, or those that it is a pattern of where a shell left it as it is; in natural order.

    Raises:
        SaegeoError: there is none.
    """
    if not path.exists() and has_magic(str(path)):
        found = [Path(one) for one in glob(str(typed_path(path)))]
        if found:
            return sorted(found, key=_natural)
        raise SaegeoError(f"no file or folder is called like {path}")
    _refuse_missing(path)
    return [path]


def _with_folders_expanded(paths: list[Path], plugins: "PluginManager | None") -> Iterator[Path]:
    """The paths, in place of folders that are no SAE and hold some these."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        from saegeo_core.loading.local_files import is_recognised, saes_inside
        from saegeo_core.plugin.manager import PluginManager

        plugins = plugins or PluginManager()
        yield from (not is_recognised(path, plugins) and saes_inside(path, plugins)) or [path]


def _natural(path: Path) -> list[int | str]:
    """What puts layer_2 before layer_10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", str(path))]


def _refuse_one_name_for_two(specs: Iterable[SaeSpec]) -> None:
    """Names are compared as file systems do that fold them: one folder holds what belongs to one SAE."""
    named: dict[tuple[str, str], SaeSpec] = {}
    for spec in specs:
        other = named.setdefault((folded(spec.storage_release), folded(spec.storage_id)), spec)
        if other is not spec:
            raise SaegeoError(
                f"{other} and {spec} would both be kept under {spec.storage_release}:{spec.storage_id}",
                "give them one at a time with another --out each, or rename one",
            )


def _read(
    spec: SaeSpec,
    rows: Rows,
    *,
    layout: "Layout | None",
    decoder_key: str | None,
    model_slice: int | None,
    plugins: "PluginManager | None",
) -> "StoredDirections":
    from saegeo_core.loading.file_format import refuse_layout
    from saegeo_core.loading.local_files import read_path
    from saegeo_core.loading.named_release import read_entry
    from saegeo_core.loading.release_directory import matching_entries
    from saegeo_core.plugin.manager import PluginManager

    if spec.path is not None:
        _refuse_missing(spec.path)
        if decoder_key is not None or model_slice is not None:
            from saegeo_core.loading.formats.plain_matrix import chosen_array

            return chosen_array(spec.path, rows, layout=layout, key=decoder_key, model_slice=model_slice)
        return read_path(spec.path, rows, layout, plugins or PluginManager())
    if decoder_key is not None or model_slice is not None:
        raise SaegeoError(
            f"--decoder-key and --model-slice choose among the arrays of a file, and {spec} is an SAE of a release",
            "leave them out, or name the file",
        )
    entries = matching_entries(spec)
    if spec.is_glob:
        raise SaegeoError(f"{spec} names {len(entries)} SAEs", f"name one, for example {entries[0]}")
    refuse_layout(layout, f"{spec}, an SAE of a release")
    return read_entry(entries[0], rows)


def _refuse_missing(path: Path) -> None:
    """A name without a colon that is no path may be a release whose id was forgotten."""
    from saegeo_core.loading.release_directory import release_names

    if path.exists():
        return
    if len(path.parts) > 1:
        raise SaegeoError(f"there is no file or folder {path}")
    known = release_names()
    if path.name in known:
        raise SaegeoError(
            f"{path} is a release, not an SAE", f"type '{path}:*' for all its SAEs; saegeo releases {path} lists them"
        )
    raise SaegeoError(
        f"{path} is neither a file nor a folder, and names no release",
        f"type release:sae_id or a path; {near_matches(path.name, known)}",
    )
