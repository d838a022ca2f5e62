"""Eigenvalues of symmetric tridiagonal matrices, on as many threads as ask for them.

SciPy's own call holds the interpreter's lock while LAPACK works, so that draws of spectra would wait for each other.
"""

import ctypes
from functools import lru_cache
from typing import Any

import numpy as np

from saegeo_core.numerics.arrays import Floats


def tridiagonal_eigenvalues(diagonal: Floats, off: Floats) -> Floats:
    """Eigenvalues of a symmetric tridiagonal matrix, ascending, (n,), by the root-free QL method (LAPACK's `dsterf`).

    Args:
        diagonal: (n,), n >= 1.
        off: (n - 1,), beside the diagonal.

    Raises:
        ArithmeticError: it did not converge, as with numbers that are not finite.
    """
    eigenvalues = np.array(diagonal, np.float64)
    beside = np.append(off, 0.0)
    if len(beside) != len(eigenvalues) or not (np.isfinite(eigenvalues).all() and np.isfinite(beside).all()):
        raise ArithmeticError(
            f"no eigenvalues: {len(eigenvalues)} numbers, {len(off)} beside, all of them to be finite"
        )
    n, info = ctypes.c_int(len(eigenvalues)), ctypes.c_int()
    _dsterf()(ctypes.byref(n), eigenvalues.ctypes.data, beside.ctypes.data, ctypes.byref(info))
    if info.value:
        raise ArithmeticError(f"{info.value} eigenvalues of {n.value} did not converge")
    return eigenvalues


@lru_cache(maxsize=1)
def _dsterf() -> Any:
    """The routine as SciPy exports it to compiled code: called through ctypes, the lock is free."""
    from scipy.linalg import cython_lapack

    capsule = cython_lapack.__pyx_capi__["dsterf"]
    of_capsule = ctypes.pythonapi
    name, pointer = of_capsule.PyCapsule_GetName, of_capsule.PyCapsule_GetPointer
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)(pointer(capsule, name(capsule)))
