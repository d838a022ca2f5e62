"""The whole analysis: what it finds in planted and in bundled dictionaries, and what it says where there is nothing to find."""

import numpy as np
import pytest
import torch
from sklearn.cluster import SpectralClustering
from sklearn.metrics import adjusted_mutual_info_score

from saegeo_core import FeatureCloud, FiringStatistics, SaegeoError, run
from saegeo_core.firing.reflection import Reflection, random_signs
from saegeo_core.firing.statistics import Control
from saegeo_core.synthetic import isotropic
from saegeo_core.synthetic.firing import plant_firing
from saegeo_lobes.affinities import affinity_matrix, shifted_phi
from saegeo_lobes.decoding import published_balanced_accuracy

QUICK = {"affinities": "phi", "null_draws": 99, "isotropic_draws": 0, "document_splits": 4, "n_clusters": "2,6"}
PLANT = {"n_features": 180, "n_blocks": 600, "topic_strength": 8.0, "d_in": 24, "rates": (0.05, 0.3)}
OF_DOCUMENTS = {
    "ami",
    "ami_angular",
    "neighbor_phi_excess",
    "decoding_balanced_accuracy",
    "cramers_v",
    "lobe_text_association",
}


def cloud_of(plant):
    return FeatureCloud.from_array(plant.directions, name="plant")


def with_controls(plant, rng, n_controls=19):
    """The plant beside dictionaries that lie alike, reflected, but fire at any time; and one that lies anywhere."""
    n_features, d_in = plant.directions.shape
    fired = np.concatenate([tile for _, tile in plant.firing.incidence().tiles()])

    def reflected():
        reflection = Reflection(np.eye(d_in, dtype=np.float32), random_signs(d_in, rng))
        known = {name: getattr(plant.firing, name) for name in ("document_of_block", "label_of_block", "label_names")}
        return Control(reflection, FiringStatistics.from_arrays(rng.permuted(fired, axis=0), **known))

    gaussian = Control(isotropic(n_features, d_in, rng).numpy(), plant.firing)
    makers = (*[reflected] * n_controls, lambda: gaussian)
    return FiringStatistics(**{**vars(plant.firing), "controls_from": makers})


@pytest.fixture
def plant(rng):
    return plant_firing(rng, **PLANT)


@pytest.fixture
def quick(plant):
    def analyze(firing=plant.firing, cloud=None, **settings):
        known = settings.pop("seed", 0), settings.pop("preset", "calibrated")
        return run(
            "lobes",
            cloud or cloud_of(plant),
            firing=firing,
            parameters={**QUICK, "k_reported": 6, **settings},
            seed=known[0],
            preset=known[1],
            device="cpu",
        )

    return analyze


def test_planted_topics_are_lobes(quick, plant, rng):
    report = quick(with_controls(plant, rng))
    for name in OF_DOCUMENTS:
        metric = report.metric(name)
        assert -1 <= metric.interval.low <= metric.estimate <= metric.interval.high <= 1
        assert report.replicates(name) is not None
    for name in ("ami", "neighbor_phi_excess", "decoding_balanced_accuracy", "cramers_v"):
        reflected, gaussian, stratified = report.metric(name).nulls[:3]
        assert "reflected" in reflected.model
        assert "(19 controls)" in reflected.model
        assert reflected.pvalue == pytest.approx(1 / 20)
        assert "Gaussian" in gaussian.model
        assert gaussian.pvalue is None
        assert stratified.pvalue == pytest.approx(0.01)
    lobes = report.table("lobes")
    assert adjusted_mutual_info_score(lobes["phi_6"], plant.topic_of_feature[lobes["feature"]]) >= 0.95
    assert report.metric("lobe_text_association").estimate > 0.9
    (told,) = report.warnings  # six topics make no two lobes, and nothing else is wrong
    assert "clusters depend on where k-means starts" in told
    assert "by phi (k = 2)" in told
    rows = report.table("agreement").query("dictionary == 'SAE' and geometry == 'cosine graph'").set_index("k")
    assert rows.loc[6, "stability"] == pytest.approx(1)
    assert rows.loc[2, "stability"] < 0.8


def test_lobes_are_numbered_by_size_and_lead_their_own_topic(quick, plant):
    report = quick()
    sizes = report.table("lobes")["phi_6"].value_counts().sort_index()
    assert sizes.is_monotonic_decreasing
    by_text = report.table("lobe_by_text")
    leading = by_text.loc[by_text.groupby("lobe")["blocks"].idxmax()]
    assert sorted(leading["label"]) == sorted(plant.firing.label_names)
    assert (leading["share_of_label"] > 0.9).all()
    assert (leading["pvalue_corrected"] < 1e-6).all()
    typical = report.table("typical_features")
    assert (typical.groupby("lobe")["mean_phi"].apply(lambda phi: phi.is_monotonic_decreasing)).all()


