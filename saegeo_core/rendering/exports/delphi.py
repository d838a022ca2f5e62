"""The nearest features of every feature as delphi caches them: `<hookpoint>-decoder_similarity.json`.

An object of feature to pairs of similarity and neighbor, the nearest first, as `LatentDataset.load_neighbours` of eai-delphi 0.1
reads it.
"""

from collections.abc import Iterator

from saegeo_core.file_names import file_name
from saegeo_core.inspecting.feature_cards import FeatureCards
from saegeo_core.json_text import json_text

N_NEIGHBORS = 10


def delphi_files(cards: FeatureCards) -> Iterator[tuple[str, bytes]]:
    """Name and content of the file. Features without a direction have no neighbors."""
    near = {card.feature: [[one.cosine, one.feature] for one in card.nearest] for card in cards}
    content = {str(feature): near.get(feature, []) for feature in range(cards.sae.d_sae)}
    hook = file_name(cards.sae.hf_hook_name or cards.sae.hook_name or cards.sae.sae_id)
    yield f"{hook}-decoder_similarity.json", json_text(content, indent=None).encode()
