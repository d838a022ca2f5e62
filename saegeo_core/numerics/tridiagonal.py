"""Eigenvalues of symmetric tridiagonal matrices, on as many threads as ask for them.

SciPy's own call holds the interpreter's lock while LAPACK works, so that draws of spectra would wait for each other.
"""

import ctypes
from functools import lru_cache
from typing import Any

import numpy as np

from saegeo_core.numerics.arrays import Floats


def tridiagonal_eigenvalues(diagonal: Floats, off: Floats) -> Floats:
    """Eigenvalues of a symmetric tridiagonal matrix, ascending, float64 (n,), by the root-free QL method (LAPACK's `dsterf`).

    Args:
        diagonal: (n,), n >= 1. In float32 they are found in two thirds of the time, to about 1e-5 of the largest (`ssterf`).
        off: (n - 1,), beside the diagonal.

    Raises:
        ArithmeticError: it did not converge, as with numbers that are not finite.
    """
    precision = np.float32 if diagonal.dtype == np.float32 else np.float64
    eigenvalues = np.array(diagonal, precision)
    beside = np.append(off, 0.0).astype(precision)
    if len(beside) != len(eigenvalues) or not (np.isfinite(eigenvalues).all() and np.isfinite(beside).all()):
        raise ArithmeticError(
            f"no eigenvalues: {len(eigenvalues)} numbers, {len(off)} beside, all of them to be finite"
        )
    n, info = ctypes.c_int(len(eigenvalues)), ctypes.c_int()
    _sterf("ssterf" if precision is np.float32 else "dsterf")(
        ctypes.byref(n), eigenvalues.ctypes.data, beside.ctypes.data, ctypes.byref(info)
    )
    if info.value:
        raise ArithmeticError(f"{info.value} eigenvalues of {n.value} did not converge")
    return eigenvalues.astype(np.float64)


@lru_cache(maxsize=2)
def _sterf(name: str) -> Any:
    """The routine as SciPy exports it to compiled code: called through ctypes, the lock is free."""
    from scipy.linalg import cython_lapack

    capsule = cython_lapack.__pyx_capi__[name]
    of_capsule = ctypes.pythonapi
    name_of, pointer = of_capsule.PyCapsule_GetName, of_capsule.PyCapsule_GetPointer
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)(pointer(capsule, name_of(capsule)))
