"""How a corpus is named where it is a parameter of an analysis. Parsing only; whether it is there shows when it is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import CoreSchema, core_schema

from saegeo_core.corpora.corpus import Corpus
from saegeo_core.corpora.corpus_kind import CorpusKind
from saegeo_core.corpora.open_corpus import KNOWN, open_corpus
from saegeo_core.errors import SaegeoError
from saegeo_core.undeclared import refuse_while_working


@dataclass(frozen=True, slots=True)
class CorpusSpec:
    """The name of a corpus, in the words of `saegeo harvest --corpus`."""

    where: str

    @classmethod
    def parse(cls, text: str) -> "CorpusSpec":
        """Read a file, a folder, `hf:NAME[:CONFIG][@SPLIT]`, `python-env`, or `KIND:WHERE` of a plugin.

        Raises:
            SaegeoError: no name, or one that no file can have.
        """
        if not text.strip() or "\0" in text:
            raise SaegeoError(f"{text!r} names no corpus", f"name {KNOWN}")
        return cls(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> CoreSchema:
        """As a parameter of an analysis it is read from text and written as text."""
        from_text = core_schema.no_info_after_validator_function(cls.parse, core_schema.str_schema())
        return core_schema.union_schema(
            [core_schema.is_instance_schema(cls), from_text], serialization=core_schema.to_string_ser_schema()
        )

    def open(self, kinds: Sequence[CorpusKind] = ()) -> Corpus:
        """The corpus; `kinds` are those of plugins.

        Raises:
            SaegeoError: as `open_corpus` does.
        """
        refuse_while_working("opens a corpus", "a parameter of type CorpusSpec brings context.corpora")
        return open_corpus(self.where, kinds=kinds)

    def __str__(self) -> str:
        return self.where
