import pytest

from saegeo_core import Metric, NullComparison, SaegeoError, compare
from saegeo_core.cloud.sae_names import instruction_pairs, layer_in, without_l0, without_layer
from saegeo_core.comparison.published import BLOG_2B
from saegeo_core.report.report import Table


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


def rows_of(table):
    """The rows of a table, values that are absent left out."""
    columns = table.columns
    rows = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def test_the_trend_of_a_metric_has_its_intervals_and_l0(report):
    profile = compare(layers(report)[::-1], profile=True).profile
    table = profile.tables["one.value by layer"].columns
    assert table["series"] == ["release:layer_*"] * 3
    assert (table["layer"], table["value"], table["L0"]) == ([0, 1, 2], [0, 1, 2], [30, 30, 30])
    assert table["high"] == [0.1, 1.1, 2.1]
    [trend, _] = profile.figures
    assert (trend.x, trend.y, trend.nulls, trend.color) == ("layer", ("value",), (), "series")
    assert trend.ends == {"value": ("low", "high")}
    assert trend.title == "Value over layers"


def test_several_series_have_a_curve_and_a_band_each(report):
    other = [report(f"layer_{i}", 5.0, release="other", sae={"layer": i}) for i in (1, 2)]
    profile = compare([*layers(report), *other], profile=True).profile
    assert list(profile.series) == ["release:layer_*", "other:layer_*"]
    rows = rows_of(profile.tables["one.value by layer"])
    assert [(row["layer"], row["low"]) for row in rows if row["series"] == "other:layer_*"] == [(1, 4.9), (2, 4.9)]


def test_a_trend_stands_beside_its_null_with_the_range_of_this(report, metric):
    nulls = [(NullComparison(model="chance", mean=0.2 + i, standard_deviation=0.1, pvalue=0.5),) for i in range(2)]
    made = [layers(report, 2, metrics=[metric("value", 1.0, 0.1, nulls=null)])[i] for i, null in enumerate(nulls)]
    profile = compare(made, profile=True).profile
    table = profile.tables["one.value by layer"].columns
    assert table["null"] == [0.2, 1.2]
    assert table["null_low"] == pytest.approx([0.2 - 0.196, 1.2 - 0.196])
    [trend, _] = profile.figures
    assert (trend.nulls, trend.y_names) == (("null",), ("value", "null: chance"))
    assert trend.ends["null"] == ("null_low", "null_high")


def test_one_value_is_no_trend(report, metric):
    absent = Metric.missing("value", "too few", unit="", better="neither", description="None.")
    alone = layers(report, 2)
    alone[1] = alone[1].model_copy(update={"measured": (absent,)})
    assert [figure.name for figure in compare(alone, profile=True).profile.figures] == ["one_curve"]


def test_many_series_are_drawn_ten_at_a_time(report):
    made = [layers(report, 2, release=f"release-{i}") for i in range(12)]
    profile = compare([one for both in made for one in both], profile=True).profile
    trends = [table for name, table in profile.tables.items() if "by layer" in name]
    assert [len(set(table.columns["series"])) for table in trends] == [10, 2]


