import pytest

from saegeo_core import SaegeoError, releases


def test_the_bundled_saes_as_a_frame():
    frame = releases("minilm-l6:*")
    assert len(frame) == 9
    line = frame.set_index("sae").loc["minilm-l6:layer_3"]
    assert (line.release, line.sae_id, line.source) == ("minilm-l6", "layer_3", "bundled")
    assert 30 < line.l0 < 35
    assert frame.l0.dtype == frame.variance_explained.dtype == "float64"


def test_all_that_sae_lens_knows_and_what_is_unknown_is_missing():
    frame = releases()
    assert len(frame) > 13_000
    assert frame.sae.is_unique
    assert 0 < frame.l0.isna().sum() < len(frame)
    assert (frame.l0.dropna() > 0).all()


def test_a_pattern_that_matches_nothing_is_answered_with_what_resembles_it():
    with pytest.raises(SaegeoError, match="no release or SAE matches 'minilm-l5'") as refused:
        releases("minilm-l5")
    assert "minilm-l6" in refused.value.hint
