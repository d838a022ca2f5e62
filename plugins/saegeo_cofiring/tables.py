"""The tables, and the figure of them."""

import numpy as np
import pandas as pd

from saegeo_cofiring.graph import Joined
from saegeo_cofiring.modules import ALONE
from saegeo_core import FeatureCloud, Figure, FiringStatistics
from saegeo_core.numerics.arrays import Integers

FIGURES = [
    Figure(
        name="sizes",
        title="How many features modules and components have",
        kind="line",
        table="sizes",
        x="rank",
        y=("module", "component"),
        y_names=("modules", "components"),
        log_x=True,
        log_y=True,
        x_title="rank",
        y_title="features",
    )
]


def features_table(
    cloud: FeatureCloud, firing: FiringStatistics, joined: Joined, modules: Integers, components: Integers
) -> pd.DataFrame:
    """Every live feature: in how many blocks it fires, how many it is joined to, its module and component, whom it fires with most.

    The module of a feature that is joined to none is -1; it has no strongest partner.
    """
    graph = joined.graph
    is_joined = modules != ALONE
    strongest = np.where(is_joined, np.asarray(graph.argmax(axis=1)).ravel(), 0)
    ids = cloud.feature_ids
    return pd.DataFrame(
        {
            "feature": ids,
            "blocks": firing.counts,
            "partners": joined.n_partners,
            "module": modules,
            "component": components,
            "strongest": pd.Series(ids[strongest], dtype="Int64").where(is_joined),
            "phi": pd.Series(np.asarray(graph.max(axis=1).todense()).ravel()).where(is_joined),
            **({"label": cloud.labels} if cloud.labels is not None else {}),
        }
    )


def modules_table(cloud: FeatureCloud, joined: Joined, modules: Integers) -> pd.DataFrame:
    """Every module: features, edges with their mean phi, share of its weight that stays within, and its strongest feature."""
    edges = joined.graph.tocoo()
    n_modules = int(modules.max()) + 1
    strength = np.bincount(edges.row, edges.data, minlength=len(modules))
    of_module = np.bincount(modules[edges.row], edges.data, minlength=n_modules)
    is_within = modules[edges.row] == modules[edges.col]
    inside, weight = modules[edges.row[is_within]], edges.data[is_within]
    n_inside, weight_inside = np.bincount(inside, minlength=n_modules), np.bincount(inside, weight, minlength=n_modules)
    by_strength = np.lexsort((-strength, modules))
    leaders = by_strength[np.searchsorted(modules[by_strength], np.arange(n_modules))] if n_modules else by_strength[:0]
    return pd.DataFrame(
        {
            "module": np.arange(n_modules),
            "features": np.bincount(modules[modules != ALONE], minlength=n_modules),
            "edges": n_inside // 2,
            "mean_phi": weight_inside / np.maximum(n_inside, 1),
            "weight_within": weight_inside / of_module,
            "strongest": cloud.feature_ids[leaders],
            **({"label": [cloud.labels[one] for one in leaders]} if cloud.labels is not None else {}),
        }
    )


def sizes_table(modules: Integers, components: Integers) -> pd.DataFrame:
    """How many features the modules, and the components of two and more, have, the largest first."""
    of_module = pd.Series(np.bincount(modules[modules != ALONE]))
    of_component = pd.Series([size for size in np.bincount(components) if size > 1])
    n_rows = max(len(of_module), len(of_component))
    columns = {"module": of_module, "component": of_component}
    return pd.DataFrame(
        {
            "rank": np.arange(1, n_rows + 1),
            **{name: one.reindex(range(n_rows)).astype("Int64") for name, one in columns.items()},
        }
    )
