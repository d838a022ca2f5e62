"""How an SAE is named: `release:sae_id`, or a path. Parsing only; whether it exists is the loader's business.

SAE ids contain slashes and a release may itself be `owner/repo`, hence the colon.
"""

import fnmatch
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import CoreSchema, core_schema

from saegeo_core.errors import SaegeoError
from saegeo_core.typed_path import typed_path


@dataclass(frozen=True, slots=True)
class SaeSpec:
    """Either (`release`, `sae_id`) or (`path`); the other is None."""

    release: str | None = None
    sae_id: str | None = None
    path: Path | None = None

    @classmethod
    def parse(cls, text: str) -> "SaeSpec":
        """Read `release:sae_id` or a path.

        What exists on disk, or starts with `.`, `/` or `~`, is a path; what else holds a colon is a release and an id.
        """
        if not text.strip():
            raise SaegeoError(
                "the name of the SAE is empty", "type release:sae_id, for example minilm-l6:layer_3, or a path"
            )
        if "\0" in text:
            raise SaegeoError(f"the name {text!r} holds a NUL character")
        if text.startswith((".", "/", "~")) or ":" not in text or Path(text).exists():
            return cls(path=typed_path(text))
        release, sae_id = text.split(":", 1)
        _refuse_escape(text, release)
        _refuse_escape(text, sae_id)
        return cls(release=release, sae_id=sae_id)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> CoreSchema:
        """As a parameter of an analysis it is read from text and written as text."""
        from_text = core_schema.no_info_after_validator_function(cls.parse, core_schema.str_schema())
        return core_schema.union_schema(
            [core_schema.is_instance_schema(cls), from_text], serialization=core_schema.to_string_ser_schema()
        )

    @property
    def is_glob(self) -> bool:
        """Whether the id holds a wildcard (`*`, `?` or `[`). Paths never do."""
        return self.sae_id is not None and any(character in self.sae_id for character in "*?[")

    def matches(self, sae_id: str) -> bool:
        """Whether the id, read as a shell-style pattern, covers `sae_id` (case-sensitive)."""
        return self.sae_id is not None and (sae_id == self.sae_id or fnmatch.fnmatchcase(sae_id, self.sae_id))

    @property
    def storage_release(self) -> str:
        """The release under which reports of this SAE lie: `local` for a path."""
        return self.release if self.release is not None else "local"

    @property
    def storage_id(self) -> str:
        """The id under which reports and harvests of this SAE lie.

        For a path all of it, from the working directory where it lies below that, from the root otherwise: the last names of a
        path (`layers.1`, `trainer_0`, `average_l0_71/params.npz`) are those of many SAEs.
        """
        if self.sae_id is not None:
            return self.sae_id
        path, here = Path(self.path or "").resolve(), Path.cwd().resolve()
        below = path.relative_to(here) if path.is_relative_to(here) and path != here else path.relative_to(path.anchor)
        return below.as_posix()

    def __str__(self) -> str:
        return f"{self.release}:{self.sae_id}" if self.path is None else str(self.path)


def _refuse_escape(text: str, part: str) -> None:
    """Names become folders of the output directory, so none may climb out of it."""
    steps = part.split("/")
    if "\\" in part or any(step in ("", ".", "..") for step in steps):
        raise SaegeoError(
            f"{text!r} is not an SAE name: a release and an id are plain names joined by single slashes, without '.' or '..' steps",
            "type release:sae_id, for example minilm-l6:layer_3",
        )
