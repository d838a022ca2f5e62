import pytest

from saegeo_core import SaegeoError, compare
from saegeo_core.cloud.sae_names import layer_in, without_l0, without_layer
from saegeo_core.comparison.published import BLOG_2B


def layers(report, n=3, **more):
    return [
        report(
            f"layer_{i}",
            float(i),
            sae={"layer": i} | more.get("sae", {}),
            **{k: v for k, v in more.items() if k != "sae"},
        )
        for i in range(n)
    ]


def test_the_trend_of_a_metric_has_its_intervals_and_l0(report):
    profile = compare(layers(report)[::-1], profile=True).profile
    table = profile.tables["one.value by layer"].columns
    assert table["layer"] == [0, 1, 2]
    assert table["release:layer_*"] == [0, 1, 2]
    assert table["release:layer_*, high"] == [0.1, 1.1, 2.1]
    assert table["release:layer_*, L0"] == [30, 30, 30]
    [trend, _] = profile.figures
    assert (trend.x, trend.y, trend.low) == ("layer", ("release:layer_*",), "release:layer_*, low")


def test_the_curves_of_all_rows_are_laid_over_one_another(report):
    profile = compare(layers(report), profile=True).profile
    curves = profile.tables["one.curve"].columns
    assert curves["x"] == [0, 1]
    assert curves["release:layer_2"] == [2, 4]
    [_, overlay] = profile.figures
    assert overlay.y == ("release:layer_0", "release:layer_1", "release:layer_2")
    assert overlay.title == "Curve"


def test_several_series_have_a_curve_each_and_no_bars(report):
    other = [report(f"layer_{i}", 5.0, release="other", sae={"layer": i}) for i in (1, 2)]
    profile = compare([*layers(report), *other], profile=True).profile
    assert list(profile.series) == ["release:layer_*", "other:layer_*"]
    assert profile.tables["one.value by layer"].columns["other:layer_*"] == [None, 5, 5]
    assert profile.figures[0].low is None


def test_several_sparsities_of_a_layer_make_several_series(report):
    rows = [
        report(f"layer_{i}/average_l0_{l0}", 1.0, sae={"layer": i, "l0": float(l0)})
        for i in (0, 1)
        for l0 in (30 + i, 90)
    ]
    profile = compare(rows, profile=True).profile
    assert [[row for _, row in members] for members in profile.series.values()] == [
        ["release:layer_0/average_l0_30", "release:layer_1/average_l0_31"],
        ["release:layer_0/average_l0_90", "release:layer_1/average_l0_90"],
    ]


class TestPublished:
    def named(self, report, preset="paper", model="google/gemma-2-2b", metric_name="tail_fraction", metric=None):
        metrics = [metric(metric_name, 0.005)]
        analysis = {"preset": preset, "headline": metric_name}
        return layers(report, plugin="cosine-tails", analysis=analysis, metrics=metrics, sae={"model": model})

    def test_beside_the_same_metric_preset_and_model(self, report, metric):
        profile = compare(self.named(report, metric=metric), profile=True).profile
        [published] = profile.published["cosine-tails.tail_fraction"]
        table = profile.tables["cosine-tails.tail_fraction by layer"].columns
        assert table[published.name] == [BLOG_2B[layer] for layer in range(3)]
        assert table[f"{published.name}, L0"] == [105, 102, 141]
        assert published.name in profile.figures[0].y
        assert "T. Walker" in profile.figures[0].caption

    @pytest.mark.parametrize("change", [{"preset": "calibrated"}, {"model": "gpt2"}, {"metric_name": "mean_cosine"}])
    def test_not_beside_anything_else(self, report, metric, change):
        profile = compare(self.named(report, metric=metric, **change), profile=True).profile
        assert not any(profile.published.values())


def test_without_two_layers_there_is_no_profile(report):
    with pytest.raises(SaegeoError, match="no two of these SAEs are layers of one series"):
        compare([report("a"), report("b")], profile=True)


@pytest.mark.parametrize(
    ("sae_id", "layer", "series", "group"),
    [
        ("layer_12/width_16k/average_l0_41", 12, "layer_*/width_16k/l0_*", "layer_12/width_16k"),
        ("l0_64_layer_3", 3, "l0_*_layer_*", "layer_3"),
        ("seed_1_layer_3", 3, "seed_1_layer_*", "seed_1_layer_3"),
        ("blocks.8.hook_resid_pre", 8, "blocks.*.hook_resid_pre", "blocks.8.hook_resid_pre"),
        ("l5r_8x", 5, "l*r_8x", "l5r_8x"),
        ("resid_post_layer_20/trainer_0", 20, "resid_post_layer_*/trainer_0", "resid_post_layer_20/trainer_0"),
        ("anything", None, "anything", "anything"),
    ],
)
def test_what_ids_tell(sae_id, layer, series, group):
    assert (layer_in(sae_id), without_layer(sae_id), without_l0(sae_id)) == (layer, series, group)
