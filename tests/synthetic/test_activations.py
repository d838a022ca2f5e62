"""Activations that are made up behave like a model's."""

import numpy as np

from saegeo_core.synthetic.activations import made_up_activations, made_up_tokens

TEXTS = ["seven words", "", "a", "seven words"]


def test_the_same_text_has_the_same_tokens_and_another_has_others():
    activations = made_up_activations(made_up_tokens(8), 8)
    first, none, short, again = activations.of(TEXTS)
    assert [len(one) for one in (first, none, short)] == [3, 0, 1]
    np.testing.assert_array_equal(first, again)
    assert np.unique(np.concatenate([first, short])).size == 4 * 8
    other_seed = made_up_activations(made_up_tokens(8, seed=1), 8)
    assert not np.isclose(next(other_seed.of(TEXTS)), first).any()


def test_what_the_function_gives_arrives_at_every_hook():
    activations = made_up_activations(lambda text: np.full((2, 3), float(len(text)), np.float32), 3, "lengths")
    assert [one[0, 0] for one in activations.of(TEXTS)] == [11, 0, 1, 11]
    assert activations.d_in == 3
    assert activations.embeddings().hook != activations.hook
    assert [len(one) for one in activations.embeddings().of(TEXTS)] == [2, 2, 2, 2]


def test_the_name_tells_one_function_from_another():
    one, two = (made_up_activations(made_up_tokens(4, seed), 4, f"seed {seed}").describe() for seed in (0, 1))
    assert one != two
    assert one["d_in"] == 4
