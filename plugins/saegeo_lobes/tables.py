"""The tables of the calibrated preset, each a plain frame, and the drawings of both presets."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from saegeo_core import Absent, FeatureCloud, Figure
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.statistics.permutation import permutation_pvalue
from saegeo_lobes.agreement import Agreement
from saegeo_lobes.controls import Untrained
from saegeo_lobes.feature_lobes import FeatureLobes
from saegeo_lobes.feature_set import Clusters, FeatureSet
from saegeo_lobes.lobe_text import LobeByText
from saegeo_lobes.nulls import NAIVE, STRATIFIED, NullModels
from saegeo_lobes.phi_of_pairs import phi_by_cosine, typical_features

if TYPE_CHECKING:
    from saegeo_core.progress import Progress

N_TYPICAL = 10
DRAWS_OF_A_CURVE = 19
HISTOGRAM_BINS = 60
IN_WORDS = {
    "observed": "this SAE",
    "sae": "this SAE",
    "permuted": "lobes permuted",
    "stratified": "permuted among features that fire as often",
    "naive": "permuted among all features",
    "reflected": "reflected controls",
    "gaussian": "Gaussian controls",
    "control": "the first control",
    "random": "random directions",
    "mean_phi": "this SAE",
}
"""What legends call columns of tables; affinities by their own names."""
PERMUTED = "permuted"
NULLS = (PERMUTED, "stratified", "naive", "reflected", "gaussian", "control", "random")
WORD_OF_MODEL = {STRATIFIED: "stratified", NAIVE: "naive"}


def tables_of(
    cloud: FeatureCloud,
    sae: FeatureLobes,
    controls: Sequence[Untrained],
    models: NullModels,
    *,
    progress: "Progress",
) -> dict[str, pd.DataFrame]:
    """Every table but the map."""
    features = sae.features
    rows = list(agreement_rows(features, controls, models, sae.k, progress))
    tables = {"lobes": lobes_table(cloud, features), "agreement": pd.DataFrame(rows)}
    for geometry in features.settings.geometries:
        tables[f"agreement_with_{geometry.replace(' ', '_')}"] = by_number(rows, geometry)
    accuracies = list(accuracy_rows(sae, models))
    if accuracies:
        tables["accuracy_by_number"] = pd.DataFrame(accuracies)
    tables["null_distribution"] = null_table(sae, controls, models)
    if not isinstance(sae.text, Absent):
        tables["lobe_by_text"] = lobe_by_text_table(sae.text, features.firing.label_names)
    tables["typical_features"] = typical_table(cloud, sae)
    tables["phi_by_cosine"] = phi_by_cosine_table(features, controls)
    tables["eigenvalues"] = eigenvalue_table(features)
    return tables


def lobes_table(cloud: FeatureCloud, features: FeatureSet) -> pd.DataFrame:
    """The label of every live feature for every affinity, geometry and number of clusters."""
    columns = {"feature": cloud.feature_ids}
    sides = {name: features.lobes(name) for name in features.settings.measures}
    sides |= {name: features.geometry(name) for name in features.settings.geometries}
    for name, clusters in sides.items():
        for k in clusters.numbers:
            columns[f"{name.replace(' ', '_')}_{k}"] = clusters.labels(k)
    return pd.DataFrame(columns)


def agreement_rows(
    sae: FeatureSet, controls: Sequence[Untrained], models: NullModels, k: int, progress: "Progress"
) -> Iterator[dict[str, Any]]:
    """A row for every affinity, geometry and number of lobes, with p-values for the SAE; of controls for phi and `k` alone.

    `stability` and `stability_of_geometry` say how far runs of k-means agree on either side (adjusted Rand index).
    """
    geometries, numbers = sae.settings.geometries, sae.settings.n_clusters
    of_sae: Mapping[str, Clusters] = {
        **{name: sae.lobes(name) for name in sae.settings.measures},
        **{name: sae.geometry(name) for name in geometries},
    }
    sides = [("SAE", measure, of_sae, numbers) for measure in sae.settings.measures]
    sides += [
        (f"{control.kind} control {number}", "phi", control.clusterings, (k,))
        for number, control in enumerate(controls)
    ]
    for name, measure, clusterings, numbers_here in progress(sides, len(sides), "lobes"):
        lobes = clusterings[measure]
        for geometry in geometries:
            directions = clusterings[geometry]
            for k_here in numbers_here:
                agreement = Agreement(lobes.labels(k_here), directions.labels(k_here))
                yield {
                    "dictionary": name,
                    "affinity": measure,
                    "geometry": geometry,
                    "k": k_here,
                    "ami": agreement.adjusted_mutual_information,
                    "stability": lobes.stability(k_here),
                    "stability_of_geometry": directions.stability(k_here),
                    **(_null_columns(agreement, models) if clusterings is of_sae else {}),
                    "g_statistic": agreement.g_statistic,
                    "degrees_of_freedom": agreement.degrees_of_freedom,
                    "cramers_v": agreement.cramers_v,
                }


def _null_columns(agreement: Agreement, models: NullModels) -> dict[str, float | None]:
    columns: dict[str, float | None] = {}
    for model, draws in models.permuted(agreement.permuted).items():
        word, observed = WORD_OF_MODEL[model], agreement.adjusted_mutual_information
        columns |= {
            f"null_{word}": float(draws.mean()),
            f"pvalue_{word}": permutation_pvalue(observed, draws, "greater"),
        }
    return columns


def accuracy_rows(sae: FeatureLobes, models: NullModels) -> Iterator[dict[str, Any]]:
    """For each number of lobes the probe's accuracy, and its mean over a few stratified permutations."""
    for k in sae.features.settings.n_clusters:
        at_k = sae.at(k)
        classes = at_k.classes
        if isinstance(classes, Absent):
            continue
        permuted = classes[models.stratified[:DRAWS_OF_A_CURVE]]
        yield {"k": k, "sae": at_k.accuracy, "permuted": at_k.probe.balanced_accuracies(permuted).mean()}


