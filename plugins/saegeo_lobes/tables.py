"""The tables of the calibrated preset, each a plain frame."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core import Absent, FeatureCloud
from saegeo_core.measuring.null_comparison import drawn_null
from saegeo_lobes.agreement import Agreement
from saegeo_lobes.decoding import merge_small_classes
from saegeo_lobes.dictionary import Dictionary
from saegeo_lobes.estimates import AtK
from saegeo_lobes.permutation_nulls import NAIVE, STRATIFIED, Permutations
from saegeo_lobes.phi_by_cosine import phi_by_cosine
from saegeo_lobes.typical_features import mean_phi_within, typical_features

if TYPE_CHECKING:
    import pandas as pd

    from saegeo_core.progress import Progress

N_TYPICAL = 10
DRAWS_OF_A_CURVE = 19
HISTOGRAM_BINS = 60

Floats = NDArray[np.float64]


def tables_of(
    cloud: FeatureCloud,
    at: AtK,
    controls: Sequence[AtK],
    permutations: Permutations,
    null_of_ami: Mapping[str, Floats],
    *,
    progress: "Progress",
) -> "dict[str, pd.DataFrame]":
    """Every table but the map."""
    import pandas as pd

    sae, others = at.dictionary, [one.dictionary for one in controls]
    rows = list(agreement_rows(sae, others, permutations, progress))
    tables = {"lobes": lobes_table(cloud, sae), "agreement": pd.DataFrame(rows)}
    for geometry in sae.settings.geometries:
        tables[f"agreement_with_{geometry.replace(' ', '_')}"] = by_number(rows, geometry)
    accuracies = list(accuracy_rows(at, controls, permutations))
    if accuracies:
        tables["accuracy_by_number"] = pd.DataFrame(accuracies)
    tables["null_distribution"] = null_table(
        at.graph_agreement.adjusted_mutual_information,
        [one.graph_agreement.adjusted_mutual_information for one in controls],
        {"stratified": null_of_ami[STRATIFIED], "naive": null_of_ami[NAIVE]},
    )
    by_text = lobe_by_text_table(at)
    if by_text is not None:
        tables["lobe_by_text"] = by_text
    tables["typical_features"] = typical_table(cloud, at)
    tables["phi_by_cosine"] = phi_by_cosine_table(sae, others)
    tables["eigenvalues"] = eigenvalue_table(sae)
    return tables


def lobes_table(cloud: FeatureCloud, dictionary: Dictionary) -> "pd.DataFrame":
    """The label of every live feature for every affinity, geometry and number of clusters."""
    import pandas as pd

    columns = {"feature": cloud.feature_ids}
    sides = {name: dictionary.lobes(name) for name in dictionary.settings.measures}
    sides |= {name: dictionary.geometry(name) for name in dictionary.settings.geometries}
    for name, clusters in sides.items():
        for k, labels in clusters.labels.items():
            columns[f"{name.replace(' ', '_')}_{k}"] = labels
    return pd.DataFrame(columns)


def agreement_rows(
    sae: Dictionary, controls: Sequence[Dictionary], permutations: Permutations, progress: "Progress"
) -> Iterator[dict[str, Any]]:
    """A row for every dictionary, affinity, geometry and number of lobes; with p-values for the SAE."""
    names = {"SAE": sae} | {f"control {number}": control for number, control in enumerate(controls)}
    cells = [(name, one, measure) for name, one in names.items() for measure in one.settings.measures]
    for name, one, measure in progress(cells, len(cells), "lobes"):
        for geometry in one.settings.geometries:
            for k, labels in one.lobes(measure).labels.items():
                agreement = Agreement(labels, one.geometry(geometry).labels[k])
                yield {
                    "dictionary": name,
                    "affinity": measure,
                    "geometry": geometry,
                    "k": k,
                    "ami": agreement.adjusted_mutual_information,
                    **(_null_cells(agreement, permutations) if one is sae else {}),
                    "g_statistic": agreement.g_statistic,
                    "degrees_of_freedom": agreement.degrees_of_freedom,
                    "cramers_v": agreement.cramers_v,
                }


def _null_cells(agreement: Agreement, permutations: Permutations) -> dict[str, float | None]:
    cells: dict[str, float | None] = {}
    words = {STRATIFIED: "stratified", NAIVE: "naive"}
    for model, draws in permutations.of_agreement(agreement).items():
        judged = drawn_null(model, agreement.adjusted_mutual_information, draws)
        cells |= {f"null_{words[model]}": judged.mean, f"pvalue_{words[model]}": judged.pvalue}
    return cells


def accuracy_rows(at: AtK, controls: Sequence[AtK], permutations: Permutations) -> Iterator[dict[str, Any]]:
    """For each number of lobes the probe's accuracy, its mean over a few stratified permutations, and the first control's."""
    for k in at.dictionary.settings.n_clusters:
        classes, _ = merge_small_classes(at.dictionary.lobes("phi").labels[k])
        if classes.max() < 1:
            continue
        permuted = classes[permutations.stratified[:DRAWS_OF_A_CURVE]]
        row = {
            "k": k,
            "sae": at.probe.balanced_accuracies(classes[None])[0],
            "permuted": at.probe.balanced_accuracies(permuted).mean(),
        }
        for control in controls[:1]:
            accuracy = control.accuracy(control.dictionary.lobes("phi").labels[k])
            row["control"] = None if isinstance(accuracy, Absent) else accuracy
        yield row


def eigenvalue_table(dictionary: Dictionary) -> "pd.DataFrame":
    """The leading eigenvalues of phi and of each geometry: a gap after the k-th speaks for k clusters."""
    import pandas as pd

    sides = {"phi": dictionary.lobes("phi")} | {
        name: dictionary.geometry(name) for name in dictionary.settings.geometries
    }
    columns = {name.replace(" ", "_"): clusters.eigenvalues for name, clusters in sides.items()}
    return pd.DataFrame({"rank": np.arange(1, dictionary.settings.n_clusters[-1] + 1), **columns})


def by_number(rows: Sequence[Mapping[str, Any]], geometry: str) -> "pd.DataFrame":
    """From rows of the agreement table the adjusted mutual information with one geometry: k by affinity and dictionary."""
    import pandas as pd

    frame = pd.DataFrame([row for row in rows if row["geometry"] == geometry])
    trained = frame[frame["dictionary"] == "SAE"].pivot_table(index="k", columns="affinity", values="ami", sort=False)
    others = frame[(frame["dictionary"] != "SAE") & (frame["affinity"] == "phi")]
    if len(others):
        trained["phi_of_control"] = others.groupby("k")["ami"].mean()
    return trained.reset_index()


def null_table(observed: float, controls: Sequence[float], draws: Mapping[str, Floats]) -> "pd.DataFrame":
    """Histograms of null distributions, as shares of draws; bars of height 1 stand at the SAE's value and at the controls'."""
    import pandas as pd

    shown = {**draws, "observed": np.array([observed]), **({"control": np.array(controls)} if controls else {})}
    edges = np.histogram_bin_edges(np.concatenate(list(shown.values())), HISTOGRAM_BINS)
    shares = {name: np.histogram(values, edges)[0] / len(values) for name, values in shown.items()}
    return pd.DataFrame({"value": (edges[:-1] + edges[1:]) / 2, **shares})


def lobe_by_text_table(at: AtK) -> "pd.DataFrame | None":
    """For each lobe and kind of text: blocks, share of the kind's blocks, documents, and the corrected p of enrichment."""
    import pandas as pd

    text = at.own_text
    if isinstance(text, Absent):
        return None
    n_lobes, n_labels = text.blocks.shape
    lobe, label = np.divmod(np.arange(n_lobes * n_labels), n_labels)
    return pd.DataFrame(
        {
            "lobe": lobe,
            "label": np.array(at.dictionary.firing.label_names, object)[label],
            "blocks": text.blocks.ravel(),
            "share_of_label": (text.blocks / np.maximum(text.blocks.sum(0), 1)).ravel(),
            "documents": text.documents.ravel(),
            "pvalue_corrected": text.enrichment().ravel(),
        }
    )


