"""What features fire on: against a brute-force account of every token, however it was cut, interrupted or shared out."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_core.firing.contexts import AROUND, CONTEXTS, N_TOP_TOKENS, TOP_TOKENS, FiringContexts
from saegeo_core.harvesting import text_tally
from saegeo_core.harvesting.elsewhere import Workers
from saegeo_core.harvesting.engine import harvest
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.harvesting.strongest import (
    Places,
    TokenSums,
    joined,
    rows_of,
    strongest_places,
    strongest_tokens,
    summed,
)

SETTINGS = HarvestSettings(block_tokens=4, contexts=3)
pytestmark = pytest.mark.usefixtures("small_portions")


class Stop(Exception):
    """Ends a harvest."""


def by_brute_force(placed, source, corpus, settings):
    """For each feature its contexts and its tokens, from every token of the text one by one."""
    places, sums = defaultdict(list), defaultdict(dict)
    for document in corpus.documents():
        words = document.text.split()
        n_counted = len(words) if settings.keep_tails else len(words) - len(words) % settings.block_tokens
        if not words:
            continue
        rows = torch.stack([source.activation(placed.hook, word) for word in words])
        values = placed.sae.module.encode(rows).detach().numpy()
        for position, feature in zip(*np.nonzero(values[:n_counted] > settings.fires_above), strict=True):
            value = values[position, feature]
            around = words[max(0, position - AROUND) : position + AROUND + 1]
            places[feature].append((-value, document.position, position, around))
            count, total = sums[feature].get(words[position], (0, 0.0))
            sums[feature][words[position]] = count + 1, total + float(value)
    contexts = {}
    for feature, found in places.items():
        best = {}
        for place in sorted(found, key=lambda place: place[:3]):
            best.setdefault(place[1], place)
        contexts[feature] = sorted(best.values(), key=lambda place: place[:3])[: settings.contexts]
    return contexts, sums


@pytest.mark.parametrize("architecture", ["standard", "jumprelu", "topk"])
@pytest.mark.parametrize("rules", [{}, {"keep_tails": True, "fires_above": 0.4}], ids=["plain", "tails"])
def test_contexts_and_top_tokens_are_those_of_a_brute_force_account(
    tmp_path, make_sae, word_source, corpus, architecture, rules
):
    placed, settings = make_sae(architecture), replace(SETTINGS, **rules)
    [harvested] = harvest([placed], word_source(batch_tokens=9), corpus, tmp_path, settings)
    contexts, sums = by_brute_force(placed, word_source(), corpus, settings)
    assert contexts
    for feature in range(placed.sae.n_features):
        found = harvested.contexts.contexts_of(feature)
        expected = contexts.get(feature, [])
        assert [(one.document, one.position) for one in found] == [place[1:3] for place in expected]
        np.testing.assert_allclose([one.value for one in found], [-place[0] for place in expected], rtol=1e-5)
        for one, (*_, around) in zip(found, expected, strict=True):
            assert "".join(one.tokens).split() == around
            assert one.fired == min(one.position, AROUND)
        tokens = harvested.contexts.top_tokens_of(feature)
        known = sums.get(feature, {})
        assert len(tokens) == min(N_TOP_TOKENS, len(known))
        assert [one.count for one in tokens] == [known[one.text.strip()][0] for one in tokens]
        largest = sorted((total for _, total in known.values()), reverse=True)[:N_TOP_TOKENS]
        np.testing.assert_allclose([one.activation_sum for one in tokens], largest, rtol=1e-5)


def test_words_planted_for_a_feature_are_what_it_fires_on(tmp_path, make_sae, word_source, corpus_of):
    placed = make_sae()
    words = [f"w{number}" for number in range(60)]
    values = placed.sae.module.encode(torch.stack([word_source().activation("here", word) for word in words])).detach()
    feature = int(values.max(0).values.argmax())
    planted, filler = words[int(values[:, feature].argmax())], words[int(values[:, feature].argmin())]
    texts = [" ".join([filler] * 12)] * 5
    texts[1] = " ".join([*[filler] * 9, planted, filler, planted])
    texts[3] = " ".join([planted, *[filler] * 11])
    [harvested] = harvest([placed], word_source(), corpus_of(texts), tmp_path, SETTINGS)
    first, second = harvested.contexts.contexts_of(feature)
    # Equal values: the earlier document, and of one document the earlier token alone.
    assert [(one.document, one.position) for one in (first, second)] == [(1, 9), (3, 0)]
    assert first.tokens[first.fired] == second.tokens[second.fired] == f" {planted}"
    assert (len(first.tokens), len(second.tokens)) == (AROUND + 3, AROUND + 1)
    [token] = harvested.contexts.top_tokens_of(feature)
    assert (token.text, token.count) == (f" {planted}", 3)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def test_firing_statistics_are_the_same_with_contexts_and_without(tmp_path, make_sae, word_source, corpus):
    with_controls = replace(SETTINGS, control_draws=1, gaussian_draws=1)
    with_contexts, without = (
        harvest([make_sae()], word_source(), corpus, tmp_path / name, settings)[0]
        for name, settings in (("with", with_controls), ("without", replace(with_controls, contexts=None)))
    )
    assert with_contexts.firing.identity == without.firing.identity
    assert without.contexts is None
    more = contents(with_contexts.folder)
    assert {name for name in more if name not in contents(without.folder)} == {CONTEXTS, TOP_TOKENS}
    same = {name: content for name, content in more.items() if name not in (CONTEXTS, TOP_TOKENS, "harvest.json")}
    assert same == {name: content for name, content in contents(without.folder).items() if name != "harvest.json"}


@pytest.mark.parametrize("numbers", [{0}, {5}, {3, 4, 9, 20}], ids=str)
def test_an_interrupted_harvest_ends_in_the_same_bytes(tmp_path, make_sae, word_source, corpus, numbers):
    calls = iter(range(10_000))

    def after_batch(_):
        if next(calls) in numbers:
            raise Stop

    harvest([make_sae()], word_source(), corpus, tmp_path / "whole", SETTINGS)
    source = word_source(batch_tokens=9, after_batch=after_batch)
    for _ in numbers:
        with pytest.raises(Stop):
            harvest([make_sae()], source, corpus, tmp_path / "out", SETTINGS)
    harvest([make_sae()], source, corpus, tmp_path / "out", SETTINGS)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_the_shards_of_workers_give_the_same_bytes(tmp_path, make_sae, word_source, corpus):
    saes = [make_sae(), make_sae("topk", 1)]

    class Opened:
        def saes(self):
            return saes

        def source(self, saes, model=None):
            return word_source(batch_tokens=7)

    class Backwards:
        def perform(self, work, common=None):
            for one in list(work)[::-1]:
                yield one, one.done(common)

    for name, workers in (("alone", None), ("together", Workers(Backwards(), Opened()))):
        harvest(saes, word_source(batch_tokens=9), corpus, tmp_path / name, SETTINGS, workers=workers)
    assert contents(tmp_path / "alone") == contents(tmp_path / "together")


@pytest.mark.parametrize("limit", [{"tokens": 101}, {"documents": 7}], ids=str)
def test_contexts_end_where_the_harvest_does(tmp_path, make_sae, word_source, corpus, limit):
    settings = replace(SETTINGS, keep_tails=True, **limit)
    for batch_tokens in (1000, 6):
        source = word_source(batch_tokens=batch_tokens)
        harvest([make_sae()], source, corpus, tmp_path / str(batch_tokens), settings)
    assert contents(tmp_path / "1000") == contents(tmp_path / "6")


def test_where_text_may_not_be_passed_on_there_are_top_tokens_alone(tmp_path, make_sae, word_source, corpus):
    [both] = harvest([make_sae()], word_source(), corpus, tmp_path / "both", SETTINGS)
    [alone] = harvest([make_sae()], word_source(), corpus, tmp_path / "alone", replace(SETTINGS, contexts=0))
    assert not (alone.folder / CONTEXTS).exists()
    assert alone.contexts.top_tokens == both.contexts.top_tokens
    assert not any(alone.contexts.contexts_of(feature) for feature in range(40))
    with pytest.raises(SaegeoError, match="settings.contexts was 3, is 0"):
        harvest([make_sae()], word_source(), corpus, tmp_path / "both", replace(SETTINGS, contexts=0))


def test_rows_that_wait_are_summed_up_in_time(tmp_path, make_sae, word_source, corpus, monkeypatch):
    [usual] = harvest([make_sae()], word_source(), corpus, tmp_path / "usual", SETTINGS)
    monkeypatch.setattr(text_tally, "ROWS_WAITING", 50)
    [small] = harvest([make_sae()], word_source(), corpus, tmp_path / "small", SETTINGS)
    assert small.contexts.contexts == usual.contexts.contexts


def test_a_harvest_whose_contexts_are_gone_is_done_again(tmp_path, make_sae, word_source, corpus):
    [harvested] = harvest([make_sae()], word_source(), corpus, tmp_path, SETTINGS)
    before = contents(tmp_path)
    for name in (CONTEXTS, TOP_TOKENS):
        (harvested.folder / name).unlink()
        harvest([make_sae()], word_source(), corpus, tmp_path, SETTINGS)
        assert contents(tmp_path) == before


def test_a_source_without_text_cannot_tell_what_features_fire_on(tmp_path, make_sae, word_source, corpus):
    class Nameless(word_source):
        token_texts = None

    class Source:
        def __init__(self):
            self.d_in, self.corpus, self.describe = {"here": 8}, None, dict

    with pytest.raises(SaegeoError, match="leave out --contexts"):
        harvest([make_sae()], Source(), corpus, tmp_path, SETTINGS)
    with pytest.raises(SaegeoError, match="-1 contexts"):
        HarvestSettings(contexts=-1)


PLACES = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([0.5, 1.0, 2.0]), st.integers(0, 4), st.integers(0, 9)),
    unique_by=lambda place: (place[0], place[2], place[3]),
    max_size=40,
)


def as_places(rows):
    columns = list(zip(*rows, strict=True)) or [()] * 4
    kinds = np.int32, np.float32, np.int64, np.int32
    return Places(*(np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)))


@given(rows=PLACES, cut=st.integers(0, 40), most=st.integers(1, 3))
def test_the_strongest_places_of_parts_are_those_of_the_whole(rows, cut, most):
    def strongest(places):
        return rows_of(places, strongest_places(places, most))

    whole = strongest(as_places(rows))
    of_parts = strongest(joined([strongest(as_places(rows[cut:])), strongest(as_places(rows[:cut]))]))
    for one, other in zip(whole, of_parts, strict=True):
        np.testing.assert_array_equal(one, other)


def test_of_tokens_with_equal_sums_the_lower_number_comes_first():
    sums = TokenSums(np.array([1, 0, 1, 1]), np.array([9, 4, 3, 9]), np.array([1, 1, 1, 1]), np.array([1.0, 5, 2, 1]))
    feature, token, times, total = strongest_tokens(summed(sums), 1)
    assert (feature.tolist(), token.tolist(), times.tolist(), total.tolist()) == ([0, 1], [4, 3], [1, 1], [5.0, 2.0])


def stored_contexts(**changed):
    columns = {"feature": [0], "value": [1.0], "document": [0], "position": [2], "tokens": [["a", "b"]], "fired": [1]}
    tokens = {"feature": [0], "text": ["a"], "token": [5], "count": [2], "activation_sum": [2.0]}
    return FiringContexts.from_columns(1, columns | changed, tokens)


@pytest.mark.parametrize(
    "changed",
    [{"fired": [2]}, {"fired": [-1]}, {"value": [float("nan")]}, {"tokens": [None]}],
    ids=["beyond", "before", "nan", "null"],
)
def test_impossible_contexts_are_refused(tmp_path, changed):
    stored_contexts(**changed).write(tmp_path)
    with pytest.raises(SaegeoError, match="harvest again"):
        FiringContexts.open(tmp_path)


def test_damaged_files_are_refused(tmp_path):
    stored_contexts().write(tmp_path)
    assert FiringContexts.open(tmp_path).contexts_of(0)[0].tokens == ("a", "b")
    for path in (tmp_path / CONTEXTS, tmp_path / TOP_TOKENS):
        whole = path.read_bytes()
        for content in (b"", whole[:-20], whole[:40] + b"\xff" + whole[41:], b"PAR1" * 9):
            path.write_bytes(content)
            with pytest.raises(SaegeoError, match="harvest again"):
                FiringContexts.open(tmp_path)
        path.write_bytes(whole)
    other = tmp_path / "other"
    other.mkdir()
    stored_contexts(value=[3.0]).write(other)
    (other / TOP_TOKENS).replace(tmp_path / TOP_TOKENS)
    assert FiringContexts.open(tmp_path).n_contexts == 1
