import re
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from saegeo_core.rendering.numbers import count, equals_pvalue, pvalue, seconds, significant, uncertain

floats = st.floats(allow_nan=False, allow_infinity=False)
moderate = st.floats(-1e12, 1e12, allow_subnormal=False)
CENTERED = re.compile(r"(\()?(-?[\d,.]+(?:e-?\d+)?) ± ([\d,.]+(?:e-?\d+)?)(?:\)e(-?\d+))?")


def read(text):
    return Decimal(text.replace(",", ""))


def last_place(text):
    """10 to the power of the last digit's place, an unwritten fractional part counted as units."""
    mantissa, _, exponent = text.replace(",", "").partition("e")
    return Decimal(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def parts(text):
    """Estimate and half width of "a ± b" or "(a ± b)eN", each with the size of half a unit of its last digit."""
    bracket, estimate, half, exponent = CENTERED.fullmatch(text).groups()
    suffix = f"e{exponent}" if bracket else ""
    return estimate + suffix, half + suffix


@given(floats, st.integers(1, 12))
def test_significant_is_never_off_by_more_than_half_a_unit(number, digits):
    text = significant(number, digits)
    assert abs(read(text) - Decimal(number)) <= last_place(text) / 2


@given(floats, st.integers(1, 12))
def test_significant_keeps_the_sign_and_never_writes_minus_zero(number, digits):
    text = significant(number, digits)
    assert text.startswith("-") == (number < 0)


@given(st.floats(1, 10), st.integers(-300, 300), st.integers(1, 12))
def test_significant_shows_the_digits_asked_for(mantissa, exponent, digits):
    number = mantissa * 10.0**exponent
    shown = significant(number, digits)
    digits_shown = len(shown.replace(",", "").partition("e")[0].replace(".", "").lstrip("0"))
    has_only_whole_digits = not re.search("[.e]", shown)
    assert digits_shown == digits or (has_only_whole_digits and (digits_shown > digits or number == int(number)))


@given(moderate, moderate)
def test_a_centered_interval_is_shown_to_two_digits_and_nothing_is_misrounded(estimate, half):
    half = abs(half)
    low, high = estimate - half, estimate + half
    assume(half > 1e-9 * abs(estimate) > 0 and low < estimate < high)
    text = uncertain(estimate, low, high)
    shown, shown_half = parts(text)
    true_half = Decimal(high / 2 - low / 2)
    place = Decimal(10) ** (Decimal(f"{true_half:.1e}").adjusted() - 1)
    assert abs(read(shown) - Decimal(estimate)) <= place / 2
    assert abs(read(shown_half) - true_half) <= place / 2
    assert read(shown_half) / place in range(10, 100)


@given(moderate, st.floats(1e-12, 1e12), st.floats(1e-12, 1e12))
def test_every_interval_can_be_written(estimate, below, above):
    text = uncertain(estimate, estimate - below, estimate + above)
    assert "nan" not in text.lower()
    assert len(text) < 80


@pytest.mark.parametrize(
    ("estimate", "low", "high", "text"),
    [
        (0.8312947, 0.8112, 0.8512, "0.831 ± 0.020"),
        (123456.0, 120056, 126856, "123,500 ± 3,400"),
        (1.506e-6, 1.476e-6, 1.536e-6, "(1.506 ± 0.030)e-6"),
        (0.5, 0.4004, 0.5996, "0.50 ± 0.10"),
        (-0.0001, -0.5, 0.5, "0.00 ± 0.50"),
        (0.83, 0.79, 0.95, "0.830 [0.790, 0.950]"),
        (9.9996e-6, 9.988e-6, 10.0112e-6, "(1.0000 ± 0.0012)e-5"),
        (7.0, 7.0, 7.0, "7 ± 0"),
        (1.0, 1 - 1e-15, 1 + 1e-15, "1.00000000000 ± 1.1e-15"),
        (2.5e12, 2.4e12, 2.6e12, "(2.50 ± 0.10)e12"),
        (0.0, -2e-5, 2e-5, "(0.0 ± 2.0)e-5"),
        (0.0, 0.0, 3.14e-4, "0 [0, 3.1e-4]"),
    ],
)
def test_intervals_as_read_by_people(estimate, low, high, text):
    assert uncertain(estimate, low, high) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1536.0, "1,536"),
        (0.93121, "0.9312"),
        (0.5, "0.5000"),
        (12345.6, "12,346"),
        (0.00099999, "0.001000"),
        (9.9994e-4, "9.999e-4"),
        (1.23456e-9, "1.235e-9"),
        (12345678.9, "1.235e7"),
        (1e300, "1.000e300"),
        (5e-324, "4.941e-324"),
    ],
)
def test_single_numbers_as_read_by_people(number, text):
    assert significant(number) == text


@given(st.floats(0, 1))
def test_a_pvalue_is_never_shown_as_zero_nor_misrounded(p):
    text = pvalue(p)
    if text[0] == "<":
        assert p < Decimal(text[2:])
    elif text[0] == ">":
        assert 1 > p > Decimal(text[2:])
    else:
        assert read(text) > 0
        assert abs(read(text) - Decimal(p)) <= Decimal(10) ** (Decimal(p).adjusted() - 1) / 2


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.003, "p = 0.003"),
        (0.05, "p = 0.05"),
        (0.0123456, "p = 0.012"),
        (4.14e-7, "p = 4.1e-7"),
        (0.00095, "p = 9.5e-4"),
        (0.000999, "p = 0.001"),
        (1e-300, "p = 1e-300"),
        (1e-301, "p < 1e-300"),
        (0.0, "p < 1e-300"),
        (1.0, "p = 1"),
        (0.997, "p > 0.99"),
    ],
)
def test_pvalues_in_sentences(p, text):
    assert equals_pvalue(p) == text


def test_counts_and_durations():
    assert count(16384) == "16,384"
    assert [seconds(s) for s in (0.417, 12.4, 59.6, 200, 3599.7, 7500)] == [
        "0.42 s",
        "12 s",
        "1 min 00 s",
        "3 min 20 s",
        "1 h 00 min",
        "2 h 05 min",
    ]
