"""The plugin as a user runs it."""

import json
from pathlib import Path

import numpy as np
import pytest

from saegeo_core import Absent, FeatureCloud, Interval, MissingInput, SaegeoError, run
from saegeo_crystals.declared import DECLARED, GAIN

HELD_OUT = [name for name in DECLARED if not name.endswith("in_sample") and name != "parallelogram_excess"]

QUICK = {"null_draws": 19}


@pytest.fixture
def cloud():
    return FeatureCloud.from_array(np.eye(4, dtype=np.float32))


@pytest.fixture(scope="module")
def bundled_report():
    return run("crystals", "minilm-l6:layer_3", parameters=QUICK | {"measure": "pairs"})


def test_the_bundled_run_needs_nothing(bundled_report):
    report = bundled_report
    assert {*HELD_OUT} <= {metric.name for metric in report.measured}
    for metric in report.measured:
        if metric.name in HELD_OUT:
            assert isinstance(metric.interval, Interval), metric.name
            assert [null.draws for null in metric.nulls] == [19, 19]
            assert metric.n > 0
    raw = report.metric("pairing_consistency_raw")
    assert raw.interval.low > 0.6
    assert raw.nulls[0].pvalue == 0.05
    assert raw.nulls[0].mean == pytest.approx(0.5, abs=0.02)
    assert report.metric("analogy_accuracy_raw").estimate > 0.4
    assert report.metric("silhouette_projected").estimate > report.metric("silhouette_raw").estimate
    assert "blocks.3.hook_resid_post" in report.metric().description
    assert any("328 of 1048 were left out" in warning for warning in report.warnings)


def test_tables_and_figures(bundled_report):
    report = bundled_report
    relations = report.table("relations").set_index("relation")
    assert len(relations) == 18
    assert relations["held_out_by"]["country-currency"] == "output"
    assert relations["held_out_by"]["country-capital"] == "input"
    assert (relations["pairs_used"] == 40).all()
    assert len(report.table("offsets")) == 18 * 18
    assert set(report.table("components")["distractor"]) == {"word_length", "token_count", "last_token_length"}
    kinds = {figure.name: figure.kind for figure in report.figures}
    assert kinds["plane_raw"] == kinds["plane_projected"] == "arrows"
    plane = report.table("plane_projected")
    assert len(plane) >= 4
    assert {"x", "y", "to_x", "to_y"} <= {*plane.columns}


def test_replicates_of_layers_pair_up():
    few = QUICK | {"measure": "pairs", "pairs_per_relation": 20, "only": "antonym,present-past,country-capital"}
    one, other = (run("crystals", f"minilm-l6:layer_{layer}", parameters=few) for layer in (0, 5))
    assert one.replicates().pairs_with(other.replicates())
    assert len(other.replicates().values) == 20
    assert one.metric() != other.metric()


def test_the_same_seed_gives_the_same_findings(parallelograms, as_files, cloud, rng):
    given = as_files(*parallelograms(rng, 4, 12, 10)) | {"measure": "pairs"}
    first, again = (run("crystals", cloud, parameters=given, seed=2) for _ in range(2))
    assert first.measured == again.measured
    assert first.tables == again.tables
    assert run("crystals", cloud, parameters=given, seed=3).measured != first.measured


def test_planted_parallelograms_by_word_vectors(parallelograms, as_files, cloud, rng):
    pairs, vectors = parallelograms(rng, 8, 24, 40)
    report = run("crystals", cloud, parameters=as_files(pairs, vectors) | {"measure": "pairs"})
    gain = report.metric()
    assert gain.name == GAIN
    assert gain.estimate > 0.35
    assert gain.interval.low > 0.3
    assert gain.nulls[0].pvalue == 0.05
    assert report.metric("parallelogram_error_projected").nulls[0].alternative == "less"
    assert report.inputs["word_vectors"]["files"] == 1
    assert report.inputs["relations"]["files"] == 8


def test_small_relations_say_what_they_lack(noise, as_files, cloud, rng):
    report = run("crystals", cloud, parameters=as_files(*noise(rng, 3, 6, 5)) | {"measure": "pairs"})
    assert isinstance(report.metric("pairing_consistency_raw").estimate, Absent)
    assert isinstance(report.metric().estimate, Absent)
    assert report.metric("relation_accuracy_raw").value is not None


def test_words_without_vectors_are_counted_and_named(parallelograms, as_files, cloud, rng):
    pairs, vectors = parallelograms(rng, 3, 20, 6)
    given = as_files(pairs, vectors) | {"measure": "pairs"}
    path = Path(given["word_vectors"])
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith(("in0 ", "out7 "))))
    report = run("crystals", cloud, parameters=given)
    assert any("2 of 120, namely in0, out7" in warning for warning in report.warnings)
    assert report.table("relations")["pairs_used"].tolist() == [18, 18, 18]
    path.write_text("\n".join(lines[:40]))
    with pytest.raises(SaegeoError, match="80 of 120 words have no vector"):
        run("crystals", cloud, parameters=given)