def test_without_a_control_the_reader_is_told(quick):
    report = quick()
    assert "no control was harvested" in report.warnings[0]
    assert "strata" in report.metric("ami").nulls[0].model


def test_the_same_seed_gives_the_same_report(quick):
    assert quick(seed=3).measured == quick(seed=3).measured


def test_two_threads_find_what_one_finds(quick):
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = quick(n_clusters="2,6,24")
        torch.set_num_threads(2)
        two = quick(n_clusters="2,6,24")
    finally:
        torch.set_num_threads(threads)
    assert one.table("lobes").equals(two.table("lobes"))
    for name in OF_DOCUMENTS:
        assert one.metric(name).estimate == pytest.approx(two.metric(name).estimate, abs=1e-5)


def test_replicates_of_one_harvest_pair_up(quick, plant, rng):
    other = plant_firing(rng, **{**PLANT, "topic_strength": 3.0})
    one, two = quick(), quick(other.firing, cloud_of(other), seed=0)
    for name in OF_DOCUMENTS:
        assert one.replicates(name).pairs_with(two.replicates(name)), name
        assert not one.replicates(name).pairs_with(quick(seed=1).replicates(name)), name


def test_pair_counts_are_enough_for_all_but_text_and_intervals(quick, plant):
    pairs = FiringStatistics.from_cooccurrence(plant.firing.cooccurrence().numpy(), plant.firing.n_blocks)
    whole, report = quick(), quick(pairs)
    for name in ("ami", "ami_angular", "neighbor_phi_excess", "cramers_v"):
        assert report.metric(name).estimate == pytest.approx(whole.metric(name).estimate)
        assert "pair counts" in report.metric(name).interval.absent
    assert "pair counts" in report.metric("lobe_text_association").estimate.absent


def test_one_kind_of_text_makes_no_table(quick, plant):
    one_label = {
        **vars(plant.firing),
        "label_of_block": np.zeros(plant.firing.n_blocks, np.int32),
        "label_names": ("prose",),
    }
    report = quick(FiringStatistics(**one_label))
    assert "no labels" in report.metric("lobe_text_association").estimate.absent
    assert "lobe_by_text" not in report.tables
    assert report.metric("ami").value is not None


def test_dead_features_are_left_out_and_counted(quick, plant):
    fired = np.concatenate([tile for _, tile in plant.firing.incidence().tiles()])
    fired[:, :30] = 0
    known = {name: getattr(plant.firing, name) for name in ("document_of_block", "label_of_block", "label_names")}
    report = quick(FiringStatistics.from_arrays(fired, **known))
    assert report.metric("dead_features").value == 30
    assert report.metric("live_features").value == len(report.table("lobes")) <= 210
    assert "30 never fire" in report.warnings[0]


@pytest.mark.parametrize(
    ("n_blocks", "told"), [(800, "k_reported can be 2 to"), (10, "no number of lobes is possible")]
)
def test_too_few_live_features_name_what_is_possible(quick, rng, n_blocks, told):
    few = plant_firing(rng, n_features=20, n_blocks=n_blocks, n_topics=2, rates=(0.1, 0.3))
    report = quick(few.firing, cloud_of(few), k_reported=50)
    assert told in report.metric("ami").estimate.absent
    assert report.metric("live_features").value is not None


def test_numbers_of_lobes_beyond_the_features_are_named(quick):
    report = quick(n_clusters="6,4000")
    assert any("4000 lobes" in warning for warning in report.warnings)


def test_a_dictionary_too_wide_for_all_pairs_is_joined_to_its_neighbors(quick, plant):
    report = quick(dense_gigabytes=1e-5)
    assert any("most alike partners" in warning for warning in report.warnings)
    assert "does not fit" in report.metric("ami_angular").estimate.absent
    assert report.metric("ami").nulls[0].pvalue == pytest.approx(0.01)
    lobes = report.table("lobes")
    assert adjusted_mutual_info_score(lobes["phi_6"], plant.topic_of_feature[lobes["feature"]]) >= 0.95


