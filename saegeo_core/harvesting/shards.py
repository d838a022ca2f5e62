"""Finished work on disk: one shard for each portion of the corpus, written whole or not at all.

    <folder>/configuration.json        everything that decides the numbers, in words
             shard-00000.npz           arrays, named <dictionary>/<array>, and those of the blocks
             shard-00000.json          written last: what the shard covers, and the checksum of its arrays and of all it says itself

A shard that is not what was written is as good as missing: its portion is harvested again.
"""

import errno
import hashlib
import io
import json
import shutil
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.atomic_file import clear_leftovers, replacing
from saegeo_core.errors import SaegeoError
from saegeo_core.file_lock import AlreadyLockedError, locked
from saegeo_core.file_names import folded
from saegeo_core.frozen import Frozen
from saegeo_core.json_text import parsed
from saegeo_core.size_limit import read_whole
from saegeo_core.visible_text import visible

#: Names, before the slash, of what all dictionaries share; and behind a dictionary's name, of its incidence.
BLOCKS = "blocks"
FIRED = ".fired"
UNFINISHED = ".unfinished"
#: What systems answer where files cannot be locked, as on some that are shared over a network.
HAVE_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)

Arrays = dict[str, NDArray[Any]]


class ShardRecord(Frozen):
    """What one shard covers.

    Attributes:
        first_document, next_document: where it starts in the corpus, and where the next one does.
        is_last: whether the harvest ends here.
        n_blocks: blocks in the shard.
        n_documents_without_block: its documents that fill none.
        n_tokens: tokens read, tails included.
        n_tails, n_tail_tokens: documents that left tokens over after their full blocks, and how many.
        n_skipped: broken lines of the corpus passed over until here, from its beginning.
        labels: the kinds of text that the shard's label numbers stand for.
        high_norm_tokens: for each hook the tokens whose activation is far longer than most.
        most_tokens: how many tokens it might hold; None for any number.
        sha256: checksum of the file of the arrays, and of the rest of this record: a wrong `is_last` would end the harvest.
    """

    first_document: int
    next_document: int
    is_last: bool
    n_blocks: int
    n_documents_without_block: int
    n_tokens: int
    n_tails: int
    n_tail_tokens: int
    n_skipped: int
    labels: tuple[str, ...]
    high_norm_tokens: dict[str, int]
    most_tokens: int | None = None
    sha256: str = ""

    def fits(self, tokens_left: int | None) -> bool:
        """Whether it is what is made where so many tokens are left to be harvested: it ends before, or was cut just there."""
        return tokens_left is None or self.n_tokens < tokens_left or self.most_tokens == tokens_left

    def sealed(self, arrays: bytes | memoryview) -> "ShardRecord":
        """The same record with the checksum of itself and the arrays as they are in their file."""
        without = self.model_copy(update={"sha256": ""})
        checksum = hashlib.sha256(without.model_dump_json().encode())
        checksum.update(arrays)
        return self.model_copy(update={"sha256": checksum.hexdigest()})


def sealed_shard(record: ShardRecord, arrays: Mapping[str, NDArray[Any]]) -> tuple[ShardRecord, bytes]:
    """A shard as it is stored: its record, with checksum, and the file of its arrays."""
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    return record.sealed(content.getbuffer()), content.getvalue()


def unfinished_folder(root: Path, names: Iterable[tuple[str, str]]) -> Path:
    """Where below a harvest folder the shards of these SAEs, (release, sae_id), are while they are not finished."""
    together = "\n".join(f"{release}:{sae_id}" for release, sae_id in names)
    return root / UNFINISHED / hashlib.sha256(together.encode()).hexdigest()[:12]


@contextmanager
def alone(root: Path, release: str, sae_id: str) -> Iterator[None]:
    """Harvest an SAE into a folder with no other process doing so: their shards would mix, and so would what they store.

    Raises:
        SaegeoError: another one is at it, or the folder is full or may not be written to.
    """
    # Where file systems fold names, two of them are one folder.
    lock = unfinished_folder(root, [(folded(release), folded(sae_id))]).with_suffix(".lock")
    with ExitStack() as held:
        try:
            held.enter_context(locked(lock))
        except AlreadyLockedError as error:
            raise SaegeoError(
                f"{release}:{sae_id} is being harvested into {root} by {error}",
                "wait until it has ended, or name another folder with --out",
            ) from None
        except OSError as error:
            if error.errno not in HAVE_NO_LOCKS:
                raise SaegeoError(
                    f"cannot write to {root}: {error.strerror or error}", "name another folder with --out"
                ) from error
            warnings.warn(
                f"{visible(root)} lies on a file system without locks: harvest into it once at a time", stacklevel=2
            )
        yield


