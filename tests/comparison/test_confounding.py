"""Confounds of plain facts: what is named, and that it is all and nothing else."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core.comparison.confounding import confounds, l0_confounds, layer_runs
from saegeo_core.comparison.published import BLOG_2B_L0, BLOG_9B_L0, GALAXY_L0
from saegeo_core.comparison.sae_facts import SaeFacts, unknown_facts
from saegeo_core.firing.sparsity import L0_RATIO


def far_in_l0(pairs):
    return {frozenset(pair) for pair in pairs}


class TestPublishedStudies:
    """L0 of the SAEs that both published studies compared, one a layer."""

    @staticmethod
    def runs(l0):
        found = layer_runs("", list(l0), list(l0.values()))
        return {side: [run.layers for run in found if run.side == side] for side in ("sparser", "denser")}

    def test_the_plateau_of_the_paper(self):
        """Sparser than both sides are layers 11 to 14, the published plateau, and no others.

        Denser than both are layer 1 and the layers between the plateau and the last one.
        """
        assert self.runs(GALAXY_L0) == {"sparser": [(11, 12, 13, 14)], "denser": [(1,), tuple(range(15, 25))]}

    def test_the_spike_and_the_bump_of_the_blog(self):
        """Sparser than both sides are layers 3 and 12, the published bump and spike. Layers 2 and 4 enclose the former."""
        assert self.runs(BLOG_2B_L0) == {"sparser": [(3,), (12,)], "denser": [(2,), (4,)]}

    def test_layer_20_of_the_9b_model(self):
        assert self.runs(BLOG_9B_L0["pt"]) == {"sparser": [(20,)], "denser": []}
        assert self.runs(BLOG_9B_L0["it"]) == {"sparser": [], "denser": []}

    def test_pretrained_against_instruction_tuned_layer_by_layer(self):
        """Layer 20 (11 against 91), which the blog concludes from. Layer 31 (114 against 76) is beyond 25 % as well."""
        flagged = [
            layer
            for layer in BLOG_9B_L0["pt"]
            if l0_confounds([SaeFacts("pt", l0=BLOG_9B_L0["pt"][layer]), SaeFacts("it", l0=BLOG_9B_L0["it"][layer])])
        ]
        assert flagged == [20, 31]

    def test_each_step_from_one_layer_to_the_next(self):
        """Of the paper's 25 steps the guard flags the two ends of the plateau, and those beside layers 1 and 25."""
        layers = [SaeFacts(str(layer), l0=l0) for layer, l0 in GALAXY_L0.items()]
        flagged = [int(a.name) for a, b in pairwise(layers) if l0_confounds([a, b])]
        assert flagged == [0, 1, 10, 14, 24]


@given(st.lists(st.floats(1, 300), max_size=12))
def test_every_pair_beyond_the_ratio_is_named_once_and_no_other(l0s):
    saes = [SaeFacts(str(i), l0=l0) for i, l0 in enumerate(l0s)]
    named = [frozenset(pair) for confound in l0_confounds(saes) for pair in confound.pairs]
    far = {
        frozenset((a.name, b.name)) for a, b in combinations(saes, 2) if max(a.l0, b.l0) > L0_RATIO * min(a.l0, b.l0)
    }
    assert len(named) == len(set(named))
    assert set(named) == far


def test_exactly_25_percent_is_not_too_far():
    assert l0_confounds([SaeFacts("a", l0=100.0), SaeFacts("b", l0=125.0)]) == []


def test_few_lines_for_many_pairs():
    saes = [SaeFacts(f"sparse {i}", l0=30 + i / 10) for i in range(10)] + [
        SaeFacts(f"dense {i}", l0=60) for i in range(10)
    ]
    [confound] = l0_confounds(saes)
    assert [group.value for group in confound.groups] == ["60", "30 to 30.9"]
    assert len(confound.pairs) == 100


@pytest.mark.parametrize(
    ("field", "fact", "values"),
    [
        ("width", "width", (16384, 65536)),
        ("dimension", "dimension", (2304, 3584)),
        ("site", "site", ("hook_resid_post", "hook_mlp_out")),
        ("directions", "directions", ("decoder", "encoder")),
        ("model", "model", ("a", "b")),
        ("training_data", "training data", ("the pile", "wikipedia")),
        ("corpus", "corpus", ("x", "y")),
    ],
)
def test_what_else_may_differ(field, fact, values):
    one, other = values
    saes = [
        SaeFacts("a", **{field: one}),
        SaeFacts("b", **{field: other}),
        SaeFacts("c", **{field: one}),
        SaeFacts("d"),
    ]
    [found] = confounds(saes)
    assert found.fact == fact
    assert found.pairs == [("a", "b"), ("c", "b")]


def test_what_is_unknown_is_never_a_difference_and_is_told_where_it_could_have_been_one():
    saes = [SaeFacts("a", l0=3.0, model="m"), SaeFacts("b", model="m"), SaeFacts("c")]
    assert confounds(saes) == []
    assert unknown_facts(saes) == {"L0": ["b", "c"], "model": ["c"]}


@pytest.mark.parametrize(
    ("l0", "found"),
    [
        ([], []),
        ([30], []),
        ([30, 60], []),
        ([30, 60, 30], [("denser", (1,))]),
        ([60, 30, 31, 60], [("sparser", (1, 2))]),
        ([30, 60, 120, 60], [("denser", (2,))]),  # up, up, down: layer 1 lies between its neighbors
        ([30, 30, 60, 60], []),
        ([60, 30, 60, 30, 60], [("sparser", (1,)), ("denser", (2,)), ("sparser", (3,))]),
    ],
)
def test_layer_runs(l0, found):
    runs = layer_runs("series", list(range(len(l0))), l0)
    assert [(run.side, run.layers) for run in runs] == found


def test_a_run_tells_its_l0_and_that_of_its_neighbors():
    [run] = layer_runs("series", [3, 5, 7, 9], [100, 40, 45, 90])
    assert (run.layers, run.l0, run.neighbors) == ((5, 7), (40, 45), (100, 90))
