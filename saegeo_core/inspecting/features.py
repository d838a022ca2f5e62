"""Cards of features, from Python."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from saegeo_core.errors import SaegeoError, near_matches
from saegeo_core.inspecting.feature_cards import FeatureCard, FeatureCards, Neighbor, Value
from saegeo_core.inspecting.stored_facts import WRITTEN_BY, StoredFacts
from saegeo_core.inspecting.what_fires import WhatFires
from saegeo_core.loading import load_cloud
from saegeo_core.loading.feature_choice import chosen_features
from saegeo_core.numerics.arrays import Integers

if TYPE_CHECKING:
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.firing.statistics import FiringStatistics
    from saegeo_core.plugin.manager import PluginManager
    from saegeo_core.report.report import Report

N_NEAREST = 3
OWN = ("id", "norm", "rate", "max")
"""What features can be sorted by besides columns of reports."""


def features(
    sae: "str | FeatureCloud",
    ids: "str | Iterable[int] | None" = None,
    *,
    lobe: int | None = None,
    family: int | None = None,
    table: str | None = None,
    sort: str | None = None,
    most: int | None = None,
    firing: "FiringStatistics | str | Path | None" = None,
    labels: str | Path | None = None,
    results: "str | Path | Sequence[Report]" = "saegeo-results",
    n_nearest: int = N_NEAREST,
    columns: Sequence[str] = (),
    plugins: "PluginManager | None" = None,
) -> FeatureCards:
    """What is known of single features: a card for each.

    Args:
        sae: its name or path, as `load_cloud` takes it, or a cloud.
        ids: numbers of features, also as "1,5,9-20"; None for all.
        lobe: only those of that lobe, by the report on just these directions that tells of it.
        family: only those of that family, likewise.
        table: only those in that table of a report, `lobes.typical_features`, in its order and with its columns.
        sort: "id", "norm", "rate", "max" (activation), or a column of a report; largest first, but ids. By default those of a lobe
            come by how typical of it they are, others by how often they fire.
        most: so many cards; None for all.
        firing: a folder of `harvest`, or firing statistics; bundled SAEs bring their own.
        labels: a file with a text for each feature.
        results: the folder of stored reports, or reports.
        n_nearest: so many nearest features.
        columns: further columns of reports that cards are to have.

    Raises:
        SaegeoError: an SAE, feature, table or column that is not there, a lobe or family that no report knows, a damaged file.
    """
    cloud = (
        load_cloud(sae, labels=None if labels is None else Path(labels), plugins=plugins)
        if isinstance(sae, str)
        else sae
    )
    facts = StoredFacts.of(cloud, results)
    fires = WhatFires.of(cloud, firing)
    rows = np.arange(cloud.n_features) if ids is None else rows_of_ids(cloud, ids)
    words, asked = [], None
    if table is not None:
        asked = facts.table(table)
        facts = facts.preferring(asked)
    for column, value in (("lobe", lobe), ("family", family)):
        if value is not None:
            rows = _in_group(cloud, rows, facts, column, value)
            words.append(f"{column} {value}")
    if asked is not None:
        place = {int(one): row for row, one in enumerate(cloud.feature_ids)}
        among = set(rows.tolist())
        rows = np.array([place[one] for one in asked.features if place.get(one, -1) in among], np.int64)
        words.append(f"table {table}")
    if sort is not None:
        rows = rows[_order(_sorted_by(cloud, fires, facts, sort, rows), descending=sort != "id")]
    elif asked is None and ids is None:
        rows = _by_default(cloud, rows, fires, [] if lobe is None else facts.typical("lobe", lobe))
    sorted_by = [] if sort is None or sort in OWN else [sort]
    shown, names = rows[:most], [*WRITTEN_BY, *columns, *(asked.columns if asked else ()), *sorted_by]
    return FeatureCards(
        cards_of(cloud, shown, fires, facts, names=names, n_nearest=n_nearest),
        cloud.sae,
        chosen=", ".join(words),
        n_chosen=len(rows),
        lacking=_lacking(cloud, fires, facts),
    )


def cards_of(
    cloud: "FeatureCloud",
    rows: Integers,
    fires: WhatFires,
    facts: StoredFacts,
    *,
    names: Iterable[str] = WRITTEN_BY,
    n_nearest: int = N_NEAREST,
) -> list[FeatureCard]:
    """The cards of some rows of a cloud, with the columns of reports of these names."""
    columns = {name: known for name in names if (known := facts.column(name))}
    return [
        _card(
            cloud,
            row,
            nearest,
            fires,
            {name: known.get(int(cloud.feature_ids[row])) for name, known in columns.items()},
        )
        for row, nearest in zip(rows.tolist(), _nearest(cloud, rows, n_nearest), strict=True)
    ]


def _card(
    cloud: "FeatureCloud", row: int, nearest: tuple[Neighbor, ...], fires: WhatFires, of_reports: dict[str, Value]
) -> FeatureCard:
    firing, feature = fires.firing, int(cloud.feature_ids[row])
    total = times = None
    if firing is not None:
        total = None if firing.activation_sum is None else float(firing.activation_sum[row])
        times = None if firing.token_counts is None else int(firing.token_counts[row])
    tokens = () if fires.contexts is None else tuple(fires.contexts.top_tokens_of(feature))
    return FeatureCard(
        feature=feature,
        label=(cloud.labels[row] or None) if cloud.labels is not None else None,
        norm=float(cloud.norms[row]),
        token_rate=times / firing.n_tokens if firing is not None and times is not None and firing.n_tokens else None,
        block_rate=float(firing.counts[row] / firing.n_blocks) if firing is not None and firing.n_blocks else None,
        mean_activation=total / times if total is not None and times else None,
        max_activation=float(firing.activation_max[row])
        if firing is not None and firing.activation_max is not None
        else None,
        top_tokens=tokens,
        shares=tuple(token.activation_sum / total for token in tokens) if total else (),
        contexts=() if fires.contexts is None else tuple(fires.contexts.contexts_of(feature)),
        nearest=nearest,
        of_reports=of_reports,
    )


def _nearest(cloud: "FeatureCloud", rows: Integers, n_wanted: int) -> list[tuple[Neighbor, ...]]:
    """For each row the other features of largest cosine."""
    from saegeo_core.numerics.nearest_neighbors import nearest_neighbors

    n_nearest = min(n_wanted, cloud.n_features - 1)
    if not len(rows) or not n_nearest:
        return [()] * len(rows)
    order = np.concatenate([rows, np.setdiff1d(np.arange(cloud.n_features), rows)])
    found = nearest_neighbors(cloud.vectors[order], n_nearest, of_first=len(rows))
    ids = cloud.feature_ids[order]
    return [
        tuple(Neighbor(int(ids[other]), float(cosine)) for other, cosine in zip(*pair, strict=True))
        for pair in zip(found.indices, found.cosines, strict=True)
    ]


def rows_of_ids(cloud: "FeatureCloud", ids: "str | Iterable[int]") -> Integers:
    """The rows of features by their numbers.

    Raises:
        SaegeoError: one that the SAE has not, or whose direction is zero.
    """
    wanted = chosen_features(ids if isinstance(ids, str) else ",".join(map(str, ids)), cloud.sae.d_sae)
    missing = np.setdiff1d(wanted, cloud.feature_ids)
    if len(missing):
        raise SaegeoError(f"feature {missing[0]} of {cloud.sae.spec} has no direction: its row is zero", "leave it out")
    return np.searchsorted(cloud.feature_ids, wanted)


def _in_group(cloud: "FeatureCloud", rows: Integers, facts: StoredFacts, column: str, value: int) -> Integers:
    known = facts.column(column)
    if not known:
        raise SaegeoError(
            f"no report in {facts.place} knows a {column} of the features of {cloud.sae.spec}",
            f"type saegeo run --plugin {WRITTEN_BY[column]} {cloud.sae.spec}, or name the folder of reports with --results",
        )
    kept = rows[[known.get(int(one)) == value for one in cloud.feature_ids[rows]]]
    if not len(kept):
        groups = sorted({one for one in known.values() if isinstance(one, int)})
        there = f"{column} goes from {groups[0]} to {groups[-1]}" if groups else f"no feature has a {column}"
        raise SaegeoError(f"none of these features is in {column} {value}", there)
    return kept


def _sorted_by(
    cloud: "FeatureCloud",
    fires: WhatFires,
    facts: StoredFacts,
    sort: str,
    rows: Integers,
) -> Sequence[Value]:
    """What rows are sorted by.

    Raises:
        SaegeoError: nothing of that name is known.
    """
    ids: list[int] = cloud.feature_ids[rows].tolist()
    firing = fires.firing
    if sort == "id":
        return ids
    if sort == "norm":
        return [float(one) for one in cloud.norms[rows]]
    if sort in ("rate", "max"):
        values = None if firing is None else firing.activation_max if sort == "max" else firing.token_counts
        if values is None:
            raise SaegeoError(
                f"it is not known how the features of {cloud.sae.spec} fire", "give a harvest of it with --firing"
            )
        return [float(one) for one in values[rows]]
    known = facts.column(sort)
    if not known:
        columns = sorted({name for one in facts.tables.values() for name in one.columns})
        raise SaegeoError(f"no report in {facts.place} has a column {sort!r}", near_matches(sort, [*OWN, *columns]))
    return [known.get(one) for one in ids]


def _order(values: Sequence[Value], *, descending: bool) -> list[int]:
    """Places of values in order: numbers before texts, and what is not known last; equal ones as they stand."""
    places = range(len(values))
    numbers = [one for one in places if isinstance(values[one], int | float)]
    texts = [one for one in places if isinstance(values[one], str)]
    return [
        *sorted(numbers, key=lambda one: -float(values[one]) if descending else float(values[one])),  # type: ignore[arg-type]
        *sorted(texts, key=lambda one: str(values[one])),
        *(one for one in places if values[one] is None),
    ]


def _by_default(cloud: "FeatureCloud", rows: Integers, fires: WhatFires, first: Sequence[int]) -> Integers:
    """Those named first in their order, then those that fire in the most blocks."""
    place = {feature: number for number, feature in enumerate(first)}
    rank = np.array([place.get(int(one), len(place)) for one in cloud.feature_ids[rows]])
    counts = np.zeros(len(rows), np.int64) if fires.firing is None else fires.firing.counts[rows]
    return rows[np.lexsort((-counts, rank))]


def _lacking(cloud: "FeatureCloud", fires: WhatFires, facts: StoredFacts) -> list[str]:
    spec = cloud.sae.spec
    told = []
    harvest = (
        f"type saegeo harvest {spec} --model NAME --corpus FILE --contexts 5, then this with --firing saegeo-harvest"
    )
    if fires.firing is None:
        told.append(f"how often features fire, and on what: {harvest}")
    elif fires.contexts is None:
        told.append(f"what features fire on, which this harvest did not keep: {harvest}")
    elif not fires.contexts.n_contexts:
        told.append(f"in what text features fire, of which only top tokens were kept; with a text of yours: {harvest}")
    missing = [name for name in WRITTEN_BY if not facts.column(name)]
    if missing:
        others = " --set seeds.others=SAE" if "stability" in missing else ""
        analyses = " ".join(f"--plugin {WRITTEN_BY[name]}" for name in missing)
        told.append(f"{', '.join(missing)}: no report in {facts.place}; type saegeo run {analyses}{others} {spec}")
    return told
