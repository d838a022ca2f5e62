"""One file from the Hugging Face hub: from its cache at once, from the network if need be, or a clear word on what is missing.

`hf_hub_download` alone spends 23 seconds on retries before it reports that there is no network, and asks the hub even for
what is in the cache. Releases of SAEs do not change, so the cache is asked first, and the network once.
"""

from pathlib import Path

from saegeo_core.errors import SaegeoError

SECONDS_TO_ANSWER = 5.0


def fetch(repository: str, filename: str) -> Path:
    """The local copy of a file of a repository.

    Raises:
        SaegeoError: not in the cache and offline, unreachable, forbidden, or not there.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(repository, filename, local_files_only=True))
    except LocalEntryNotFoundError:
        pass
    except HFValidationError as error:
        raise SaegeoError(f"{repository!r} is no name of a repository: {error}") from error
    refuse_if_offline(repository, filename)
    try:
        # Without retries, unlike the download that follows: no network is known at once.
        get_hf_file_metadata(hf_hub_url(repository, filename), timeout=SECONDS_TO_ANSWER)
        return Path(hf_hub_download(repository, filename))
    except Exception as error:  # the hub's own errors and those of whatever HTTP library it uses
        raise explained(error, repository, filename) from error


def refuse_if_offline(repository: str, filename: str) -> None:
    """Raise SaegeoError when HF_HUB_OFFLINE forbids to ask the hub for a file that is not in the cache."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        raise SaegeoError(
            f"{filename} of {repository} is not in the cache {constants.HF_HUB_CACHE}, and HF_HUB_OFFLINE forbids to "
            "download it",
            _how_to_bring(repository, filename),
        )


def explained(error: Exception, repository: str, filename: str) -> SaegeoError:
    """What went wrong with a file of the hub, in the user's words."""
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    if isinstance(error, GatedRepoError):
        return SaegeoError(
            f"the repository {repository} is gated", "accept its terms on huggingface.co, then type: hf auth login"
        )
    if isinstance(error, RepositoryNotFoundError):
        return SaegeoError(
            f"there is no repository {repository} on the hub, or it is private", "if it is private, type: hf auth login"
        )
    if isinstance(error, EntryNotFoundError) and not isinstance(error, LocalEntryNotFoundError):
        return SaegeoError(f"the repository {repository} holds no {filename}")
    return SaegeoError(
        f"{filename} of {repository} is not in the cache {constants.HF_HUB_CACHE}, and the hub cannot be reached: {error}",
        _how_to_bring(repository, filename),
    )


def _how_to_bring(repository: str, filename: str) -> str:
    return (
        f"where there is a network, type: hf download {repository} {filename} - and copy the cache here; or name a local "
        "path instead; minilm-l6:layer_3 is bundled and needs neither"
    )
