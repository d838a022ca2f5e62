import json
import re
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import numpy as np
import pytest
import torch

from saegeo_core import harvest
from saegeo_core.activations.synthetic_source import Plant
from saegeo_core.cli.harvest_progress import progress_words
from saegeo_core.firing.contexts import FiringContexts
from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.sweeping import elsewhere

WORDS = ["the", "a", "cat", "dog", "sat", "ran", "on", "over", "mat", "moon"]
PLANT = "n_documents=12,least_tokens=40,most_tokens=90"

# sae-lens's own imports warn of deprecations
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture
def sae_folder(tmp_path):
    """Saves a small SAE as sae-lens does."""

    def saved(name, d_in=64, hook="here", model=None, weights=None, **metadata):
        from sae_lens import SAE

        config = {
            "architecture": "standard",
            "d_in": d_in,
            "d_sae": 64,
            "dtype": "float32",
            "device": "cpu",
            "apply_b_dec_to_input": False,
            "normalize_activations": "none",
            "reshape_activations": "none",
            "metadata": {"hook_name": hook, "model_name": model, "sae_lens_version": "6.54.12", **metadata},
        }
        torch.manual_seed(0)
        sae = SAE.from_dict(config)
        if weights is not None:
            sae.W_enc.data, sae.W_dec.data = weights.T.contiguous(), weights.contiguous()
            sae.b_enc.data.fill_(-0.5)
        sae.save_model(tmp_path / name)
        return tmp_path / name

    return saved


@pytest.fixture
def planted_sae(sae_folder):
    """The SAE that reads what the synthetic source plants."""
    return sae_folder("planted", weights=torch.from_numpy(Plant().directions("here")))


