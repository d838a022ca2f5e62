"""One rule for turning two tail probabilities into the p-value of an alternative hypothesis."""

from typing import Literal

Alternative = Literal["greater", "less", "two-sided"]


def choose_pvalue(lower: float, upper: float, alternative: Alternative) -> float:
    """The p-value for `alternative`, given P(at most what was seen) and P(at least what was seen).

    The two-sided one is twice the smaller tail, at most 1.
    """
    tails = {"less": lower, "greater": upper, "two-sided": 2.0 * min(lower, upper)}
    return min(1.0, tails[alternative])
