from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core import SaegeoError, compare
from saegeo_core.comparison.l0_matching import Candidate, match_l0

SPARSITIES = st.lists(st.lists(st.integers(1, 200), min_size=1, max_size=4), min_size=1, max_size=4)


@given(SPARSITIES)
def test_no_other_choice_agrees_better(l0_of_layers):
    candidates = [
        Candidate("r", f"layer_{layer}/average_l0_{l0}", l0) for layer, l0s in enumerate(l0_of_layers) for l0 in l0s
    ]
    chosen = [candidates[place] for place in match_l0(candidates)]
    assert [one.group for one in chosen] == list(dict.fromkeys(one.group for one in candidates))
    l0 = [one.l0 for one in chosen]
    best = min(max(choice) / min(choice) for choice in product(*l0_of_layers))
    assert max(l0) / min(l0) == pytest.approx(best)


def test_gemma_scope_s_names():
    ids = ["layer_3/width_16k/average_l0_59", "layer_3/width_16k/average_l0_104", "layer_4/width_16k/average_l0_124"]
    ids += ["layer_4/width_16k/average_l0_60", "layer_4/width_65k/average_l0_61"]
    candidates = [Candidate("gemma-scope-2b-pt-res", sae_id, float(sae_id.rpartition("_")[2])) for sae_id in ids]
    assert [ids[place] for place in match_l0(candidates)] == [ids[0], ids[3], ids[4]]


def test_unknown_l0_is_left_out_and_told(report):
    rows = [report("layer_0/l0_30", sae={"l0": 30.0}), report("layer_0/l0_90", sae={"l0": 90.0})]
    rows += [report("layer_1/l0_85", sae={"l0": 85.0}), report("layer_2", sae={"l0": None})]
    comparison = compare(rows, match_l0=True)
    assert [row.sae.sae_id for row in comparison.rows] == ["layer_0/l0_90", "layer_1/l0_85"]
    assert comparison.notes[0] == "matched in L0: 2 of 4 SAEs, L0 85 to 90"
    assert "release:layer_2" in comparison.notes[1]
    assert comparison.confounds == ()


def test_no_l0_at_all_is_the_users_mistake():
    with pytest.raises(SaegeoError, match="of none of these SAEs is the L0 known"):
        match_l0([Candidate("r", "a", None)])


def test_what_sparsity_told_of_the_matched_is_repeated(report, metric):
    least = [metric("value", 0.05, 0.01), metric("cosine_least_l0", 60.0, 25.0)]
    rows = [
        report("layer_0/l0_30", sae={"l0": 30.0}, plugin="sparsity", metrics=least),
        report("layer_0/l0_30", sae={"l0": 30.0}),
        report("layer_1/l0_32", sae={"l0": 32.0}),
    ]
    notes = compare(rows, match_l0=True, metrics=["one.value"]).notes
    assert (
        "sparsity of release:layer_0/l0_30: features overlap least at L0 60, between 35 and 85; its own is 30" in notes
    )
    assert not any("layer_1" in one for one in notes if one.startswith("sparsity"))
    assert not any(one.startswith("sparsity") for one in compare(rows, metrics=["one.value"]).notes)