@pytest.fixture
def tiny_gpt2(tmp_path):
    """A folder with a random GPT-2 of width 16 that reads ten words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2Model, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(["[UNK]", *WORDS])}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    folder = tmp_path / "tiny-gpt2"
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]").save_pretrained(folder)
    torch.manual_seed(0)
    GPT2Model(GPT2Config(vocab_size=11, n_embd=16, n_layer=2, n_head=2, n_positions=32)).save_pretrained(folder)
    return folder


@pytest.fixture
def lines(tmp_path):
    """A corpus of labeled documents of ten to fifty words."""
    path = tmp_path / "text.jsonl"
    rows = [
        {
            "text": " ".join(WORDS[(i + j * j) % len(WORDS)] for j in range(10 * (i % 5 + 1))),
            "meta": {"pile_set_name": "AB"[i % 2]},
        }
        for i in range(10)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_planted_firing_is_found_to_the_last_token(saegeo, planted_sae):
    result = saegeo("harvest", planted_sae, "--model", f"synthetic:{PLANT}", "--block-tokens", 16)
    assert result.exit_code == 0
    told = " ".join(result.stdout.split())
    assert "SAE blocks tokens alive dead L0 tails dropped" in told
    assert "12 documents" in told
    assert f"saegeo run --all {planted_sae} --firing saegeo-harvest\n" in result.stderr

    plant, counted = Plant.parse(PLANT), 0
    for position in range(plant.n_documents):
        codes = plant.codes(position)
        counted += (codes[: len(codes) // 16 * 16] > 0).sum(0)
    firing = FiringStatistics.open("saegeo-harvest", release="local", sae_id="planted")
    np.testing.assert_array_equal(firing.token_counts, counted)
    assert firing.label_names == tuple(f"topic {topic}" for topic in range(4))


def test_an_l0_unlike_the_one_stated_is_told(saegeo, planted_sae):
    config = planted_sae / "cfg.json"
    told = json.loads(config.read_text())
    told["metadata"]["l0"] = 50.0
    config.write_text(json.dumps(told))
    arguments = ["harvest", planted_sae, "--model", f"synthetic:{PLANT}", "--block-tokens", 16]
    assert re.search(r"warning: .*planted: L0 is \S+ in the firing given .* states 50", saegeo(*arguments).stderr)
    result = saegeo("run", planted_sae, "--plugin", "redundancy", "--firing", "saegeo-harvest", "--json")
    sae = json.loads(result.stdout)["sae"]
    assert (sae["l0_stated"], sae["l0"] < 40, sae["l0_tokens"] > 0) == (50.0, True, True)


def test_what_fires_above_a_threshold_is_not_called_l0(saegeo, planted_sae):
    options = ["--block-tokens", 16, "--fires-above", "0.5"]
    assert "L0 > 0.5" in saegeo("harvest", planted_sae, "--model", f"synthetic:{PLANT}", *options).stdout


def test_what_is_harvested_is_not_harvested_again_and_nothing_else_is_taken_for_it(saegeo, planted_sae):
    arguments = ["harvest", planted_sae, "--model", f"synthetic:{PLANT}", "--block-tokens"]
    first = saegeo(*arguments, 16)
    assert saegeo(*arguments, 16).stdout == first.stdout
    refused = saegeo(*arguments, 8)
    assert refused.exit_code == 2
    assert "settings.block_tokens was 16, is 8" in refused.stderr


def test_from_python_it_is_the_same_harvest(saegeo, planted_sae, tmp_path):
    saegeo("harvest", planted_sae, "--model", f"synthetic:{PLANT}", "--block-tokens", 16, "--control", "random")
    wanted = {"model": f"synthetic:{PLANT}", "block_tokens": 16, "control": "random"}
    told = []
    [there] = harvest(planted_sae, **wanted, watch=lambda *progress: told.append(progress))
    assert (there.spec, there.folder.parts[0], told) == (str(planted_sae), "saegeo-harvest", [])
    [again] = harvest([str(planted_sae)], **wanted, out=tmp_path / "again", watch=lambda *now: told.append(now))
    assert told[-1][0] == Plant.parse(PLANT).n_documents
    assert again.firing.digest == there.firing.digest
    assert len(again.firing.controls()) == 22
    assert not harvest(planted_sae, **wanted | {"control": None}, out=tmp_path / "plain")[0].firing.controls()


@pytest.mark.parametrize("on", ["nowhere", "local:none"])
def test_a_place_that_is_none_is_said(saegeo, planted_sae, on):
    result = saegeo("harvest", planted_sae, "--model", f"synthetic:{PLANT}", "--on", on)
    assert result.exit_code == 2
    assert on in result.stderr


def test_controls(saegeo, planted_sae):
    options = ["--block-tokens", 16, "--control", "random", "--control-draws", 2, "--gaussian-draws", 1, "--keep-tails"]
    result = saegeo("harvest", planted_sae, "--model", f"synthetic:{PLANT}", *options)
    assert "tails kept" in result.stdout
    assert "3 controls for each SAE" in result.stdout
    firing = FiringStatistics.open("saegeo-harvest")
    assert [control.kind for control in firing.controls()] == ["reflected", "reflected", "gaussian"]
    for control in firing.controls():
        # Everything was calibrated on, so rates agree to the last token, feature by feature.
        np.testing.assert_array_equal(control.firing.token_counts, firing.token_counts)


def test_a_model_and_a_corpus(saegeo, sae_folder, tiny_gpt2, lines):
    layers = [
        sae_folder(f"layer_{layer}", d_in=16, hook=f"blocks.{layer}.hook_resid_post", model="tiny-gpt2")
        for layer in (0, 1)
    ]
    result = saegeo("harvest", *layers, "--model", tiny_gpt2, "--corpus", lines, "--block-tokens", 8, "--out", "here")
    assert result.exit_code == 0
    n_blocks = sum(10 * (i % 5 + 1) // 8 for i in range(10))
    for layer in (0, 1):
        firing = FiringStatistics.open("here", release="local", sae_id=f"layer_{layer}")
        assert (firing.n_blocks, firing.label_names) == (n_blocks, ("A", "B"))
        assert firing.corpus["hook"] == f"blocks.{layer}.hook_resid_post"


def test_what_features_fire_on_is_kept_where_it_is_asked_for(saegeo, sae_folder, tiny_gpt2, lines, planted_sae):
    sae = sae_folder("sae", d_in=16, hook="blocks.0.hook_resid_post", model="tiny-gpt2")
    wanted = ["harvest", sae, "--model", tiny_gpt2, "--corpus", lines, "--block-tokens", 8]
    assert saegeo(*wanted, "--contexts", 2).exit_code == 0
    texts = [json.loads(line)["text"].split() for line in lines.read_text().splitlines()]
    kept = FiringContexts.open(Path("saegeo-harvest/local/sae"))
    assert len(kept.contexts) > 2
    for feature in range(64):
        for context in kept.contexts_of(feature):
            words = "".join(context.tokens).split()
            first = context.position - context.fired
            assert words == texts[context.document][first : first + len(words)]
    refused = saegeo("harvest", planted_sae, "--model", f"synthetic:{PLANT}", "--contexts", 2, "--out", "planted")
    assert refused.exit_code == 2
    assert "leave out --contexts" in refused.stderr


def _passed(value):
    return ForkingPickler.loads(ForkingPickler.dumps(value))


class PassedOn:
    """Has each portion done in this process, as it would reach another one; `before` is called before."""

    def __init__(self, before):
        self.before, self.sent, self.is_closed = before, [], False

    def perform(self, work, common=None):
        for one in work:
            self.before()
            self.sent.append(common.sent is not None)
            yield one, _passed(one).done(_passed(common))

    def close(self):
        self.is_closed = True


@pytest.mark.parametrize("is_moved", [False, True])
def test_done_elsewhere_it_is_the_same_harvest(saegeo, sae_folder, tiny_gpt2, lines, monkeypatch, is_moved):
    """Where model and SAE do not lie by their names, they are sent."""
    sae = sae_folder("sae", d_in=16, hook="blocks.0.hook_resid_post", model="tiny-gpt2")
    draws = ["--control", "random", "--control-draws", 1, "--gaussian-draws", 1]
    wanted = ["harvest", sae, "--model", tiny_gpt2, "--corpus", lines, "--block-tokens", 8, *draws, "--contexts", 2]
    assert saegeo(*wanted, "--out", "here").exit_code == 0

    def move():
        for path in (sae, tiny_gpt2) if is_moved and sae.exists() else ():
            path.rename(path.with_name(f"moved-{path.name}"))

    executor = PassedOn(move)
    monkeypatch.setattr(elsewhere, "open_executor", lambda *_: executor)
    result = saegeo(*wanted, "--out", "there", "--on", "there")
    assert (result.exit_code, executor.is_closed) == (0, True)
    assert executor.sent == ([False, True] if is_moved else [False])
    here, there = (
        {path.relative_to(folder): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
        for folder in ("here", "there")
    )
    assert there == here


@pytest.fixture
def gpt2_with_end(tiny_gpt2):
    """The same model, whose tokenizer has an end-of-text token and puts none before a text, as GPT-2's does."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_gpt2)
    tokenizer.eos_token = "moon"
    tokenizer.save_pretrained(tiny_gpt2)
    return tiny_gpt2


