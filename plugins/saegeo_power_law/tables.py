"""Tables and figures: the spectrum with its null and fits, the sweep over windows, and the cloud along its principal components."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch

from saegeo_core import FeatureCloud, Figure
from saegeo_core.numerics.arrays import Floats
from saegeo_power_law.fitted_laws import RankWindow, designs, fitted_curves, fitted_exponent, held_out_errors
from saegeo_power_law.measures import Measures
from saegeo_power_law.spectrum import SampleSpectrum, Spectrum

POINTS = 2000
"""Rows drawn at most."""

AXES = ("first", "second", "third")
IN_WORDS = {"eigenvalue": "observed", "structureless": "structureless cloud of this size"}
"""What a legend calls columns of the spectrum; other laws by their own names."""


def spectrum_table(sample: SampleSpectrum, window: RankWindow | None) -> pd.DataFrame:
    """Every eigenvalue beside that about the origin, the structureless expectation, and in the window the fitted laws."""
    eigenvalues = sample.full.eigenvalues
    d = len(eigenvalues)
    structureless = np.full(d, np.nan)
    structureless[: len(sample.structureless_eigenvalues)] = sample.structureless_eigenvalues * eigenvalues.mean()
    columns = {
        "rank": np.arange(1, d + 1),
        "eigenvalue": eigenvalues,
        "uncentred": sample.uncentered_eigenvalues,
        "structureless": structureless,
    }
    if window is not None:
        for name, curve in fitted_curves(eigenvalues, window).items():
            columns[name] = np.full(d, np.nan)
            columns[name][window.first - 1 : window.last] = curve
    return pd.DataFrame(columns)


def windows_table(measures: Measures, spectrum: Spectrum) -> pd.DataFrame:
    """The exponent in every window, raw and corrected; the main window first."""
    return pd.DataFrame(
        {
            "first_rank": [window.first for window in measures.windows],
            "last_rank": [window.last for window in measures.windows],
            "alpha_raw": [fitted_exponent(spectrum.eigenvalues, window) for window in measures.windows],
            "alpha": [measures.alpha(spectrum, window) for window in measures.windows],
        }
    )


def alternatives_table(eigenvalues: Floats, window: RankWindow) -> pd.DataFrame:
    """Each law's error where it was not fitted and where it was (root mean square of ln eigenvalue), and its parameters."""
    truth = np.log(window.of(eigenvalues))
    held_out, fitted = held_out_errors(eigenvalues, window), fitted_curves(eigenvalues, window)
    n_parameters = {name: candidates[0].shape[1] for name, candidates in designs(window, len(eigenvalues)).items()}
    return pd.DataFrame(
        {
            "law": list(fitted),
            "held_out_error": [held_out[name] for name in fitted],
            "fit_error": [float(np.sqrt(np.mean((np.log(curve) - truth) ** 2))) for curve in fitted.values()],
            "parameters": [n_parameters[name] for name in fitted],
        }
    )


def principal_components(cloud: FeatureCloud, sample: SampleSpectrum, rng: np.random.Generator) -> pd.DataFrame:
    """At most 2,000 rows, drawn at random, along the three directions of largest variance."""
    n, axes = cloud.n_features, sample.axes[:, :3]
    rows = np.sort(rng.choice(n, min(n, POINTS), replace=False))
    points = (cloud.vectors[torch.from_numpy(rows)].double().numpy() - sample.mean) @ axes
    return pd.DataFrame(
        {
            "feature": cloud.feature_ids[rows],
            **{name: points[:, axis].astype(np.float32) for axis, name in enumerate(AXES)},
            "length": cloud.norms[rows].astype(np.float32),
            **({"label": [cloud.labels[row] for row in rows]} if cloud.labels is not None else {}),
        }
    )


def figures(tables: Mapping[str, pd.DataFrame], spectrum: Spectrum) -> list[Figure]:
    """Drawings of the tables there are."""
    drawn = []
    if "spectrum" in tables and spectrum.rank:
        laws = [name for name in tables["spectrum"].columns if name not in ("rank", "uncentred")]
        drawn.append(
            Figure(
                name="spectrum",
                title="Covariance spectrum",
                kind="line",
                table="spectrum",
                x="rank",
                y=tuple(laws),
                y_names=tuple(IN_WORDS.get(name, name.replace("_", " ")) for name in laws),
                nulls=tuple(name for name in ("structureless", "published_null") if name in laws),
                log_x=True,
                log_y=True,
                x_title="rank",
                y_title="eigenvalue",
                caption="Eigenvalues of the covariance, what a structureless cloud of this size and variance would have, and "
                "laws fitted to the window.",
            )
        )
    if "principal_components" in tables:
        shares = ", ".join(f"{share:.1%}" for share in spectrum.eigenvalues[:3] / spectrum.eigenvalues.sum())
        points = tables["principal_components"]
        drawn.append(
            Figure(
                name="principal_components",
                title="The cloud along its first three principal components",
                kind="scatter3d",
                table="principal_components",
                x="first",
                y=("second",),
                z="third",
                color="length",
                hover="label" if "label" in points else "feature",
                x_title="first component",
                y_title="second component",
                z_title="third component",
                caption=f"{len(points)} features, drawn at random where there are more; the axes hold {shares} of the variance.",
            )
        )
    return drawn