def eigenvalue_table(features: FeatureSet) -> pd.DataFrame:
    """The leading eigenvalues of phi and of each geometry: a gap after the k-th speaks for k clusters."""
    sides = {"phi": features.lobes("phi")} | {name: features.geometry(name) for name in features.settings.geometries}
    columns = {name.replace(" ", "_"): clusters.embedding.eigenvalues for name, clusters in sides.items()}
    return pd.DataFrame({"rank": np.arange(1, len(columns["phi"]) + 1), **columns})


def by_number(rows: Sequence[Mapping[str, Any]], geometry: str) -> pd.DataFrame:
    """From rows of the agreement table the SAE's adjusted mutual information with one geometry: k by affinity.

    `permuted` is the mean over stratified permutations of the lobes by phi.
    """
    frame = pd.DataFrame([row for row in rows if row["geometry"] == geometry])
    of_sae = frame[frame["dictionary"] == "SAE"]
    trained = of_sae.pivot_table(index="k", columns="affinity", values="ami", sort=False)
    by_phi = of_sae[of_sae["affinity"] == "phi"].set_index("k")
    return trained.assign(**{PERMUTED: by_phi[f"null_{WORD_OF_MODEL[STRATIFIED]}"]}).reset_index()


def null_table(sae: FeatureLobes, controls: Sequence[Untrained], models: NullModels) -> pd.DataFrame:
    """Histograms of the agreement's null distributions, as shares of draws.

    A bar of height 1 stands at the SAE's value.
    """
    draws = models.permuted(sae.graph_agreement.permuted)
    shown = {WORD_OF_MODEL[model]: values for model, values in draws.items()}
    shown["observed"] = np.array([sae.graph_agreement.adjusted_mutual_information])
    for kind in dict.fromkeys(control.kind for control in controls):
        of_kind = [control.agreement for control in controls if control.kind == kind]
        shown[kind] = np.array([agreement.adjusted_mutual_information for agreement in of_kind])
    return histograms(shown)


