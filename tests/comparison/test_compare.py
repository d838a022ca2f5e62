import pytest
from scipy import stats

from saegeo_core import ReportStore, SaegeoError, compare
from saegeo_core.comparison.sae_reports import Failure
from saegeo_core.rendering.comparison.texts import comparison_texts

FIRING = {"digest": "f", "fires_above": 0.0, "block_tokens": 256, "tails": "dropped"}


def names(comparison):
    return [row.name for row in comparison.rows]


class TestRowsAndColumns:
    def test_reports_of_one_sae_make_one_row_and_headlines_are_the_columns(self, report):
        comparison = compare([report("a"), report("b"), report("a", plugin="two")])
        assert names(comparison) == ["release:a", "release:b"]
        assert [column.id for column in comparison.columns] == ["one.value", "two.value"]
        assert comparison.rows[1].cells[1].reason == "no report of two"

    def test_metrics_by_name_and_by_wildcard(self, report, metric):
        one = report("a", metrics=[metric("value", 1.0), metric("share", 0.5), metric("shape", 2.0)])
        assert [c.id for c in compare([one], metrics=["one.shape", "one.sha*"]).columns] == ["one.shape", "one.share"]

    @pytest.mark.parametrize(
        ("wanted", "told"),
        [("one.vale", "did you mean 'one.value'"), ("value", "did you mean 'one.value'"), ("x.y", "known: one.value")],
    )
    def test_an_unknown_metric_has_near_matches(self, report, wanted, told):
        with pytest.raises(SaegeoError, match=told):
            compare([report("a")], metrics=[wanted])

    def test_names_are_told_apart_where_specs_are_not(self, report):
        rows = [
            report("a"),
            report("a", sae={"rows": "encoder"}),
            report("b"),
            report("b", sae={"digest": "0123456789"}),
        ]
        assert names(compare(rows)) == [
            "release:a (decoder)",
            "release:a (encoder)",
            "release:b (brelease)",
            "release:b (01234567)",
        ]

    def test_the_same_report_twice_counts_once(self, report):
        assert names(compare([report("a"), report("a")])) == ["release:a"]

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"parameters": {"k": 2}}, "parameter k: 1 and 2"),
            ({"seed": 5}, "seed: 0 and 5"),
            ({"analysis": {"preset": "paper"}}, "preset: calibrated and paper"),
            ({"analysis": {"version": "2"}}, "version: 1 and 2"),
            ({"inputs": {"firing": FIRING}}, "firing: none and f"),
            ({"inputs": {"activations": {"digest": "0123456789", "hooks": ["a"]}}}, "activations: none and 01234567"),
        ],
    )
    def test_two_reports_of_one_sae_with_other_settings_must_be_chosen_from(self, report, change, told):
        with pytest.raises(SaegeoError, match=told) as refused:
            compare([report("a"), report("a", **change)], allow_incomparable=True)
        assert "choose by --preset" in refused.value.hint

    @pytest.mark.parametrize("later_first", [False, True])
    def test_of_two_reports_that_differ_in_labels_or_in_what_was_known_the_later_counts(self, report, later_first):
        """Both lie in one folder when labels were given, or text harvested, after the first."""
        earlier, later = report("a", 1.0), report("a", 2.0, inputs={"labels": {"digest": "0123"}})
        later = later.model_copy(update={"created": "2024-11-05T00:00:00+00:00"})
        comparison = compare([later, earlier] if later_first else [earlier, later])
        assert [row.cells[0].metric.estimate for row in comparison.rows] == [2.0]

    def test_the_l0_that_was_measured_is_known_of_the_sae_whichever_report_says_so(self, report):
        measured = report("a", sae={"l0": 90.0, "l0_stated": 8.0, "l0_tokens": 1000})
        stated = report("a", plugin="two", sae={"l0": 8.0}).model_copy(update={"created": "2024-11-05T00:00:00+00:00"})
        for reports in ([measured, stated], [stated, measured]):
            comparison = compare([*reports, report("b", sae={"l0": 85.0}), report("b", plugin="two", sae={"l0": 85.0})])
            assert [row.sae.l0 for row in comparison.rows] == [90.0, 85.0]
            assert not comparison.confounds
            assert comparison_texts(comparison).rows[0][1] == "90 (stated 8)"

    def test_nothing_to_compare(self):
        with pytest.raises(SaegeoError, match="no report to compare"):
            compare([])

    def test_folders_files_and_reports_are_taken_alike(self, report, tmp_path):
        reports = [report(sae_id) for sae_id in ("a", "b", "c")]
        store = ReportStore(tmp_path)
        for one in reports[:2]:
            store.write(one, tmp_path / one.sae.sae_id / "one.json")

        def told(*places):
            """All of it, but that of a stored report no more is read than is compared."""
            texts = comparison_texts(compare(*places))
            return texts.rows, texts.notes

        expected = told(reports)
        assert told([tmp_path, reports[2]]) == expected
        assert told([str(tmp_path / "a" / "one.json"), tmp_path / "b", reports[2]]) == expected
        assert told(str(tmp_path)) == told(reports[:2])

    def test_the_name_of_an_sae_is_answered_with_what_to_type(self):
        with pytest.raises(SaegeoError, match="is the name of an SAE") as refused:
            compare(["minilm-l6:layer_3", "minilm-l6:layer_4"])
        assert "sg.run(NAME, 'minilm-l6:layer_3', out=FOLDER)" in refused.value.hint

    def test_saes_named_with_an_analysis_are_measured(self):
        comparison = compare(["minilm-l6:layer_[34]"], plugin="alignment", metrics=["alignment.unaligned_share"])
        assert names(comparison) == ["minilm-l6:layer_3", "minilm-l6:layer_4"]
        assert all(cell.value < 0.01 for row in comparison.rows for cell in row.cells)

    def test_failures_stand_in_their_cells(self, report):
        failures = [Failure("release:a", "two", "it broke"), Failure("release:gone", None, "no such file")]
        comparison = compare([report("a"), report("b", plugin="two")], failures=failures)
        assert names(comparison) == ["release:a", "release:b", "release:gone"]
        assert comparison.row("release:a").cells[1].is_failure
        assert [cell.reason for cell in comparison.row("release:gone").cells] == ["no such file"] * 2


