"""What names tell of width, site and order."""

import pytest

from saegeo_core.cloud.sae_names import in_natural_order, site_in, width_in


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("gemma-scope-2b-pt-res:layer_12/width_16k/average_l0_82", "16k"),
        ("gemma-scope-2-4b-pt-res:layer_9_width_262k_l0_small", "262k"),
        ("gemma-scope-9b-pt-res:layer_9/width_1m/average_l0_57", "1m"),
        ("sae_bench_gemma-2-2b_topk_width-2pow14_date-1109:blocks.5.hook_resid_post__trainer_2", "16k"),
        ("sae_bench_gemma-2-2b_topk_width-2pow12_date-1109:blocks.5.hook_resid_post__trainer_2", "4k"),
        ("qwen-scope-3-8b-base-w64k-l50:layer3", "64k"),
        ("gpt2-small-resid-post-v5-128k:blocks.0.hook_resid_post", "128k"),
        ("release:width_16384", "16k"),
        ("release:width_512", "512"),
        ("llama_scope_lxr_8x:l0r_8x", None),
    ],
)
def test_width(name, width):
    assert width_in(name) == width


@pytest.mark.parametrize(
    ("name", "site"),
    [
        ("gemma-scope-2b-pt-res:layer_12/width_16k/average_l0_82", "residual"),
        ("gpt2-small-res_sce-ajt:blocks.2.hook_resid_pre", "residual"),
        ("gemma-scope-2b-pt-att:layer_0/width_16k/average_l0_104", "attention"),
        ("gpt2-small-hook-z-kk:blocks.0.hook_z", "attention"),
        ("gpt2-small-mlp-out-v5-32k:blocks.0.hook_mlp_out", "mlp"),
        ("llama_scope_lxm_8x:l17m_8x", "mlp"),
        ("gemma-scope-2b-pt-transcoders:layer_0/width_16k/average_l0_5", "transcoder"),
        ("minilm-l6:layer_3", None),
        ("release:matter/pressed", None),
    ],
)
def test_site(name, site):
    assert site_in(name) == site


def test_natural_order():
    names = ["l10r_8x", "l2r_8x", "l2r_32x", "2", "a"]
    assert sorted(names, key=in_natural_order) == ["2", "a", "l2r_8x", "l2r_32x", "l10r_8x"]