def histograms(shown: Mapping[str, Floats]) -> pd.DataFrame:
    """Shares of each set of values in common bins; a single value is a bar of height 1."""
    edges = np.histogram_bin_edges(np.concatenate(list(shown.values())), HISTOGRAM_BINS)
    shares = {name: np.histogram(values, edges)[0] / len(values) for name, values in shown.items()}
    return pd.DataFrame({"value": (edges[:-1] + edges[1:]) / 2, **shares})


def lobe_by_text_table(text: LobeByText, label_names: Sequence[str]) -> pd.DataFrame:
    """For each lobe and kind of text: blocks, share of the kind's blocks, documents, and the corrected p of enrichment."""
    n_lobes, n_labels = text.blocks.shape
    lobe, label = np.divmod(np.arange(n_lobes * n_labels), n_labels)
    return pd.DataFrame(
        {
            "lobe": lobe,
            "label": np.array(label_names, object)[label],
            "blocks": text.blocks.ravel(),
            "share_of_label": (text.blocks / np.maximum(text.blocks.sum(0), 1)).ravel(),
            "documents": text.documents.ravel(),
            "pvalue_corrected": text.enrichment().ravel(),
        }
    )


def typical_table(cloud: FeatureCloud, sae: FeatureLobes) -> pd.DataFrame:
    """For each lobe the features that fire most alike with the rest of it, the most typical first."""
    within = sae.features.mean_phi_within(sae.lobes)
    rows = [
        {
            "lobe": lobe,
            "rank": rank,
            "feature": int(cloud.feature_ids[one]),
            "mean_phi": float(within[one]),
            "blocks": int(sae.features.firing.counts[one]),
            **({"label": cloud.labels[one]} if cloud.labels is not None else {}),
        }
        for lobe, members in typical_features(within, sae.lobes, N_TYPICAL).items()
        for rank, one in enumerate(members, 1)
    ]
    return pd.DataFrame(rows)


def phi_by_cosine_table(features: FeatureSet, controls: Sequence[Untrained]) -> pd.DataFrame:
    """Mean phi of all pairs in bins of cosine, beside that of the first control; bins without a pair are left out."""
    curve = phi_by_cosine(features.phi_rows(), features.cosines_from)
    middle = (curve.edges[:-1] + curve.edges[1:]) / 2
    columns: dict[str, Any] = {"cosine": middle, "pairs": curve.n_pairs, "mean_phi": curve.mean_phi}
    for control in controls[:1]:
        columns["control"] = control.mean_phi
    frame = pd.DataFrame(columns)
    return frame[frame["pairs"] > 0].reset_index(drop=True)


def map_table(cloud: FeatureCloud, coordinates: Floats, lobes: Mapping[str, Integers]) -> pd.DataFrame:
    """Where each feature lies on the map, and its lobe, in a column for each of the `lobes` by name."""
    return pd.DataFrame(
        {
            "feature": cloud.feature_ids,
            "x": coordinates[:, 0].astype(np.float32),
            "y": coordinates[:, 1].astype(np.float32),
            **{name: [f"lobe {lobe}" for lobe in labels] for name, labels in lobes.items()},
            **({"label": cloud.labels} if cloud.labels is not None else {}),
        }
    )


def figures_of(tables: Mapping[str, pd.DataFrame], k: int, map_method: str) -> list[Figure]:
    """The drawings of the tables that are there; `k` lobes are reported."""
    drawn = [
        *(_agreement(tables, geometry) for geometry in ("cosine_graph", "angular")),
        _accuracy(tables),
        _null_distribution(tables, k),
        LOBE_BY_TEXT,
        _map(tables, k, map_method),
        _phi_by_cosine(tables),
    ]
    return [figure for figure in drawn if figure is not None and figure.table in tables]


def published_figures(
    tables: Mapping[str, pd.DataFrame], k: int, map_method: str, measures: Sequence[str]
) -> list[Figure]:
    """The paper's two curves, their nulls, what each of the `k` lobes processes, and a map for each of the measures."""
    drawn = [
        _agreement(tables, "angular"),
        _accuracy(tables),
        _null_distribution(tables, k),
        _null_of_accuracy(tables, k),
        LOBE_BY_TEXT,
        *(_map(tables, k, map_method, measure) for measure in measures),
    ]
    return [figure for figure in drawn if figure is not None and figure.table in tables]


