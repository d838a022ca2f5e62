"""Kinds of source: registered through the hook, named before a colon."""

import subprocess
import sys

import pytest
import torch

from saegeo_core import SaegeoError
from saegeo_core.activations import sources
from saegeo_core.activations.source_kind import SourceRequest, open_source
from saegeo_core.activations.token_census import TokenCensus

HOOK = "blocks.0.hook_resid_post"


@pytest.fixture
def kinds():
    registered = []
    sources.saegeo_register_sources(registered.append)
    return registered


def test_the_built_in_kinds_enter_through_the_hook(kinds):
    assert [kind.name for kind in kinds] == ["transformer", "stored", "synthetic"]
    assert all(kind.summary for kind in kinds)


def test_a_source_is_named_by_its_kind_and_a_model_by_itself(kinds, tiny_model, tmp_path):
    assert open_source("synthetic:seed=2", SourceRequest((HOOK,)), kinds).describe()["seed"] == 2
    with pytest.raises(SaegeoError, match="holds no stored activations"):
        open_source(f"stored:{tmp_path}", SourceRequest((HOOK,)), kinds)
    assert open_source(str(tiny_model("gpt2")), SourceRequest((HOOK,)), kinds).describe()["kind"] == "transformer"
    assert open_source(f"transformer:{tiny_model('gpt2')}", SourceRequest((HOOK,)), kinds).d_in == {HOOK: 16}


def test_a_plugin_brings_a_kind_of_its_own(kinds):
    class Constant:
        name, summary = "constant", "always the same"

        def open(self, where, request):
            return where

    assert open_source("constant:7", SourceRequest((HOOK,)), [*kinds, Constant()]) == "7"
    with pytest.raises(SaegeoError, match="known kinds: constant"):
        open_source("gpt2", SourceRequest((HOOK,)), [Constant()])


@pytest.mark.parametrize("hooks", [(), (HOOK, HOOK)])
def test_each_hook_is_asked_for_once(kinds, hooks):
    with pytest.raises(SaegeoError, match="name each hook once"):
        open_source("synthetic:", SourceRequest(hooks), kinds)


def test_registering_imports_nothing_heavy():
    program = (
        "import sys, saegeo_core.activations.sources, saegeo_core.corpora.open_corpus;"
        "print([name for name in ('torch', 'transformers', 'datasets', 'zstandard', 'safetensors') if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


def test_the_census_counts_what_is_far_from_its_batch():
    census = TokenCensus()
    rows = torch.ones(9, 4)
    rows[3] *= 10.5
    rows[5] *= 9.5
    census.add({"a": rows, "b": torch.ones(9, 2, dtype=torch.float16)})
    census.add({"a": rows[:2]})
    assert census.counts() == {"a": {"tokens": 11, "high_norm": 1}, "b": {"tokens": 9, "high_norm": 0}}
    census.refuse_non_finite("")
    census.add({"b": torch.tensor([[float("nan"), 1.0]])})
    census.add({"b": torch.ones(1, 2)})
    with pytest.raises(SaegeoError, match="at b hold NaN"):
        census.refuse_non_finite("look again")