class ShardFolder:
    """The shards of one harvest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has_any(self) -> bool:
        """Whether there is a shard, whole or not."""
        return any(self.folder.glob("shard-*.json"))

    def find(self, number: int, first_document: int) -> ShardRecord | None:
        """The record of a shard that starts at that document and is whole, or None."""
        try:
            record = ShardRecord.model_validate(parsed(read_whole(self._record(number))))
            is_whole = self._arrays(number).is_file() and record == record.sealed(self._arrays(number).read_bytes())
        except (OSError, ValueError, SaegeoError):
            return None
        return record if is_whole and record.first_document == first_document else None

    def write(self, number: int, record: ShardRecord, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep a finished shard.

        Raises:
            SaegeoError: the folder is full or may not be written to.
        """
        self.keep(number, *sealed_shard(record, arrays))

    def keep(self, number: int, record: ShardRecord, content: bytes) -> None:
        """Keep a sealed shard. The record comes last: without it there is no shard.

        Raises:
            SaegeoError: the folder is full or may not be written to.
        """
        with disk_errors_explained(self.folder):
            self._record(number).unlink(missing_ok=True)
            with replacing(self._arrays(number)) as file:
                file.write(content)
            with replacing(self._record(number)) as file:
                file.write(record.model_dump_json(indent=1).encode())

    def take(self, number: int, other: "ShardFolder") -> None:
        """Take a shard over from another folder of the same file system.

        Raises:
            SaegeoError: it is not there, or the folder may not be written to.
        """
        with disk_errors_explained(self.folder):
            self._record(number).unlink(missing_ok=True)
            other._arrays(number).replace(self._arrays(number))
            other._record(number).replace(self._record(number))

    def read(self, number: int, group: str) -> Arrays:
        """The arrays of one dictionary of a shard, or those of its blocks: what stands before the slash."""
        with np.load(self._arrays(number), allow_pickle=False) as stored:
            names = [name for name in stored.files if name.startswith(f"{group}/")]
            return {name.removeprefix(f"{group}/"): stored[name] for name in names}

    def clear_leftovers(self) -> None:
        """Take away what a harvest that was killed left half-written.

        Raises:
            SaegeoError: the folder may not be written to.
        """
        with disk_errors_explained(self.folder):
            clear_leftovers(self.folder)
            shutil.rmtree(self._scratch, ignore_errors=True)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for arrays in the making, taken away at the end.

        Raises:
            SaegeoError: an OSError within, such as a full disk.
        """
        try:
            with disk_errors_explained(self.folder):
                self._scratch.mkdir()
                yield self._scratch
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def remove(self) -> None:
        """Take away the folder, if it is there, and the one around it if that held nothing else."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):
            self.folder.parent.rmdir()

    def write_configuration(self, configuration: Mapping[str, Any]) -> None:
        """Say what the shards of this folder are harvested with.

        Raises:
            SaegeoError: the folder is full or may not be written to.
        """
        with disk_errors_explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            with replacing(self.folder / "configuration.json") as file:
                file.write(json.dumps(configuration, indent=1).encode())

    def read_configuration(self) -> dict[str, Any] | None:
        """What the shards of this folder were harvested with, or None where there is no such folder.

        Raises:
            SaegeoError: it cannot be read.
        """
        path = self.folder / "configuration.json"
        if not path.exists():
            return None
        try:
            content = parsed(read_whole(path))
        except (OSError, ValueError, SaegeoError) as error:
            raise SaegeoError(f"{path} cannot be read: {error}", f"remove {self.folder} and harvest again") from error
        return content if isinstance(content, dict) else {"harvest": "unknown"}

    @property
    def _scratch(self) -> Path:
        return self.folder / "merging"

    def _record(self, number: int) -> Path:
        return self.folder / f"shard-{number:05}.json"

    def _arrays(self, number: int) -> Path:
        return self.folder / f"shard-{number:05}.npz"


@contextmanager
def disk_errors_explained(folder: Path) -> Iterator[None]:
    """Turn OSError into what the user can do about it; what is finished stays."""
    try:
        yield
    except OSError as error:
        raise SaegeoError(
            f"cannot write to {folder}: {error.strerror or error}",
            "make room, or mend it, and type the same command: what was finished is kept",
        ) from error
