"""How well a ratio is known, from how well its two terms are."""

from math import sqrt

Limits = tuple[float, float]


def ratio_interval(
    numerator: float, numerator_within: Limits, denominator: float, denominator_within: Limits
) -> Limits:
    """Limits of a ratio of two independent numbers, from limits of each at the same level; these may lie unevenly.

    The method of variance estimates recovery (Donner and Zou 2012, Statistical Methods in Medical Research 21, 347-359).

    Args:
        numerator, denominator: the numbers; the denominator is positive.
        numerator_within, denominator_within: (low, high) of each, the number between them.

    Raises:
        ValueError: the denominator may be 0, so that the ratio has no bounds.
    """
    (low, high), (least, most) = numerator_within, denominator_within
    if least <= 0:
        raise ValueError(f"a denominator within [{least}, {most}] may be 0")
    product = numerator * denominator

    def limit(of_numerator: float, of_denominator: float, side: int) -> float:
        other = of_denominator * (2 * denominator - of_denominator)
        inside = product**2 - of_numerator * (2 * numerator - of_numerator) * other
        return (product + side * sqrt(max(inside, 0.0))) / other

    if most >= 2 * denominator:
        raise ValueError(f"a denominator within [{least}, {most}] is known too little for a ratio")
    return limit(low, most, -1), limit(high, least, 1)