def typical_table(cloud: FeatureCloud, at: AtK) -> "pd.DataFrame":
    """For each lobe the features that fire most alike with the rest of it, the most typical first."""
    import pandas as pd

    within = mean_phi_within(at.dictionary.phi_rows(), at.lobes)
    rows = [
        {
            "lobe": lobe,
            "rank": rank,
            "feature": int(cloud.feature_ids[one]),
            "mean_phi": float(within[one]),
            "blocks": int(at.dictionary.firing.counts[one]),
            **({"label": cloud.labels[one]} if cloud.labels is not None else {}),
        }
        for lobe, members in typical_features(within, at.lobes, N_TYPICAL).items()
        for rank, one in enumerate(members, 1)
    ]
    return pd.DataFrame(rows)


def phi_by_cosine_table(dictionary: Dictionary, controls: Sequence[Dictionary]) -> "pd.DataFrame":
    """Mean phi of all pairs in bins of cosine, beside that of the first control; bins without a pair are left out."""
    import pandas as pd

    curve = phi_by_cosine(dictionary.phi_rows(), dictionary.units)
    middle = (curve.edges[:-1] + curve.edges[1:]) / 2
    columns = {"cosine": middle, "pairs": curve.n_pairs, "mean_phi": curve.mean_phi}
    for control in controls[:1]:
        columns["control"] = phi_by_cosine(control.phi_rows(), control.units).mean_phi
    frame = pd.DataFrame(columns)
    return frame[frame["pairs"] > 0].reset_index(drop=True)


def map_table(cloud: FeatureCloud, coordinates: Floats, lobes: NDArray[np.int64]) -> "pd.DataFrame":
    """Where each live feature lies on the map, and its lobe."""
    import pandas as pd

    return pd.DataFrame(
        {
            "feature": cloud.feature_ids,
            "x": coordinates[:, 0].astype(np.float32),
            "y": coordinates[:, 1].astype(np.float32),
            "lobe": [f"lobe {lobe}" for lobe in lobes],
            **({"label": cloud.labels} if cloud.labels is not None else {}),
        }
    )
