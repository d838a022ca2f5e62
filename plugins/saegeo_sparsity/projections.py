"""The n-th largest projection of activations on decoder directions, over all tokens and features together.

After the code of arXiv 2508.16560: of the products of b tokens with h directions, in one row from the largest down, the one in
place n b. There tokens lose the SAE's b_dec first, here their mean, which is the same for all SAEs; and directions have length 1.
"""

from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch

from saegeo_core import Absent, AnalysisContext
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.statistics.resampling import FEWEST_GROUPS, dealt_kin

MOST_OF_A_DOCUMENT = 128
"""Tokens that are read of one."""


class TokensRead(NamedTuple):
    """Activations of some tokens.

    Attributes:
        rows: float32 (n_tokens, d_in), less their mean.
        group_of_token: int64 (n_tokens,), of the documents that each interval leaves out together.
    """

    rows: torch.Tensor
    group_of_token: Integers


def tokens_read(context: AnalysisContext, n_tokens: int) -> TokensRead | Absent:
    """The first tokens of documents of the text, at most 128 of each, or why there are none."""
    if context.corpus is None or context.activations is None:
        return Absent("no model and text were named: type --model MODEL --set sparsity.corpus=TEXT")
    corpus, activations = context.corpus, context.activations
    enough = list(islice(corpus.documents(), -(-n_tokens // MOST_OF_A_DOCUMENT) * 4))
    taken: dict[Any, list[torch.Tensor]] = {}
    n_taken = 0
    for document, piece in activations.pieces(enough):
        rows = taken.setdefault(document, [])
        room = min(MOST_OF_A_DOCUMENT - sum(map(len, rows)), n_tokens - n_taken)
        rows.append(torch.from_numpy(piece[: max(0, room)].copy()))
        n_taken += len(rows[-1])
    names = [name for name, rows in taken.items() for _ in range(sum(map(len, rows)))]
    documents = np.unique(names, return_inverse=True)[1] if names else np.empty(0, np.int64)
    if len(np.unique(documents)) < FEWEST_GROUPS:
        return Absent(f"{len(np.unique(documents))} documents have tokens, and {FEWEST_GROUPS} are needed")
    read = torch.cat([one for rows in taken.values() for one in rows]).to(context.device)
    groups = dealt_kin(documents, context.rng.spawn(1)[0], n_groups=FEWEST_GROUPS)
    return TokensRead(read - read.mean(0), groups)


def nth_projections(tokens: TokensRead, unit: torch.Tensor, nth: float) -> tuple[float, Floats]:
    """The projection that a share `nth` of all exceed, and the same without each group of documents, (n_groups,).

    Args:
        tokens: of which projections are taken.
        unit: (n_features, d_in), unit rows.
        nth: the share, in (0, 1): n over the number of features.
    """
    projections = tokens.rows @ unit.to(tokens.rows).T
    groups = torch.from_numpy(tokens.group_of_token)
    return _exceeded(projections, nth), np.array(
        [_exceeded(projections[groups != group], nth) for group in range(int(groups.max()) + 1)]
    )


def _exceeded(projections: torch.Tensor, nth: float) -> float:
    values = projections.ravel()
    return float(values.kthvalue(max(1, len(values) - int(nth * len(values)))).values)
