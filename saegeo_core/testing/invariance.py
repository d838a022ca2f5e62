"""Whether estimates stay what they are under the changes of input that an analysis declares them invariant to."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.activations.text_activations import TextActivations
from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.plugin.analysis import INVARIANCES, Example, Invariance
from saegeo_core.synthetic.activations import made_up_activations
from saegeo_core.testing.inputs import SEED
from saegeo_core.testing.outcome import Outcome, failed, not_checked, passed
from saegeo_core.testing.report_difference import estimate_difference
from saegeo_core.testing.trial import Trial

TOLERANCE = 1e-3
"""Vectors are float32: turned ones are rounded anew, and a pair near a threshold may cross it."""


def invariance(trial: Trial) -> Iterator[Outcome]:
    """One outcome for each declared invariance."""
    declared: frozenset[Invariance] = getattr(trial.analysis, "invariances", frozenset())
    if not declared:
        yield not_checked("unchanged by …", f"no invariances are declared; there are {', '.join(INVARIANCES)}")
        return
    before = trial.run(trial.ordinary())
    for name in sorted(declared):
        check = f"unchanged by {name}"
        if name not in INVARIANCES:
            known = ", ".join(INVARIANCES)
            yield failed(check, expected=f"one of {known}", seen=repr(name), advice="take it out of invariances")
            continue
        difference = estimate_difference(before, trial.run(changed(trial.ordinary(), name)), TOLERANCE)
        if difference:
            yield failed(
                check,
                expected=f"the same estimates, to {TOLERANCE:g}, when {INVARIANCES[name]}",
                seen=difference,
                advice=f"mend the formula, or take {name!r} out of invariances",
            )
        else:
            yield passed(check, f"estimates agree to {TOLERANCE:g}")


def changed(given: Example, how: Invariance) -> Example:
    """The same input, changed in one way. Activations, encoder and tokens live where the directions do, and turn with them."""
    rng = np.random.default_rng(SEED)
    rows, firing, activations, encoder = given.cloud.vectors, given.firing, given.activations, given.encoder
    n, d, tokens = *rows.shape, given.unembedding
    if how == "feature order":
        order = rng.permutation(n)
        return given._replace(
            cloud=_cloud(rows[torch.from_numpy(order)]),
            firing=None if firing is None else firing.select(order),
            encoder=None if encoder is None else encoder[torch.from_numpy(order)],
        )
    if how == "rotation":
        rotation, _ = np.linalg.qr(rng.standard_normal((d, d)))
        return given._replace(
            cloud=_cloud(rows.double() @ torch.from_numpy(rotation)),
            activations=None if activations is None else _turned(activations, rotation),
            encoder=None if encoder is None else (encoder.double() @ torch.from_numpy(rotation)).float(),
            unembedding=None
            if tokens is None
            else replace(tokens, matrix=tokens.matrix @ torch.from_numpy(rotation).float()),
        )
    lengths = np.exp(rng.uniform(-1, 1, (n, 1))) if how == "row lengths" else np.full((n, 1), 3.7)
    return given._replace(cloud=_cloud(rows.double() * torch.from_numpy(lengths)))


def _turned(activations: TextActivations, rotation: NDArray[np.float64]) -> TextActivations:
    def tokens_of(text: str) -> NDArray[np.float32]:
        (tokens,) = activations.of([text])
        return (tokens @ rotation).astype(np.float32)

    return made_up_activations(tokens_of, activations.d_in, f"{activations.model}, turned")


def _cloud(rows: torch.Tensor) -> FeatureCloud:
    return FeatureCloud.from_array(rows.float(), name="ordinary")