@pytest.mark.parametrize(
    ("trained", "option", "begins"),
    [
        (True, (), True),
        (True, ("--prepend-bos", "auto"), True),
        (False, (), False),
        (None, (), False),
        (None, ("--prepend-bos", "yes"), True),
        (True, ("--prepend-bos", "no"), False),
    ],
    ids=str,
)
def test_windows_begin_with_bos_as_the_sae_was_trained_or_as_is_said(
    saegeo, sae_folder, gpt2_with_end, lines, trained, option, begins
):
    told = {} if trained is None else {"prepend_bos": trained}
    sae = sae_folder("sae", d_in=16, hook="blocks.0.hook_resid_post", model="tiny-gpt2", **told)
    model = ["--model", gpt2_with_end, "--corpus", lines, "--block-tokens", 8]
    assert saegeo("harvest", sae, *model, *option).exit_code == 0
    firing = FiringStatistics.open("saegeo-harvest")
    manifest = next(Path("saegeo-harvest").rglob("manifest.json")).read_text()
    moon = WORDS.index("moon") + 1
    assert (f'"before_window":[{moon}]' in re.sub(r"\s", "", manifest)) == begins
    assert firing.n_tokens == 8 * firing.n_blocks  # the token put before is not counted


def test_saes_that_want_different_beginnings_are_told_apart(saegeo, sae_folder, gpt2_with_end, lines):
    saes = [
        sae_folder(f"sae_{bos}", d_in=16, hook="blocks.0.hook_resid_post", model="tiny-gpt2", prepend_bos=bos)
        for bos in (True, False)
    ]
    model = ["--model", gpt2_with_end, "--corpus", lines, "--block-tokens", 8]
    refused = saegeo("harvest", *saes, *model)
    assert refused.exit_code == 2
    assert "was trained on windows that begin with BOS" in refused.stderr
    assert "--prepend-bos yes or no" in refused.stderr
    assert saegeo("harvest", *saes, *model, "--prepend-bos", "no").exit_code == 0


@pytest.mark.parametrize(("field", "name"), [("content", "content"), ("doc.body", "nested")])
def test_the_text_lies_where_text_field_says(saegeo, sae_folder, tiny_gpt2, tmp_path, field, name):
    text = " ".join(WORDS * 2)
    rows = [{"content": text} if name == "content" else {"doc": {"body": text}} for _ in range(3)]
    (tmp_path / "text.jsonl").write_text("\n".join(map(json.dumps, rows)))
    sae = sae_folder("sae", d_in=16, hook="blocks.0.hook_resid_post", model="tiny-gpt2")
    harvest = ["harvest", sae, "--model", tiny_gpt2, "--corpus", "text.jsonl", "--block-tokens", 8]
    refused = saegeo(*harvest)
    assert refused.exit_code == 2
    assert "--text-field" in refused.stderr
    assert saegeo(*harvest, "--text-field", field).exit_code == 0
    assert FiringStatistics.open("saegeo-harvest").n_blocks == 6


