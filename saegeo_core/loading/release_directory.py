"""Every SAE that has a name: those bundled with saegeo, and those in sae-lens's directory.

sae-lens's directory is a YAML file inside its package; reading it takes half a second, importing sae-lens six. The file
writes 0.0 for an unknown L0 and 1.0 for an unknown variance explained; here both are None.
"""

import fnmatch
import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import SaegeoError, near_matches
from saegeo_core.loading.json_files import read_json_object

BUNDLED = Path(__file__).parents[1] / "bundled"


@dataclass(frozen=True, slots=True)
class ReleaseEntry:
    """One SAE with a name.

    Attributes:
        release, sae_id: what to type: `release:sae_id`.
        model: the language model, None if unknown.
        l0: mean number of active features, None if unknown.
        variance_explained: share of variance the reconstruction explains, None if unknown.
        neuronpedia_id: its dashboard, None if there is none.
        source: "bundled", "sae-lens" (its directory), or "hub" (a repository that no directory lists).
        repository: owner/repo on the Hugging Face hub; for a bundled SAE the folder of the release.
        path: where in the repository it lies.
        loader: sae-lens's name of the way the repository keeps it.
        notes: what else the directory says.
    """

    release: str
    sae_id: str
    source: Literal["bundled", "sae-lens", "hub"]
    repository: str
    path: str
    model: str | None = None
    l0: float | None = None
    variance_explained: float | None = None
    neuronpedia_id: str | None = None
    loader: str = "sae_lens"
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.release}:{self.sae_id}"


def release_names() -> list[str]:
    """Every release: bundled first, then in the order of sae-lens's directory."""
    return [*_bundled_releases(), *_sae_lens_directory()]


def bundled_entries() -> list[ReleaseEntry]:
    """The SAEs that come with saegeo."""
    return [entry for folder in _bundled_releases().values() for entry in _bundled_entries(folder)]


def entries_of(release: str) -> list[ReleaseEntry]:
    """The SAEs of a release, in the order of its directory.

    Raises:
        SaegeoError: unknown release.
    """
    if release in _bundled_releases():
        return _bundled_entries(_bundled_releases()[release])
    if release in _sae_lens_directory():
        return list(_sae_lens_entries(release, _sae_lens_directory()[release]))
    raise SaegeoError(f"there is no release {release!r}", near_matches(release, release_names()))


def list_releases(pattern: str | None = None) -> list[ReleaseEntry]:
    """SAEs whose `release:sae_id` or model matches a shell-style pattern; a pattern without wildcards may stand anywhere in it."""
    entries = (entry for release in release_names() for entry in entries_of(release))
    if not pattern:
        return list(entries)
    wanted = pattern.lower() if any(character in pattern for character in "*?[") else f"*{pattern.lower()}*"
    return [
        entry
        for entry in entries
        if any(fnmatch.fnmatchcase(name.lower(), wanted) for name in (str(entry), entry.model or ""))
    ]


def matching_entries(spec: SaeSpec) -> list[ReleaseEntry]:
    """The entries a `release:sae_id` names: one, or those its wildcards cover.

    A release `owner/repo` that no directory lists is taken for a repository of sae-lens folders.

    Raises:
        SaegeoError: unknown release or id, or a pattern that covers none.
    """
    release, sae_id = spec.release or "", spec.sae_id or ""
    if "/" in release and release not in release_names():
        return [_unlisted_entry(spec, release, sae_id)]
    entries = entries_of(release)
    found = [entry for entry in entries if spec.matches(entry.sae_id)]
    if not found:
        ids = [entry.sae_id for entry in entries]
        what = "no id matches" if spec.is_glob else "there is no id"
        raise SaegeoError(f"{what} {sae_id!r} in the release {release}", near_matches(sae_id, ids))
    return found


def _unlisted_entry(spec: SaeSpec, repository: str, path: str) -> ReleaseEntry:
    listed = [name for name, release in _sae_lens_directory().items() if release["repo_id"] == repository]
    if listed:
        raise SaegeoError(
            f"{repository} is a repository; its SAEs are listed by release", f"type {' or '.join(listed)} instead of it"
        )
    if spec.is_glob:
        raise SaegeoError(
            f"no directory lists the repository {repository}, so {path!r} cannot be expanded",
            f"name one folder of it, or a release: {near_matches(repository, release_names())}",
        )
    return ReleaseEntry(repository, path, "hub", repository, path)


@cache
def _sae_lens_directory() -> dict[str, dict[str, Any]]:
    import yaml

    package = importlib.util.find_spec("sae_lens")
    if package is None or not package.submodule_search_locations:
        raise SaegeoError("sae-lens is not installed, so its releases are unknown", "pip install 'sae-lens>=6.54,<7'")
    file = Path(package.submodule_search_locations[0]) / "pretrained_saes.yaml"
    # The C loader is five times as fast; PyYAML may have been built without it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    directory: dict[str, dict[str, Any]] = yaml.load(file.read_bytes(), Loader=loader)
    return directory


def _sae_lens_entries(name: str, release: Mapping[str, Any]) -> Iterator[ReleaseEntry]:
    for sae in release["saes"]:
        yield ReleaseEntry(
            release=name,
            sae_id=str(sae["id"]),
            source="sae-lens",
            repository=release["repo_id"],
            path=str(sae["path"]),
            model=release["model"],
            l0=_l0(sae),
            variance_explained=None if sae.get("variance_explained", 1) == 1 else sae["variance_explained"],
            neuronpedia_id=sae.get("neuronpedia"),
            loader=release.get("conversion_func") or "sae_lens",
            notes=(release.get("config_overrides") or {})
            | {key: sae[key] for key in ("norm_scaling_factor",) if key in sae},
        )


def _l0(sae: Mapping[str, Any]) -> float | None:
    """The L0 given, or the one that Gemma Scope writes into the names of its folders."""
    if sae.get("l0"):
        return float(sae["l0"])
    in_path = re.search(r"average_l0_(\d+)$", str(sae["path"]))
    return float(in_path[1]) if in_path else None


def _bundled_releases() -> dict[str, Path]:
    return {file.parent.name: file.parent for file in sorted(BUNDLED.glob("*/release.json"))}


def _bundled_entries(folder: Path) -> list[ReleaseEntry]:
    release = read_json_object(folder / "release.json")
    return [
        ReleaseEntry(
            release=folder.name,
            sae_id=sae_id,
            source="bundled",
            repository=str(folder),
            path=sae_id,
            model=release["model"],
            l0=sae["l0"],
            variance_explained=1 - sae["fraction_of_variance_unexplained"],
            notes={key: sae[key] for key in sae if key not in ("l0", "fraction_of_variance_unexplained")},
        )
        for sae_id, sae in release["saes"].items()
    ]
