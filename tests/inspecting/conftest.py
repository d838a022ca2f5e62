"""A small SAE on disk with a harvest, what its features fire on, and reports that know lobes."""

import numpy as np
import pytest

from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.firing.contexts import FiringContexts
from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.report.report import Report, table_from_frame

N_FEATURES, N_BLOCKS = 12, 40


@pytest.fixture
def cloud(rng):
    """Twelve directions in five dimensions, of norms 1 to 12; feature 1 is nearly feature 0."""
    vectors = rng.standard_normal((N_FEATURES, 5))
    vectors[1] = vectors[0] + 1e-3 * vectors[1]
    vectors *= np.arange(1, N_FEATURES + 1)[:, None] / np.linalg.norm(vectors, axis=1, keepdims=True)
    return FeatureCloud.from_array(
        vectors, name="twelve", labels=[f"label {i}" if i % 2 else "" for i in range(N_FEATURES)]
    )


@pytest.fixture
def contexts():
    """Feature i < 11 fires on `def` most; feature 11 never."""
    features = np.repeat(np.arange(N_FEATURES - 1), 2)
    n = len(features)
    return FiringContexts.from_columns(
        2,
        {
            "feature": features,
            "value": np.tile([3.0, 2.0], n // 2),
            "document": np.tile([4, 1], n // 2),
            "position": np.full(n, 1),
            "tokens": [["class", " Moon", ":\n    ", "def", " rise"]] * n,
            "fired": np.tile([3, 1], n // 2),
        },
        {
            "feature": features,
            "text": ["def", " Moon"] * (n // 2),
            "token": np.tile([7, 9], n // 2),
            "count": np.tile([5, 1], n // 2),
            "activation_sum": np.tile([6.0, 2.0], n // 2),
        },
    )


@pytest.fixture
def harvest(tmp_path, cloud, contexts):
    """A harvest folder; feature i fires in 3 i blocks, feature 11 in none."""
    fired = np.zeros((N_BLOCKS, N_FEATURES), bool)
    for feature in range(N_FEATURES - 1):
        fired[: 3 * feature + 1, feature] = True
    counts = fired.sum(0)
    firing = FiringStatistics.from_arrays(
        fired,
        token_counts=counts * 2,
        activation_sum=np.where(counts, 10.0, 0),
        activation_sum_of_squares=np.where(counts, 20.0, 0),
        activation_max=np.where(counts, 3.0, 0).astype(np.float32),
        n_tokens=400,
        block_tokens=10,
        sae_digest=cloud.digest,
    )
    folder = tmp_path / "harvest" / "memory" / "twelve"
    firing.write(folder)
    contexts.write(folder)
    return tmp_path / "harvest"


@pytest.fixture
def store_report(tmp_path, cloud, mean_norm):
    """Stores a report on the cloud with these tables, as if that analysis had made it."""
    from saegeo_core import run

    def stored(name, tables, *, preset="calibrated", created="2026-01-01T00:00:00+00:00", digest=None):
        made = run(mean_norm, cloud)
        told = made.model_copy(
            update={
                "analysis": made.analysis.model_copy(update={"name": name, "preset": preset}),
                "tables": {table: table_from_frame(frame) for table, frame in tables.items()},
                "figures": (),
                "created": created,
                "sae": made.sae if digest is None else made.sae.model_copy(update={"digest": digest}),
            }
        )
        folder = tmp_path / "results" / "memory" / "twelve"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}-{len(list(folder.iterdir())):012x}.json").write_text(Report.to_json(told))
        return tmp_path / "results"

    return stored