def test_the_published_procedure_is_scikit_learn_s(quick, plant):
    report = quick(preset="paper", k_reported=2, n_clusters="2,6", isotropic_draws=3)
    affinity = affinity_matrix(plant.firing.cooccurrence(), plant.firing.n_blocks, shifted_phi).double().numpy()
    cosines = np.clip(plant.directions @ plant.directions.T, -1, 1)
    for k in (2, 6):
        fit = SpectralClustering(k, affinity="precomputed", assign_labels="kmeans", random_state=42)
        theirs = [fit.fit(matrix).labels_ for matrix in (affinity, 1 - np.arccos(cosines) / np.pi)]
        expected = adjusted_mutual_info_score(*theirs)
        rows = report.table("agreement")
        assert rows[(rows["affinity"] == "phi") & (rows["k"] == k)]["ami"].item() == pytest.approx(expected, abs=0.01)
    null = report.metric("ami").nulls[0]
    assert null.z == pytest.approx((report.metric("ami").estimate - null.mean) / null.standard_deviation)
    assert "phi + 1" in report.warnings[0]
    assert "published nulls" in report.warnings[-1]


def test_the_published_procedure_shows_what_the_paper_shows(quick, plant):
    affinities = "phi,jaccard,dice,overlap,smc"
    report = quick(preset="paper", k_reported=6, n_clusters="2,6", isotropic_draws=5, affinities=affinities)
    names = affinities.split(",")
    lobes, by_number = report.table("lobes"), report.table("accuracy_by_number").set_index("k")
    for name in names:
        expected = published_balanced_accuracy(plant.directions, lobes[f"{name}_6"].to_numpy())
        assert by_number.loc[6, name] == pytest.approx(expected)
        assert set(report.table("map")[name]) == {f"lobe {lobe}" for lobe in range(6)}
    assert report.metric("decoding_balanced_accuracy").estimate == by_number.loc[6, "phi"]
    assert "angular_2" in lobes
    drawn = {figure.name for figure in report.figures}
    assert {f"map_{name}" for name in names} <= drawn
    assert {"lobe_by_text", "null_distribution", "null_of_accuracy", "accuracy_by_number"} <= drawn
    for table, column in (("null_distribution", "permuted"), ("null_of_accuracy", "random")):
        assert report.table(table)[column].sum() == pytest.approx(1)
        assert report.table(table)["observed"].sum() == 1
    shares = report.table("lobe_by_text").pivot_table("share_of_label", "label", "lobe")
    assert (shares.sum(axis=1) < 1 + 1e-9).all()


def test_labels_for_one_number_do_not_depend_on_the_others(quick):
    for preset in ("calibrated", "paper"):
        few, many = (quick(preset=preset, n_clusters=asked, document_splits=0) for asked in ("6,9", "2,3,6,9,17"))
        for name in ("phi_6", "phi_9", "angular_9"):
            np.testing.assert_array_equal(few.table("lobes")[name], many.table("lobes")[name])


def test_a_gap_that_no_precision_resolves_is_told(quick, plant):
    """Five groups of features that never fire together: the fourth and fifth eigenvalues are 1 both."""
    fired = np.zeros((500, 180), np.uint8)
    for group in range(5):
        fired[group * 100 : group * 100 + 60, group::5] = np.random.default_rng(0).random((60, 36)) < 0.5
    report = quick(FiringStatistics.from_arrays(fired), k_reported=4, n_clusters="4,5")
    told = [warning for warning in report.warnings if "not determined" in warning]
    assert len(told) == 1
    assert "4 clusters by phi" in told[0]


def test_the_published_procedure_refuses_what_it_cannot_hold(quick):
    with pytest.raises(SaegeoError, match="matrices of all pairs"):
        quick(preset="paper", dense_gigabytes=1e-5)


def test_mathematics_code_and_latex_have_lobes_apart_from_prose_in_the_bundled_release():
    parameters = {**QUICK, "k_reported": 8, "n_clusters": "8", "document_splits": 0}
    report = run("lobes", "minilm-l6:layer_3", parameters=parameters, device="cpu")
    share = report.table("lobe_by_text").pivot_table("share_of_label", "label", "lobe")
    prose = share.loc[["Gutenberg (PG-19)", "PubMed Abstracts", "US Presidential Speeches", "Wikipedia (en)"]]
    for kind in ("Github", "StacksProject", "DM Mathematics"):
        own = share.loc[kind] > 0.2
        assert share.loc[kind, own].sum() > 0.85
        assert (prose.loc[:, own].sum(axis=1) < 0.1).all()
    assert report.metric("ami").nulls[0].pvalue == pytest.approx(1 / 20)
    assert report.metric("ami").nulls[0].ratio > 3
    # The paper's geometry finds no more in the SAE than in Gaussian dictionaries.
    angular = report.metric("ami_angular")
    assert abs(angular.estimate - angular.nulls[1].mean) < 2 * angular.nulls[1].standard_deviation