def test_two_saes_of_one_leaf_name_are_two(saegeo, sae_folder, tiny_gpt2, lines):
    saes = [
        sae_folder(f"seed{seed}/layers.1", d_in=16, hook="blocks.1.hook_resid_post", model="tiny-gpt2")
        for seed in (0, 1)
    ]
    torch.manual_seed(1)
    from safetensors.torch import load_file, save_file

    weights = load_file(saes[1] / "sae_weights.safetensors")
    save_file({name: torch.randn_like(one) for name, one in weights.items()}, saes[1] / "sae_weights.safetensors")
    result = saegeo("harvest", *saes, "--model", tiny_gpt2, "--corpus", lines, "--block-tokens", 8)
    assert result.exit_code == 0
    assert len(list(Path("saegeo-harvest").rglob("manifest.json"))) == 2
    compared = saegeo(
        "compare", *saes, "--plugin", "frequency-geometry", "--firing", "saegeo-harvest", "--format", "json"
    )
    assert compared.exit_code == 0
    rows = json.loads(compared.stdout)["rows"]
    assert len({row["name"] for row in rows}) == len(rows) == 2
    assert rows[0]["cells"] != rows[1]["cells"]


def test_mistakes_are_found_before_anything_is_harvested(saegeo, sae_folder, planted_sae, tiny_gpt2, lines, tmp_path):
    fitting = sae_folder("fitting", d_in=16, hook="blocks.0.hook_resid_post", model="tiny-gpt2")
    unplaced = sae_folder("unplaced", d_in=16, hook=None)
    other_hook = sae_folder("other_hook", d_in=16, hook="blocks.7.hook_resid_post")
    too_wide = sae_folder("too_wide", d_in=24, hook="blocks.0.hook_resid_post")
    other_model = sae_folder("other_model", d_in=16, hook="blocks.0.hook_resid_post", model="gemma-2-2b")
    (tmp_path / "empty.jsonl").write_text("\n")
    gpt2 = ["--model", tiny_gpt2, "--corpus", lines]
    for arguments, message in [
        ([too_wide, *gpt2], "reads activations of width 24; those at blocks.0.hook_resid_post have width 16"),
        ([other_hook, *gpt2], "a gpt2 of 2 blocks, has no hook 'blocks.7.hook_resid_post'"),
        ([unplaced, *gpt2], "does not say where in the model it reads"),
        ([other_model, *gpt2], "was trained on gemma-2-2b"),
        ([fitting, "--model", tiny_gpt2], "no corpus was named"),
        ([fitting, "--model", tiny_gpt2, "--corpus", tmp_path / "empty.jsonl"], "there is no document in"),
        ([fitting, *gpt2], "none of the 10 documents fills a block of 256 tokens"),
        ([fitting, *gpt2, "--documents", 3, "--tokens", 3], "both a number of documents and of tokens"),
        ([fitting, *gpt2, "--device", "cuda:99"], "this machine has"),
        ([planted_sae, "--model", f"synthetic:{PLANT}", "--corpus", lines], "brings its own documents"),
        ([tmp_path / "nowhere" / "sae", *gpt2], "there is no file or folder"),
    ]:
        result = saegeo("harvest", *arguments)
        assert result.exit_code == 2, arguments
        assert message in result.stderr, arguments
    assert not list(tmp_path.rglob("manifest.json"))


def test_what_the_user_may_insist_on(saegeo, sae_folder, tiny_gpt2, lines):
    other_model = sae_folder("other_model", d_in=16, hook="blocks.0.hook_resid_post", model="gemma-2-2b")
    unplaced = sae_folder("unplaced", d_in=16, hook=None)
    gpt2 = ["--model", tiny_gpt2, "--corpus", lines, "--block-tokens", 8]
    assert saegeo("harvest", other_model, *gpt2, "--force-model").exit_code == 0
    assert saegeo("harvest", unplaced, *gpt2, "--hook", "h.1").exit_code == 0
    assert FiringStatistics.open("saegeo-harvest", release="local", sae_id="unplaced").corpus["hook"] == "h.1"


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({}, "30 documents, 6,000 tokens, 500 tokens/s"),
        ({"tokens": 12_000}, "30 documents, 6,000 tokens (50%), 500 tokens/s, 12 s left"),
        ({"documents": 40}, "30 documents, 6,000 tokens (75%), 500 tokens/s, 4.00 s left"),
    ],
    ids=str,
)
def test_progress_counts_speed_from_what_this_run_did(limit, words):
    settings = HarvestSettings(**limit)
    assert progress_words(settings, documents=30, tokens=6000, tokens_now=1000, elapsed=2.0) == words
    assert "tokens/s" not in progress_words(settings, documents=30, tokens=6000, tokens_now=0, elapsed=2.0)