class TestComparability:
    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"parameters": {"k": 2}}, "one, parameter k: 1 \\(release:a, release:c\\), 2 \\(release:b\\)"),
            ({"analysis": {"preset": "paper"}}, "preset"),
            ({"analysis": {"version": "2"}}, "version"),
            ({"analysis": {"package": "other"}}, "package"),
            ({"inputs": {"firing": FIRING | {"fires_above": 1.0}}}, "firing rule"),
            ({"inputs": {"firing": FIRING | {"block_tokens": 128}}}, "block length"),
            ({"inputs": {"firing": FIRING | {"tails": "kept"}}}, "tails"),
        ],
    )
    def test_numbers_made_otherwise_are_refused_and_shown_on_demand(self, report, change, told):
        rows = [report(name, inputs={"firing": FIRING}) for name in "ac"]
        rows.append(report("b", **({"inputs": {"firing": FIRING}} | change)))
        with pytest.raises(SaegeoError, match=told) as refused:
            compare(rows)
        assert "--allow-incomparable" in refused.value.hint
        [found] = compare(rows, allow_incomparable=True).overridden
        assert set(found.values.values()) == {("release:a", "release:c"), ("release:b",)}

    def test_analyses_that_are_not_shown_do_not_matter(self, report):
        rows = [report(name, plugin=plugin, parameters={"k": name}) for name in "ab" for plugin in ("two",)]
        rows += [report("a"), report("b")]
        assert compare(rows, metrics=["one.value"]).overridden == ()

    def test_firing_of_unknown_rule_is_no_contradiction(self, report):
        unknown = {"firing": {"digest": "g", "fires_above": None, "block_tokens": 256, "tails": "dropped"}}
        assert compare([report("a", inputs={"firing": FIRING}), report("b", inputs=unknown)]).overridden == ()


class TestOrder:
    @pytest.fixture
    def rows(self, report):
        return [
            report("layer_2", 3.0, sae={"l0": 20.0, "layer": 2, "d_sae": 64}),
            report("layer_0", 1.0, sae={"l0": None, "layer": 0, "d_sae": 128}),
            report("layer_1", 2.0, sae={"l0": 90.0, "d_sae": 64}),
        ]

    @pytest.mark.parametrize(
        ("key", "order"),
        [
            (None, "201"),
            ("name", "012"),
            ("layer", "012"),
            ("-layer", "210"),
            ("l0", "210"),
            ("-l0", "120"),
            ("one.value", "012"),
            ("-one.value", "210"),
            ("width", "210"),
        ],
    )
    def test_sort(self, rows, key, order):
        assert [name[-1] for name in names(compare(rows, sort=key))] == list(order)

    def test_sort_by_nothing_known(self, rows):
        with pytest.raises(SaegeoError, match="did you mean 'layer'"):
            compare(rows, sort="layr")

    def test_group(self, rows):
        grouped = compare(rows, group_by="width", sort="name")
        assert [(row.group, row.name[-1]) for row in grouped.rows] == [
            ("width 64", "1"),
            ("width 64", "2"),
            ("width 128", "0"),
        ]
        assert [row.group for row in compare(rows, group_by="layer").rows] == ["layer 0", "layer 1", "layer 2"]
        assert {row.group for row in compare(rows, group_by="release").rows} == {"release"}