class TestOverlays:
    """One curve an SAE, at its own places, beside the null that belongs to it."""

    def overlay(self, made, **figure):
        """The overlay of reports that have this figure, and its table."""
        changed = [one.model_copy(update={"figures": (one.figures[0].model_copy(update=figure),)}) for one in made]
        profile = compare(changed, profile=True).profile
        [drawn] = [one for one in profile.figures if one.name == "one_curve"]
        return drawn, profile.tables[drawn.table]

    def test_layers_of_one_series_are_told_apart_by_their_number(self, report):
        figure, table = self.overlay(layers(report))
        assert (figure.x, figure.y, figure.color, figure.title) == ("x", ("y",), "layer", "Curve")
        assert rows_of(table)[-2:] == [{"layer": 2, "x": 0, "y": 2}, {"layer": 2, "x": 1, "y": 4}]

    def test_other_saes_by_their_names(self, report):
        figure, table = self.overlay([*layers(report, 2), report("wide", 5.0, release="other")])
        assert figure.color == "SAE"
        assert set(table.columns["SAE"]) == {"release:layer_0", "release:layer_1", "other:wide"}

    def test_the_curve_is_what_the_figure_is_about(self, report):
        figure, table = self.overlay(layers(report), y=("other", "y"))
        assert figure.y == ("other",)
        assert set(table.columns["other"]) == {0}

    def test_each_curve_keeps_its_own_places(self, report):
        made = layers(report, 2)
        bins = Table(columns={"x": [0.25, 0.5, 0.75], "y": [1, 2, 3], "other": [0, 0, 0]})
        made[1] = made[1].model_copy(update={"tables": {"curve": bins}})
        _, table = self.overlay(made)
        assert table.columns["x"] == [0, 1, 0.25, 0.5, 0.75]
        assert table.columns["y"] == [0, 0, 1, 2, 3]

    def test_a_null_that_is_the_same_for_all_is_drawn_once(self, report):
        figure, table = self.overlay(layers(report), nulls=("other",), y_names=("seen", "chance"))
        assert (figure.y, figure.nulls, figure.y_names) == (("y", "other"), ("other",), ("seen", "chance"))
        assert rows_of(table)[-2:] == [{"x": 0, "other": 0}, {"x": 1, "other": 0}]
        assert figure.caption == "One curve for each SAE: seen. The same for all: chance."

    def test_a_null_of_each_sae_stands_beside_it(self, report):
        figure, table = self.overlay(layers(report), y=("other", "y"), nulls=("y",), y_names=("seen", "chance"))
        assert (figure.y, figure.nulls) == (("other", "y"), ("y",))
        assert rows_of(table)[-1] == {"layer": 2, "x": 1, "other": 0, "y": 4}
        assert figure.caption == "One curve for each SAE: seen. Each beside its own null: chance."

    @pytest.mark.parametrize("changes", [{"marked": ("y",)}, {"kind": "scatter"}, {"color": "other"}])
    def test_what_is_no_curve_is_not_laid_over(self, report, changes):
        with pytest.raises(ValueError, match="not enough values to unpack"):
            self.overlay(layers(report), **changes)

    def test_one_point_is_no_curve(self, report):
        made = layers(report, 3)
        made[0] = made[0].model_copy(update={"tables": {"curve": Table(columns={"x": [0], "y": [1], "other": [0]})}})
        _, table = self.overlay(made)
        assert set(table.columns["layer"]) == {1, 2}

    def test_captions_and_titles_of_one_sae_are_not_those_of_all(self, report):
        made = [
            one.model_copy(
                update={"figures": (one.figures[0].model_copy(update={"title": f"q = {i}", "caption": f"{i} nats"}),)}
            )
            for i, one in enumerate(layers(report))
        ]
        [drawn] = [one for one in compare(made, profile=True).profile.figures if one.name == "one_curve"]
        assert (drawn.title, drawn.caption) == ("y by x", "One curve for each SAE: y.")

    def test_many_saes_are_drawn_series_by_series(self, report):
        made = [one for i in range(3) for one in layers(report, 4, release=f"release-{i}")]
        names = [figure.name for figure in compare(made, profile=True).profile.figures]
        assert names[1:] == [f"one_curve_release_{i}_layer" for i in range(3)]

    def test_a_base_model_stands_against_its_instruction_tuned_one(self, report):
        made = [*layers(report, 3, release="scope-pt-res"), *layers(report, 2, release="scope-it-res")]
        profile = compare(made, profile=True).profile
        [against] = [figure for figure in profile.figures if "against" in figure.name]
        assert (against.y, against.color) == (("base", "tuned"), "layer")
        assert against.y_names == ("scope-pt-res:layer_*", "scope-it-res:layer_*")
        rows = rows_of(profile.tables[against.table])
        assert {row["layer"] for row in rows} == {0, 1}
        assert {"layer": 1, "x": 1, "tuned": 2} in rows


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
        rows = [row for row in rows_of(profile.tables[profile.figures[0].table]) if row["series"] == published.name]
        assert [row["value"] for row in rows] == list(BLOG_2B.values())
        assert [row["L0"] for row in rows[:3]] == [105, 102, 141]
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


def test_pairs_of_base_and_instruction_tuned():
    names = ["gemma-scope-9b-pt-res:layer_*", "gemma-scope-9b-it-res:layer_*", "bits-it:layer_*", "pythia:layer_*"]
    assert instruction_pairs(names) == [(names[0], names[1])]
    assert instruction_pairs(["llama:layer_*", "llama-instruct:layer_*"]) == [
        ("llama:layer_*", "llama-instruct:layer_*")
    ]