LOBE_BY_TEXT = Figure(
    name="lobe_by_text",
    title="What each lobe processes",
    kind="heatmap",
    table="lobe_by_text",
    x="label",
    y=("lobe",),
    z="share_of_label",
    x_title="kind of text",
    y_title="lobe",
    z_title="share of the kind's blocks",
    caption="Share of the blocks of each kind of text that each lobe leads; lobes are numbered by size.",
)


def _agreement(tables: Mapping[str, pd.DataFrame], geometry: str) -> Figure | None:
    name = f"agreement_with_{geometry}"
    if name not in tables:
        return None
    return Figure(
        name=name,
        title=f"Agreement of lobes with clusters of directions, {geometry.replace('_', ' ')}",
        kind="line",
        table=name,
        x="k",
        **_columns("k", tables[name]),
        log_x=True,
        x_title="number of lobes",
        y_title="adjusted mutual information",
        caption="Lobes by each affinity; permuted are those by phi, among features that fire as often.",
    )


def _accuracy(tables: Mapping[str, pd.DataFrame]) -> Figure | None:
    if "accuracy_by_number" not in tables:
        return None
    return Figure(
        name="accuracy_by_number",
        title="How well a feature's lobe is told from its direction",
        kind="line",
        table="accuracy_by_number",
        x="k",
        **_columns("k", tables["accuracy_by_number"]),
        log_x=True,
        x_title="number of lobes",
        y_title="balanced accuracy",
    )


def _null_distribution(tables: Mapping[str, pd.DataFrame], k: int) -> Figure:
    return Figure(
        name="null_distribution",
        title=f"Agreement at {k} lobes, and its nulls",
        kind="step",
        table="null_distribution",
        x="value",
        **_columns("value", tables["null_distribution"]),
        marked=("observed",),
        x_title="adjusted mutual information",
        y_title="share of draws",
    )


def _null_of_accuracy(tables: Mapping[str, pd.DataFrame], k: int) -> Figure | None:
    if "null_of_accuracy" not in tables:
        return None
    return Figure(
        name="null_of_accuracy",
        title=f"Telling {k} lobes from directions, and from random ones",
        kind="step",
        table="null_of_accuracy",
        x="value",
        **_columns("value", tables["null_of_accuracy"]),
        marked=("observed",),
        x_title="balanced accuracy",
        y_title="share of draws",
    )


def _map(tables: Mapping[str, pd.DataFrame], k: int, method: str, measure: str = "") -> Figure:
    """Colored by lobe; by the lobes of one measure, where the map shows those of several."""
    return Figure(
        name=f"map_{measure}" if measure else "map",
        title=f"The dictionary on a plane ({method}){f', lobes by {measure}' if measure else ''}",
        kind="scatter",
        table="map",
        x="x",
        y=("y",),
        color=measure or "lobe",
        hover="label" if "label" in tables["map"].columns else "feature",
        x_title="first axis of the map",
        y_title="second axis of the map",
        color_title="lobe",
        caption=f"Features close on the map point in like directions; color is the lobe, of {k}.",
    )


def _phi_by_cosine(tables: Mapping[str, pd.DataFrame]) -> Figure:
    return Figure(
        name="phi_by_cosine",
        title="Firing together against lying together",
        kind="line",
        table="phi_by_cosine",
        x="cosine",
        **_columns("cosine", tables["phi_by_cosine"].drop(columns="pairs")),
        x_title="cosine of two features",
        y_title="mean phi",
    )


def _columns(x: str, table: pd.DataFrame) -> dict[str, Any]:
    """What a figure draws: the columns that are not `x`, the SAE's first, their names, and which of them are nulls."""
    nulls = [name for name in table.columns if name in NULLS]
    y = [name for name in table.columns if name not in (x, *nulls)] + nulls
    return {"y": tuple(y), "y_names": tuple(IN_WORDS.get(name, name) for name in y), "nulls": tuple(nulls)}
