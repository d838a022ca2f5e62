"""One thread for the BLAS of numpy and that of scipy, while torch has all.

Each of the two brings threads of its own, which wait for the next product by spinning. Where products are short and many, they
take the cores from each other and from torch: on two cores the lobes of a bundled dictionary took 22 s so and 12 s without,
its crystals 39 s and 11 s. What is large is multiplied by torch, or done side by side. And sums of one thread do not depend on
how many cores there are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Products and decompositions of numpy and scipy take one thread, in this whole process, until this ends.

    That is so where they are built with OpenBLAS, as those of the package index are; another BLAS may be torch's as well.
    """
    import scipy.linalg  # noqa: F401  # its BLAS is limited only if it is there
    from threadpoolctl import ThreadpoolController

    pools = ThreadpoolController()
    openblas = [pool["filepath"] for pool in pools.info() if pool["internal_api"] == "openblas"]
    with pools.select(filepath=[path for path in openblas if "torch" not in Path(path).parts]).limit(limits=1):
        yield
