"""numpy's and scipy's products take one thread during a run, and what they had before it afterwards."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from saegeo_core import Analysis, FeatureCloud, Findings, Metric, run
from saegeo_core.numerics.blas_threads import one_blas_thread


def blas_threads():
    return {pool["filepath"]: pool["num_threads"] for pool in threadpool_info() if pool["internal_api"] == "openblas"}


@pytest.fixture(autouse=True)
def two_threads():
    import scipy.linalg  # noqa: F401

    if not blas_threads():
        pytest.skip("numpy and scipy are built with another BLAS than OpenBLAS")
    with threadpool_limits(2, user_api="blas"):
        yield


def test_all_pools_have_one_thread_inside_and_their_own_afterwards():
    before = blas_threads()
    assert set(before.values()) == {2}
    with one_blas_thread():
        inside = blas_threads()
    assert inside == dict.fromkeys(before, 1)
    assert blas_threads() == before


def test_what_fails_inside_gives_them_back():
    with pytest.raises(ArithmeticError), one_blas_thread():
        raise ArithmeticError
    assert set(blas_threads().values()) == {2}


def test_an_analysis_runs_with_one():
    seen = []

    class Sees(Analysis):
        name, version, headline, summary, reference = "sees", "1", "none", "What it sees", "none"

        def analyze(self, cloud, parameters, context):
            seen.append(set(blas_threads().values()))
            return Findings(
                [Metric.missing("none", "nothing is measured", unit="u", better="neither", description="d")]
            )

    run(Sees(), FeatureCloud.from_array(np.eye(4, dtype=np.float32)))
    assert seen == [{1}]
    assert set(blas_threads().values()) == {2}
