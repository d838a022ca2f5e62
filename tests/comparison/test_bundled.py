"""The bundled release: what the guard must and must not say of SAEs that differ in one thing at a time."""

from saegeo_core import compare


def test_the_denser_sae_is_named_against_both_seeds_and_the_seeds_not_against_each_other(bundled):
    comparison = compare([bundled[sae_id] for sae_id in ("layer_3", "l0_64_layer_3", "seed_1_layer_3")])
    [confound] = comparison.confounds
    assert confound.fact == "L0"
    dense, *seeds = (f"minilm-l6:{sae_id}" for sae_id in ("l0_64_layer_3", "layer_3", "seed_1_layer_3"))
    assert confound.pairs == [(dense, seed) for seed in seeds]


def test_six_layers_at_equal_l0_give_no_warning(bundled):
    comparison = compare([bundled[f"layer_{i}"] for i in range(6)], profile=True)
    assert (comparison.confounds, comparison.runs, comparison.overridden) == ((), (), ())


def test_no_metric_differs_between_two_seeds(bundled):
    """Not the headline alone: of every metric with an interval."""
    two = [bundled["layer_3"], bundled["seed_1_layer_3"]]
    comparison = compare(two, metrics=["cosine-tails.*"], reference="layer_3", fixed_saes=True)
    p = [cell.difference.adjusted_pvalue for cell in comparison.row("minilm-l6:seed_1_layer_3").cells]
    assert len([one for one in p if one is not None]) == 8
    assert all(one is None or one > 0.05 for one in p)


def test_a_difference_that_is_there_is_seen(bundled):
    comparison = compare([bundled["layer_3"], bundled["layer_5"]], reference="layer_3", fixed_saes=True)
    assert comparison.row("minilm-l6:layer_5").cells[0].difference.adjusted_pvalue < 1e-6
