"""A portion of the corpus as work for any process: text in, a shard out.

What a worker makes lies beside the harvest's shards, in a folder of this one call, or goes back as bytes from where that folder
is not seen. Only whoever holds the locks of the harvest puts it among them. So a worker that outlives its harvest changes nothing.
"""

import socket
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from saegeo_core.errors import SaegeoError
from saegeo_core.full_disk import NoRoom
from saegeo_core.harvesting.calibration import kept_controls
from saegeo_core.harvesting.configuration import configuration_of, differences
from saegeo_core.harvesting.dictionaries import dictionaries_of
from saegeo_core.harvesting.encoding import Layout
from saegeo_core.harvesting.opening import Opening, Sent
from saegeo_core.harvesting.portions import Portion
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.harvesting.shard_making import ShardMaker
from saegeo_core.harvesting.shards import ShardFolder, ShardRecord, sealed_shard


@dataclass(frozen=True)
class Order:
    """What all shards of a harvest are made of, and by what rules.

    Attributes:
        opening: how SAEs and activations are opened.
        configurations: for each SAE everything that decides its numbers.
        corpus: what the corpus says of itself.
        settings: the rules.
        device: where it is computed.
        folder: the folder of the harvest's shards.
        made: where those are put that workers make.
        sent: what workers are sent besides; None as long as they seem to have all.
    """

    opening: Opening
    configurations: Sequence[Mapping[str, Any]]
    corpus: Mapping[str, Any]
    settings: HarvestSettings
    device: str
    folder: Path
    made: Path
    sent: Sent | None = None


@dataclass(frozen=True)
class Made:
    """A shard: its record, and the file of its arrays; None where both lie in the folder."""

    record: ShardRecord
    content: bytes | None


@dataclass(frozen=True)
class Lost:
    """The worker died."""

    why: str


@dataclass(frozen=True)
class Lacking:
    """The worker, on a machine that is named, has not what it needs, or has something else."""

    machine: str
    what: str


@dataclass(frozen=True)
class Failed:
    """The portion cannot be harvested: by a mistake of the user's, who is told what to type, or of somebody else's."""

    message: str
    hint: str
    is_mistake: bool


@dataclass(frozen=True)
class ShardWork:
    """One portion, to be made into the shard of its number."""

    number: int
    portion: Portion
    most_tokens: int | None
    folder: None = None

    def done(self, common: Order) -> Made | Lacking | Failed | NoRoom:
        """Make the shard, in a worker; see `Work`."""
        try:
            bench = _bench(common)
        except SaegeoError as error:
            return NoRoom.behind(error) or Lacking(socket.gethostname(), error.message)
        except Exception as error:  # loading what is damaged fails in many ways
            return NoRoom.behind(error) or Failed(*_in_words(error))
        try:
            record, content = sealed_shard(*bench.maker.make(self.portion, self.most_tokens))
            if not bench.sees_folder:
                return Made(record, content)
            ShardFolder(common.made).keep(self.number, record, content)
            return Made(record, None)
        except Exception as error:  # whatever it is, it is told where the user is
            return NoRoom.behind(error) or Failed(*_in_words(error))

    def found(self) -> dict[str, Any]:
        """See `Work`: what a worker has not, it says itself, and is sent it."""
        return {}

    def lost(self, why: str) -> Lost:
        """See `Work`."""
        return Lost(why)


@dataclass(frozen=True)
class _Bench:
    """What a worker makes shards with."""

    maker: ShardMaker
    sees_folder: bool


_benches: dict[Path, _Bench] = {}


def _bench(order: Order) -> _Bench:
    """That of this harvest, set up once."""
    if order.made not in _benches:
        _benches.clear()  # two models at once may be more than the device holds
        _benches[order.made] = _set_up(order)
    return _benches[order.made]


def _set_up(order: Order) -> _Bench:
    """Open what is read, and see that it is what the harvest was begun with.

    Raises:
        SaegeoError: it is not there, or something else.
    """
    device, settings, sent = torch.device(order.device), order.settings, order.sent
    if sent is None:
        saes = order.opening.saes()
        source = order.opening.source(saes)
        # only the folder of this very call has a name that no other machine's has: what lies beside it is this harvest's
        kept = kept_controls(saes, settings, order.folder if order.made.is_dir() else order.made)
    else:
        saes = [one.placed(order.device) for one in sent.saes]
        with sent.model_folder() as folder:
            source = order.opening.source(saes, folder)
        kept = list(sent.controls)
    layout = Layout.on(device.type, settings.block_tokens)
    known = {"source": source.describe(), "corpus": order.corpus}
    here = [configuration_of(sae, settings=settings, device=device.type, layout=layout, **known) for sae in saes]
    for theirs, ours in zip(order.configurations, here, strict=True):
        if differing := differences(theirs, ours):
            raise SaegeoError(f"it has other things than this process: {differing}")
    controls = [one for one in kept if one is not None]
    if len(controls) < len(saes):
        raise SaegeoError(f"it does not see the controls in {order.folder}")
    dictionaries = dictionaries_of(saes, controls, settings.fires_above, device)
    return _Bench(ShardMaker(dictionaries, source, settings, layout), _can_write(order.made))


def _can_write(folder: Path) -> bool:
    """Whether this is a machine that sees the folder, whose name no other has, and may write to it."""
    try:
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"saegeo")
    except OSError:
        return False
    return True


def _in_words(error: Exception) -> tuple[str, str, bool]:
    if isinstance(error, SaegeoError):
        return error.message, error.hint, True
    return f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error)), False
