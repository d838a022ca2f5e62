"""Where the ticks of an axis on paper stand, and what they are called: few, round, and no exponent away from its number."""

from typing import Any

import numpy as np

from saegeo_core.rendering.figures.label_places import Floats

MAX_TICKS, IN_SPACE = 7, 4
MAX_PLACES = 8
"""Places of a curve that are the ticks themselves, on a logarithmic axis."""
PLAIN = (1e-3, 1e5)
"""From where to where numbers are written in full; others are powers of ten."""
DECADES = 2.0
"""Fewer have ticks between powers of ten."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def linear_ticks(axis: Any, *, whole: bool = False, few: bool = False) -> None:
    """Round numbers; whole ones where what is drawn is whole. A common power of ten goes into the title of the axis."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(IN_SPACE if few else MAX_TICKS, integer=whole, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def logarithmic_ticks(axis: Any, places: Floats) -> None:
    """Powers of ten, with twice and five times these where there are few; the places of a curve where it has few."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    decades = np.log10(high / low) if low > 0 else 0.0
    if 1 < len(places) <= MAX_PLACES:
        axis.set_major_locator(FixedLocator(places.tolist()))
    else:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < DECADES else (1.0,), numticks=MAX_TICKS))
    axis.set_minor_locator(FixedLocator([]))
    is_plain = PLAIN[0] <= low and high < PLAIN[1]
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, is_plain=is_plain)))
    axis.set_minor_formatter(NullFormatter())


def number(value: float, *, is_plain: bool | None = None) -> str:
    """A number as a tick tells it: 0.25, −3, 10⁻⁶, 2·10⁵; in full, or as a power of ten, by its size unless `is_plain` says."""
    if value == 0:
        return "0"
    if PLAIN[0] <= abs(value) < PLAIN[1] if is_plain is None else is_plain:
        return f"{value:.6g}".replace("-", "−")
    digits, exponent = f"{value:.4e}".split("e")
    power = f"10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    shown = f"{float(digits):g}".replace("-", "−")
    return power if shown == "1" else f"−{power}" if shown == "−1" else f"{shown}·{power}"
