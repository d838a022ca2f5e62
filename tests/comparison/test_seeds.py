import numpy as np
import pytest

from saegeo_core.comparison.seeds import between_seeds, configuration_of, seed_groups


def test_the_bundled_seeds_are_one_configuration_and_nothing_else_is(bundled):
    ids = list(bundled)
    groups = seed_groups([bundled[sae_id].sae for sae_id in ids])
    together = {ids[place]: {ids[i] for i in group} for place, group in enumerate(groups)}
    seeds = {"layer_3", "seed_1_layer_3"}
    assert all(group == (seeds if sae_id in seeds else {sae_id}) for sae_id, group in together.items())


def test_without_a_seed_in_its_notes_an_sae_belongs_to_no_configuration(report):
    plain = [report("a").sae, report("b").sae]
    assert [configuration_of(sae) for sae in (*plain, None)] == [None, None, None]
    assert seed_groups(plain) == [(0,), (1,)]


@pytest.mark.parametrize(
    ("notes", "are_seeds"),
    [
        ({"seed": 2, "lr": 0.1, "dead_share": 0.5, "minutes": 9}, True),
        ({"seed": 2, "lr": 0.2}, False),  # trained otherwise
        ({"seed": 1, "lr": 0.1}, False),  # the same seed again is no other draw
    ],
)
def test_seeds_agree_in_all_but_their_seed_and_what_came_of_it(report, notes, are_seeds):
    one = report("a", sae={"training": {"seed": 1, "lr": 0.1, "dead_share": 0.1, "minutes": 3}}).sae
    other = report("b", sae={"training": notes}).sae
    assert (seed_groups([one, other])[0] == (0, 1)) == are_seeds


def test_variance_between_seeds_is_that_beyond_sampling():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(4000):
        truths = rng.normal(0, 0.5, 6)
        found.append(between_seeds(truths + rng.normal(0, 0.3, 6), [0.3] * 6).value)
    # Cut off at zero, it errs upwards where the spread is near sampling; here it is well above.
    assert np.mean(found) == pytest.approx(0.25, rel=0.03)
    assert between_seeds([1.0, 1.1], [0.3, 0.3]).value == 0
