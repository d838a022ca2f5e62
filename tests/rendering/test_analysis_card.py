"""Types of parameters are shown as a user reads them."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from saegeo_core import CorpusSpec, SaeSpec
from saegeo_core.rendering.terminal.analysis_card import _kind


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int, "int"),
        (float | None, "float or none"),
        (list[Annotated[int, Field(ge=2)]], "list of int"),
        (Literal["lift", "share"], "one of lift, share"),
        (list[Literal["phi", "dice"]], "list of one of phi, dice"),
        (tuple[int, ...], "tuple of int"),
        (list[SaeSpec], "list of SAE"),
        (
            CorpusSpec | None,
            "corpus (a JSON-lines, Parquet, CSV or text file, a folder of them, hf:NAME or python-env) or none",
        ),
        (Path | None, "file or folder or none"),
    ],
)
def test_a_type_is_told_in_words(annotation, words):
    assert _kind(annotation) == words
