"""Features as SAEDashboard writes them for Neuronpedia: `batch-0.json` …, and `skipped_indexes.json` of those that never fired.

Keys are those of `NeuronpediaDashboardBatch` of sae-dashboard. What saegeo does not measure (logits, histograms, correlations) is
an empty list.
"""

from collections.abc import Iterator
from typing import Any

from saegeo_core.errors import SaegeoError
from saegeo_core.inspecting.feature_cards import FeatureCard, FeatureCards
from saegeo_core.json_text import json_text

FEATURES_IN_A_BATCH = 1024
NOT_MEASURED = (
    "neuron_alignment_indices",
    "neuron_alignment_values",
    "neuron_alignment_l1",
    "correlated_neurons_indices",
    "correlated_neurons_l1",
    "correlated_neurons_pearson",
    "correlated_features_indices",
    "correlated_features_l1",
    "correlated_features_pearson",
    "neg_str",
    "neg_values",
    "pos_str",
    "pos_values",
    "freq_hist_data_bar_values",
    "freq_hist_data_bar_heights",
    "logits_hist_data_bar_heights",
    "logits_hist_data_bar_values",
    "decoder_weights_dist",
    "vector",
)


def neuronpedia_files(cards: FeatureCards) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file.

    Raises:
        SaegeoError: it is not known how features fire.
    """
    if any(card.token_rate is None for card in cards):
        raise SaegeoError(
            f"it is not known on how many tokens the features of {cards.sae.spec} fire",
            "give a harvest of it with --firing; --contexts 5 keeps the examples that Neuronpedia shows",
        )
    model, layer, place = cards.sae.model or "", cards.sae.layer, f"{cards.sae.release}:{cards.sae.sae_id}"
    firing = [card for card in cards if card.token_rate]
    for number in range(-(-len(firing) // FEATURES_IN_A_BATCH)):
        some = firing[number * FEATURES_IN_A_BATCH : (number + 1) * FEATURES_IN_A_BATCH]
        batch = {
            "model_id": model,
            "layer": layer,
            "sae_set": place,
            "sae_id_suffix": None,
            "features": [_feature(card) for card in some],
        }
        yield f"batch-{number}.json", json_text(batch, indent=None).encode()
    skipped = {
        "model_id": model,
        "layer": str(layer),
        "sae_set": place,
        "log_sparsity": 0,
        "skipped_indexes": [card.feature for card in cards if not card.token_rate],
    }
    yield "skipped_indexes.json", json_text(skipped).encode()


def _feature(card: FeatureCard) -> dict[str, Any]:
    return {
        "feature_index": card.feature,
        **{name: [] for name in NOT_MEASURED},
        "frac_nonzero": card.token_rate,
        "n_prompts_total": 0,
        "n_tokens_in_prompt": max((len(one.tokens) for one in card.contexts), default=0),
        "dataset": "",
        "activations": [
            {
                "bin_min": 0.0,
                "bin_max": card.max_activation or 0.0,
                "bin_contains": 0.0,
                "tokens": list(one.tokens),
                # of the tokens around nothing is known; 0 is what the format has for that
                "values": [one.value if place == one.fired else 0.0 for place in range(len(one.tokens))],
                "qualifying_token_index": one.fired,
            }
            for one in card.contexts
        ],
    }