def test_identical_words_are_dropped_and_counted(parallelograms, as_files, cloud, rng, tmp_path):
    given = as_files(*parallelograms(rng, 3, 20, 6)) | {"measure": "pairs"}
    path = tmp_path / "relations" / "relation 1.json"
    path.write_text(json.dumps([*json.loads(path.read_text()), {"input": "in0", "output": "in0"}]))
    report = run("crystals", cloud, parameters=given)
    assert any("1 of identical words" in warning for warning in report.warnings)
    assert report.table("relations")["pairs_given"].tolist() == [20, 20, 20]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"only": "relation 0"}, "telling relations apart takes two or more"),
        ({"only": "relation 0,relation 9"}, "names a relation 'relation 9'"),
        ({"n_folds": 21}, "has 20 pairs, fewer than the 21 folds"),
        ({"relations": "nowhere"}, "crystals.relations: there is no file or folder nowhere"),
        ({"vectors": "features"}, "width 6, the directions of memory:array width 4"),
    ],
)
def test_mistakes(parallelograms, as_files, cloud, rng, parameters, told):
    with pytest.raises(SaegeoError, match=told):
        run("crystals", cloud, parameters=as_files(*parallelograms(rng, 3, 20, 6)) | parameters)


def test_a_relation_of_identical_words_only(parallelograms, as_files, cloud, rng, tmp_path):
    given = as_files(*parallelograms(rng, 3, 20, 6))
    (tmp_path / "relations" / "same.json").write_text('[{"input": "in0", "output": "in0"}]')
    with pytest.raises(SaegeoError, match="in the relation same every input is its own output"):
        run("crystals", cloud, parameters=given)


def test_features_of_words(parallelograms, as_files, rng):
    pairs, vectors = parallelograms(rng, 3, 20, 6)
    cloud = FeatureCloud.from_array(rng.standard_normal((200, 6)).astype(np.float32))
    given = as_files(pairs, vectors) | {"measure": "pairs", "vectors": "features"}
    report = run("crystals", cloud, parameters=given)
    assert "features nearest to" in report.metric().description
    assert report.metric("relation_accuracy_raw").value is not None


def test_frequencies_are_one_more_distractor(parallelograms, as_files, cloud, rng, tmp_path):
    pairs, vectors = parallelograms(rng, 3, 20, 6)
    (tmp_path / "counts.txt").write_text("\n".join(f"{word} {n}" for n, word in enumerate(pairs.words)))
    given = as_files(pairs, vectors) | {"measure": "pairs", "frequencies": str(tmp_path / "counts.txt")}
    report = run("crystals", cloud, parameters=given)
    assert set(report.table("components")["distractor"]) == {"word_length", "log_frequency"}
    assert "without distractors" in set(report.table("comparisons")["way"])
    (gains,) = [one for one in report.figures if one.name == "gain_by_way"]
    assert "word_length, log_frequency" in gains.caption


def test_the_dictionary_alone_needs_no_words(rng):
    cloud = FeatureCloud.from_array(rng.standard_normal((300, 24)).astype(np.float32))
    report = run("crystals", cloud, parameters={"measure": "dictionary", "dictionary_draws": 3})
    assert report.metric().estimate.absent.startswith("word pairs were left out")
    assert report.metric("parallelogram_excess").name == "parallelogram_excess"
    with pytest.raises(MissingInput, match="none that ship"):
        run("crystals", cloud)


def test_each_part_has_a_generator_of_its_own(parallelograms, as_files, rng):
    cloud = FeatureCloud.from_array(rng.standard_normal((300, 24)).astype(np.float32))
    given = as_files(*parallelograms(rng, 3, 20, 6)) | {"dictionary_draws": 3}
    both, pairs, dictionary = (
        run("crystals", cloud, parameters=given | {"measure": part}) for part in ("both", "pairs", "dictionary")
    )
    assert both.metric(GAIN) == pairs.metric(GAIN)
    assert both.metric("parallelogram_excess") == dictionary.metric("parallelogram_excess")


class TestPaperPreset:
    def test_pure_noise_looks_structured(self, noise, as_files, cloud, rng):
        """As many pairs for each dimension as in the paper's shape, 12 x 200 in 2,304, at an eighth of the size."""
        report = run("crystals", cloud, preset="paper", parameters=as_files(*noise(rng, 12, 25, 288)))
        curve = report.table("dimensions").set_index("dimensions")["in_sample"]
        assert curve.index.tolist() == list(range(2, 12))
        assert curve[2] > 0.3
        assert curve[11] > 0.7
        assert report.metric("silhouette_in_sample").estimate == curve[11]
        assert report.metric("silhouette_raw_in_sample").estimate < 0
        assert isinstance(report.metric().estimate, Absent)
        assert any("pure noise" in warning and "1.04" in warning for warning in report.warnings)
        assert any("shuffled partners" in warning for warning in report.warnings)

    def test_it_is_what_scikit_learn_gives(self, parallelograms, as_files, cloud, rng):
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
        from sklearn.metrics import silhouette_score

        pairs, vectors = parallelograms(rng, 5, 20, 8)
        report = run("crystals", cloud, preset="paper", parameters=as_files(pairs, vectors))
        differences = (vectors[pairs.inputs] - vectors[pairs.outputs]).astype(np.float32)
        fitted = LinearDiscriminantAnalysis(n_components=3).fit_transform(differences, pairs.relation)
        curve = report.table("dimensions").set_index("dimensions")["in_sample"]
        assert curve[3] == pytest.approx(silhouette_score(fitted, pairs.relation), abs=1e-3)

    def test_all_pairs_count_as_they_are(self, parallelograms, as_files, cloud, rng, tmp_path):
        given = as_files(*parallelograms(rng, 3, 20, 6))
        path = tmp_path / "relations" / "relation 1.json"
        path.write_text(json.dumps([*json.loads(path.read_text()), {"input": "in0", "output": "in0"}]))
        report = run("crystals", cloud, preset="paper", parameters=given)
        assert report.metric("silhouette_in_sample").n == 61
