"""Cards of features say what SAE, harvest and reports know, and what is lacking."""

import json

import numpy as np
import pandas as pd
import pytest
from rich.cells import cell_len

from saegeo_core import SaegeoError, features
from saegeo_core.firing.contexts import Context
from saegeo_core.inspecting.feature_cards import FeatureCard, FeatureCards
from saegeo_core.rendering.feature_files import features_csv, features_json
from saegeo_core.rendering.terminal.feature_cards import context_line, token_text

HOSTILE = "=1+1\x1b[31mred\x1b]0;title\x07\r\n\u202eevil\u200f\ufeff[bold]"


@pytest.fixture
def reports(store_report):
    """Reports of lobes and redundancy; an older one, one of another preset and one of other weights that say otherwise."""
    features_of = np.arange(12)
    mapped = {"map": pd.DataFrame({"feature": features_of, "lobe": [f"lobe {i % 3}" for i in features_of]})}
    other = {"map": pd.DataFrame({"feature": features_of, "lobe": ["lobe 7"] * 12})}
    typical = pd.DataFrame({"lobe": [1, 1, 0], "rank": [2, 1, 1], "feature": [1, 7, 3], "mean_phi": [0.1, 0.4, 0.3]})
    store_report("lobes", other, created="2025-01-01T00:00:00+00:00")
    store_report("lobes", other, preset="paper", created="2027-01-01T00:00:00+00:00")
    store_report("lobes", other, digest="0" * 64, created="2028-01-01T00:00:00+00:00")
    store_report("lobes", mapped | {"typical_features": typical, "agreement": pd.DataFrame({"k": [2]})})
    return store_report("redundancy", {"members": pd.DataFrame({"feature": [0, 1], "family": [0, 0]})})


def test_a_card_has_what_is_known(cloud, harvest, reports):
    [card] = features(cloud, "1", firing=harvest, results=reports)
    assert (card.feature, card.label, card.norm) == (1, "label 1", pytest.approx(2))
    assert (card.block_rate, card.token_rate) == (4 / 40, 8 / 400)
    assert (card.mean_activation, card.max_activation) == (10 / 8, 3)
    assert [(token.text, token.count) for token in card.top_tokens] == [("def", 5), (" Moon", 1)]
    assert card.shares == (0.6, 0.2)
    assert [one.document for one in card.contexts] == [4, 1]
    assert card.nearest[0].feature == 0
    assert card.nearest[0].cosine == pytest.approx(1, abs=1e-4)
    assert len(card.nearest) == 3
    assert card.of_reports == {"lobe": 1, "family": 0}


def test_nearest_are_those_of_largest_cosine(cloud):
    unit = cloud.unit_vectors().double().numpy()
    cosines = unit @ unit.T - 2 * np.eye(12)
    for card in features(cloud, results="nowhere"):
        assert [one.feature for one in card.nearest] == np.argsort(-cosines[card.feature])[:3].tolist()


def test_without_a_harvest_and_reports_it_is_said_what_to_type(cloud):
    cards = features(cloud, results="nowhere")
    assert [card.feature for card in cards] == list(range(12))
    assert {card.block_rate for card in cards} == {None}
    firing, groups = cards.lacking
    assert "saegeo harvest memory:twelve" in firing
    assert "--contexts" in firing
    assert "saegeo run --plugin lobes --plugin redundancy --plugin seeds --set seeds.others=SAE memory:twelve" in groups


