"""How far labels are determined by the data, in words. Two things can leave them to chance.

The first k eigenvectors span a space that is as uncertain as the gap after the k-th eigenvalue is small; and where clusters
are many or unclear, runs of k-means end in different ones, depending on where they start.
"""

from collections.abc import Iterator, Mapping, Sequence

from saegeo_lobes.feature_set import Clusters

Clusterings = Mapping[str, Clusters]
"""Of one dictionary, by the name of the measure or the geometry."""

MAX_SPAN_ERROR = 1e-2
"""Radians. A turn of so much moves coordinates by a hundredth of their size, which few labels survive."""
MIN_STABILITY = 0.8
"""Of clusters that are not called dependent on where k-means starts."""


def warnings_of_labels(sae: Clusterings, controls: Sequence[Clusterings] = (), *, k: int) -> Iterator[str]:
    """What of the labels found is not determined: of an SAE for every number of clusters, of controls for `k`."""
    yield from _undetermined_spans(sae, "")
    for number, control in enumerate(controls):
        yield from _undetermined_spans(control, f" of control {number}", only=k)
    if unstable := list(_unstable(sae)):
        yield (
            "clusters depend on where k-means starts: the adjusted Rand index of two runs, 1 for equal ones, falls to "
            + "; ".join(unstable)
        )


def _unstable(clusterings: Clusterings) -> Iterator[str]:
    for name, clusters in clusterings.items():
        stability = {k: clusters.stability(k) for k in clusters.numbers if clusters.stability(k) < MIN_STABILITY}
        if stability:
            yield f"{min(stability.values()):.2f} by {name} (k = {', '.join(map(str, stability))})"


def _undetermined_spans(clusterings: Clusterings, whose: str, only: int | None = None) -> Iterator[str]:
    for name, clusters in clusterings.items():
        for k in clusters.numbers if only is None else (only,):
            error = clusters.embedding.span_error(k)
            if error > MAX_SPAN_ERROR:
                yield (
                    f"{k} clusters by {name}{whose} are not determined: after the eigenvalue numbered {k} the next is smaller "
                    f"by {clusters.embedding.gap(k):.1e} only, which rounding and a residual of "
                    f"{clusters.embedding.residuals[: k + 1].max():.1e} do not tell from 0"
                )
