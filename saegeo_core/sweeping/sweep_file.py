"""A sweep as a file, so that it can be committed: the SAEs alone, one a line, or YAML with all that is asked of them."""

import re
from pathlib import Path
from typing import Any

from pydantic import Field, NonNegativeInt, ValidationError

from saegeo_core.errors import SaegeoError
from saegeo_core.frozen import Frozen
from saegeo_core.loading.yaml_files import read_yaml_object
from saegeo_core.plugin.analysis import as_typed
from saegeo_core.report.report import Preset

YAML = (".yaml", ".yml")
COMMENT = re.compile(r"(^|\s)#.*")


class SweepFile(Frozen):
    """What a file asks for."""

    saes: tuple[str, ...] = Field(min_length=1, description="SAEs, as they are typed; wildcards allowed.")
    plugins: tuple[str, ...] = Field(default=(), description="Analyses; empty for every one that can run.")
    parameters: dict[str, dict[str, Any]] = Field(
        default={}, description="Of each analysis, the parameters it is given."
    )
    preset: Preset | None = Field(default=None, description="calibrated or paper.")
    seeds: tuple[NonNegativeInt, ...] = Field(default=(), description="Every analysis is run once with each.")

    @property
    def settings(self) -> list[str]:
        """The parameters as they are typed after `--set`."""
        return [
            f"{name}.{key}={as_typed(value)}" for name, given in self.parameters.items() for key, value in given.items()
        ]


def read_sweep(path: Path) -> SweepFile:
    """Read a sweep. In a file of lines, what follows a # that begins a word is a comment.

    Raises:
        SaegeoError: no such file, not text, no SAE, or a key or value that is not understood.
    """
    content = read_yaml_object(path) if path.suffix.lower() in YAML else {"saes": _lines(path)}
    try:
        return SweepFile(**content)
    except (ValidationError, TypeError) as error:
        known = "; ".join(f"{name}: {field.description}" for name, field in SweepFile.model_fields.items())
        raise SaegeoError(f"{path} is no sweep: {_in_words(error)}", f"it may hold {known}") from None


def shard(text: str) -> tuple[int, int]:
    """`I/N` as numbers: the I-th of N parts, from 1.

    Raises:
        SaegeoError: it is not that.
    """
    part, slash, parts = text.partition("/")
    if (
        slash
        and part.isascii()
        and parts.isascii()
        and part.isdigit()
        and parts.isdigit()
        and 1 <= int(part) <= int(parts)
    ):
        return int(part), int(parts)
    raise SaegeoError(f"--shard {text} is no part of a whole", "type I/N with I from 1 to N, for example --shard 1/8")


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SaegeoError(f"cannot read {path}: {reason}", "give a file with one SAE a line, or YAML") from None
    lines = (COMMENT.sub("", line).strip() for line in text.splitlines())
    return [line for line in lines if line]


def _in_words(error: ValidationError | TypeError) -> str:
    if isinstance(error, TypeError):
        return "its keys are not all text"
    wrong = error.errors()[0]
    where = ".".join(map(str, wrong["loc"]))
    return f"{where}: {wrong['msg']}"
