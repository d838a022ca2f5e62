"""How numbers are written: as many digits as their uncertainty allows, correctly rounded.

All rounding is done on the exact decimal expansion of the float, to the nearest, so what is shown is never off by more than
half a unit of its last digit. Stored reports keep full precision; only what is shown is rounded.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal

EXACT = Context(prec=1200, rounding=ROUND_HALF_EVEN)
"""Its precision is longer than the expansion of any float."""
MIN_POSITIONAL, MAX_POSITIONAL = -3, 6
"""Decimal exponents written without "e"."""
MAX_DIGITS = 12
MIN_PVALUE = 1e-300


def count(number: int) -> str:
    """An integer with thousands separated: 16,384."""
    return f"{number:,}"


def significant(number: float, digits: int = 4) -> str:
    """`number` to some significant digits; whole numbers are written whole.

    The digits before the decimal point are always all there: 12345.6 to 3 digits is 12,346.
    """
    if number == int(number) and abs(number) < 1e15:
        return count(int(number))
    place = _place(number, digits)
    leading = _rounded(number, place).adjusted()
    return _written(number, min(place, 0) if _is_positional(leading) else place, leading)


def uncertain(estimate: float, low: float, high: float) -> str:
    """An estimate and its interval, rounded by the interval: its half width has two significant digits.

    0.830 ± 0.020, 123,500 ± 3,400, (1.506 ± 0.030)e-6; 0.83 [0.79, 0.95] where the interval is not centered on the estimate.
    """
    half = high / 2 - low / 2
    if half == 0:
        return f"{significant(estimate)} ± 0"
    place = _place(half, 2)
    leading = _rounded(max(abs(estimate), half), place).adjusted()
    finest = leading - MAX_DIGITS + 1
    if place < finest:
        return f"{_written(estimate, finest, leading)} ± {significant(half, 2)}"
    if abs((high - estimate) - (estimate - low)) > 0.2 * half:
        ends = [_written(number, place, leading) for number in (low, high)]
        return f"{_written(estimate, place, leading)} [{ends[0]}, {ends[1]}]"
    if _is_positional(leading):
        return f"{_written(estimate, place, leading)} ± {_written(half, place, leading)}"
    return f"({_mantissa(estimate, place, leading)} ± {_mantissa(half, place, leading)})e{leading}"


def pvalue(p: float, *, is_floor: bool = False) -> str:
    """A p-value to two significant digits: 0.003, 4.1e-7, "< 1e-300" where a float cannot tell it from zero.

    "≤ 0.05" where it is the least that so many draws can give.
    """
    if p < MIN_PVALUE:
        return f"< {MIN_PVALUE}"
    if 0.99 < p < 1:
        return "> 0.99"
    rounded, sign = _rounded(p, _place(p, 2)).normalize(EXACT), "≤ " * is_floor
    if _is_positional(rounded.adjusted()):
        return f"{sign}{rounded:f}"
    return f"{sign}{rounded.scaleb(-rounded.adjusted()):f}e{rounded.adjusted()}"


def equals_pvalue(p: float, *, is_floor: bool = False) -> str:
    """A p-value as part of a sentence: p = 0.003, p < 1e-300, p ≤ 0.05."""
    written = pvalue(p, is_floor=is_floor)
    return f"p {written}" if written[0] in "<>≤" else f"p = {written}"


def seconds(duration: float) -> str:
    """A duration: 0.42 s, 12 s, 3 min 20 s, 2 h 05 min."""
    if duration < 9.995:
        return f"{duration:.2f} s"
    if duration < 59.5:
        return f"{duration:.0f} s"
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _is_positional(exponent: int) -> bool:
    return MIN_POSITIONAL <= exponent <= MAX_POSITIONAL


def _place(number: float, digits: int) -> int:
    """Decimal exponent of the last of `digits` significant digits, a carry such as 9.96 → 10 taken into account."""
    place = Decimal(number).adjusted() - digits + 1
    return place + (_rounded(number, place).adjusted() - place >= digits)


def _rounded(number: float, place: int) -> Decimal:
    rounded = Decimal(number).quantize(Decimal((0, (1,), place)), context=EXACT)
    return abs(rounded) if rounded.is_zero() else rounded  # no "-0.00"


def _written(number: float, place: int, leading: int) -> str:
    """`number` rounded at 10^place, with an exponent when one of magnitude 10^leading would have one."""
    if _is_positional(leading):
        return f"{_rounded(number, place):,f}" if place <= 0 else count(int(_rounded(number, place)))
    return f"{_mantissa(number, place, leading)}e{leading}" if number else "0"


def _mantissa(number: float, place: int, leading: int) -> str:
    return f"{_rounded(number, place).scaleb(-leading, EXACT):f}"