class TestNumbers:
    def test_p_values_are_corrected_over_the_table(self, report, metric, null):
        p = [0.001, 0.02, 0.03, 0.5]
        rows = [
            report(name, metrics=[metric("value", 1.0, nulls=null(own[0])), metric("other", 1.0, nulls=null(own[1]))])
            for name, own in zip("ab", (p[:2], p[2:]), strict=True)
        ]
        cells = [cell for row in compare(rows, metrics=["one.*"]).rows for cell in row.cells]
        assert [cell.adjusted_pvalue for cell in cells] == pytest.approx(stats.false_discovery_control(p))

    def test_differences_to_the_reference(self, report):
        comparison = compare([report("a", 1.0), report("b", 1.5), report("c", 1.0)], reference="b", fixed_saes=True)
        a, b, c = (row.cells[0].difference for row in comparison.rows)
        assert b is None
        assert a.estimate == -0.5
        assert a.pvalue == pytest.approx(2 * stats.norm.sf(0.5 / (0.1 * 2**0.5 / 1.959964)), rel=1e-4)
        assert [a.adjusted_pvalue, c.adjusted_pvalue] == pytest.approx(
            stats.false_discovery_control([a.pvalue, c.pvalue])
        )

    def test_pairs_where_the_same_parts_were_left_out(self, report):
        rows = [
            report("a", 1.0, replicates=([1.0, 1.2, 0.8], "k")),
            report("b", 2.0, replicates=([2.0, 2.2, 1.81], "k")),
            report("c", 2.0, replicates=([2.0, 2.2, 1.81], "other")),
        ]
        comparison = compare(rows, reference="release:a")
        assert [row.cells[0].difference.is_paired for row in comparison.rows[1:]] == [True, False]

    def test_a_reference_that_is_not_there(self, report):
        with pytest.raises(SaegeoError, match="did you mean 'release:layer_3'"):
            compare([report("layer_3")], reference="release:layer_4")

    def test_seeds_spread_intervals_of_their_configuration_but_not_their_own_difference(self, report):
        seeds = [report(f"s{i}", value, sae={"training": {"seed": i}}) for i, value in enumerate((1.0, 2.0, 3.0))]
        other = report("other", 2.0)
        comparison = compare([*seeds, other], reference="s0", fixed_saes=True)
        cells = {row.name: row.cells[0] for row in comparison.rows}
        assert cells["release:s1"].n_seeds == 3
        assert cells["release:s1"].interval.high - 2.0 > stats.t.ppf(0.975, 2) * 0.99
        assert cells["release:other"].n_seeds == 0
        assert cells["release:other"].interval.high == 2.1
        assert cells["release:s1"].difference.pvalue < 1e-20
        assert cells["release:other"].difference.pvalue > 0.3
        assert "one seed of release:other" in comparison.notes[-1]

    def test_a_difference_that_another_seed_could_make_has_no_pvalue_unless_asked_for(self, report):
        def seeds(name, *values):
            training = {"recipe": name}
            return [
                report(f"{name}{i}", value, sae={"training": {"seed": i, **training}}) for i, value in enumerate(values)
            ]

        rows = [*seeds("a", 1.0, 1.3), *seeds("b", 2.0, 2.2), report("alone", 3.0)]
        found = {row.name: row.cells[0].difference for row in compare(rows, reference="a0").rows}
        assert found["release:b0"].pvalue is not None
        for name, why in (("release:a1", "seeds of one configuration"), ("release:alone", "one seed")):
            assert found[name].interval is not None
            assert found[name].pvalue is None
            assert why in found[name].note
        fixed = {row.name: row.cells[0].difference for row in compare(rows, reference="a0", fixed_saes=True).rows}
        assert all(one.pvalue is not None for name, one in fixed.items() if name != "release:a0")

    def test_where_every_sae_is_one_seed_a_note_says_what_intervals_leave_out(self, report):
        assert "one seed of each SAE" in compare([report("a"), report("b")]).notes[-1]


def test_frame(report):
    frame = compare([report("a"), report("b")], reference="a").frame.set_index("sae")
    assert frame.loc["release:b", ["estimate", "low", "difference"]].tolist() == [1.0, 0.9, 0.0]