def test_what_a_harvest_without_text_lacks_is_said(cloud, harvest):
    folder = harvest / "memory" / "twelve"
    (folder / "contexts.parquet").unlink()
    (folder / "top_tokens.parquet").unlink()
    cards = features(cloud, firing=harvest, results="nowhere")
    assert "this harvest did not keep" in cards.lacking[0]
    assert cards[0].top_tokens == ()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 11]),
        ({"ids": "3,1-2"}, [1, 2, 3]),
        ({"ids": [5, 4]}, [4, 5]),
        ({"lobe": 1}, [7, 1, 10, 4]),
        ({"lobe": 1, "sort": "id"}, [1, 4, 7, 10]),
        ({"lobe": 1, "sort": "norm"}, [10, 7, 4, 1]),
        ({"lobe": 1, "sort": "rate", "most": 2}, [10, 7]),
        ({"family": 0}, [1, 0]),
        ({"table": "lobes.typical_features"}, [1, 7, 3]),
        ({"table": "lobes.typical_features", "sort": "mean_phi"}, [7, 3, 1]),
        ({"table": "lobes.typical_features", "lobe": 1}, [1, 7]),
        ({"lobe": 1, "sort": "mean_phi"}, [7, 1, 4, 10]),
        ({"ids": "0,5,11", "sort": "family"}, [0, 5, 11]),
    ],
    ids=str,
)
def test_features_are_chosen_and_sorted(cloud, harvest, reports, asked, expected):
    cards = features(cloud, **asked, firing=harvest, results=reports)
    assert [card.feature for card in cards] == expected
    assert cards.n_chosen == (4 if asked.get("most") else len(expected))
    if asked.get("sort") in ("mean_phi", "family"):
        assert asked["sort"] in cards[0].of_reports
    if "table" in asked:
        assert {"rank", "mean_phi"} <= cards[0].of_reports.keys()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"lobe": 9}, "none of these features is in lobe 9\nlobe goes from 0 to 2"),
        ({"table": "lobes.member"}, "no report in .* has a table lobes.member"),
        ({"table": "lobes.agreement"}, "no report in .* has a table lobes.agreement"),
        ({"sort": "familly"}, "has a column 'familly'"),
        ({"ids": "12"}, "not there"),
    ],
    ids=str,
)
def test_what_is_not_there_is_refused(cloud, harvest, reports, asked, message):
    with pytest.raises(SaegeoError, match=message):
        features(cloud, **asked, firing=harvest, results=reports)


def test_a_lobe_that_no_report_knows_is_refused_with_what_to_type(cloud):
    with pytest.raises(SaegeoError, match="knows a lobe") as refused:
        features(cloud, lobe=1, results="nowhere")
    assert "saegeo run --plugin lobes memory:twelve" in refused.value.hint
    with pytest.raises(SaegeoError, match="not known how"):
        features(cloud, sort="rate", results="nowhere")


def test_cards_fit_into_80_columns_and_mark_the_token_that_fires(cloud, harvest, reports):
    cards = features(cloud, lobe=1, firing=harvest, results=reports)
    printed = str(cards)
    assert max(map(len, printed.splitlines())) <= 80
    assert "memory:twelve, lobe 1: 4 features" in printed
    assert 'fires on "def" 60 %, " Moon" 20 %' in printed
    assert "class Moon:     <<def>> rise" in printed
    assert "class <<Moon>>:     def rise" in printed
    assert repr(cards) == "<4 FeatureCards of memory:twelve, lobe 1>"
    assert cards.frame["lobe"].tolist() == [1] * 4


@pytest.mark.parametrize("width", [6, 20, 40, 78])
@pytest.mark.parametrize("fired", [0, 3, 7])
def test_a_context_fits_into_its_line(width, fired):
    tokens = (" word", " 長い言葉", "-", " x" * 30, "\n", " def", " 😀", " end")
    line = context_line(Context(1.0, 0, 0, tokens, fired), width)
    assert line.cell_len <= width
    assert "<<" in line.plain
    assert ">>" in line.plain


def test_texts_from_data_steer_nothing(cloud, harvest, contexts):
    tokens = [[HOSTILE, HOSTILE, "b"]] * len(contexts.contexts)
    hostile = type(contexts).from_columns(
        2,
        contexts.contexts.to_pydict() | {"tokens": tokens, "fired": [1] * len(tokens)},
        contexts.top_tokens.to_pydict() | {"text": [HOSTILE] * len(contexts.top_tokens)},
    )
    hostile.write(harvest / "memory" / "twelve")
    cards = features(cloud, firing=harvest, results="nowhere")
    labelled = FeatureCards([FeatureCard(feature=1, norm=1.0, label=HOSTILE, of_reports={HOSTILE: HOSTILE})], cloud.sae)
    for printed in (str(cards), str(labelled), features_json(cards), features_csv(cards), features_csv(labelled)):
        assert all(one.isprintable() or one == "\n" for one in printed)
    assert json.loads(features_json(cards))["features"][0]["top_tokens"][0]["text"] == HOSTILE
    assert ",=1+1" not in features_csv(cards) + features_csv(labelled)


def test_a_token_is_seen_whole():
    assert token_text(' d"\n\t\\') == '" d\\"\\n\\t\\\\"'
    assert cell_len(token_text("\u202e")) == 8
