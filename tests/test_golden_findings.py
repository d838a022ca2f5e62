"""No number changes unless its analysis says so: what every analysis finds, against what it found when that was last written.

On the machine that wrote the golden files every bit must agree. On another processor sums round differently: numbers then agree
to a tolerance, tight for what is continuous, and stated one by one for what a tie or a sign may turn the other way.
"""

import json
import math
import re

import golden_findings
import pytest

CLOSE = 1e-5
"""Between processors, relative: a float32 product of 384 terms rounds to about 1e-6 of the size of its terms."""
ROUNDED = 1e-7
"""Between processors, absolute, for each row of a column of which only the sum is kept: it may be near zero, as scores are."""
DRAWN = 0.05
"""Between processors, a null's mean in units of its spread, its z, and its spread: a tie in one of few draws moves them so."""

LOOSE = {
    # What is drawn along principal axes, noise or surrogates, is another draw where an axis has the other sign.
    "entropy-(paper|calibrated)/metrics/negentropy/(estimate|interval)": (0.01, 1e-3),
    "entropy-calibrated/tables/(intrinsic_dimension/angular|surrogates/)": (0.01, 0.0),
    "crystals-paper/tables/dimensions/in_sample/": (2e-3, 0.0),  # float32 throughout, and some of them near zero
    "crystals-paper/tables/plane_in_sample/": (0.0, 2e-3),  # the same, of coordinates between 1 and 10
    "lobes-calibrated/tables/(lobes|agreement|accuracy)": (
        0.01,
        0.0,
    ),  # k-means turns on ties where clusters are too many
    "cofiring-calibrated/tables/null/modularity": (0.02, 0.0),  # modules of chance: a rounding moves some
    "absorption-calibrated/tables/readings/": (
        0.0,
        1e-4,
    ),  # one of 37,000 readings may lie on the edge between two bins
    "lobes-calibrated/tables/phi_by_cosine/": (1e-3, 0.0),  # a pair may lie on the edge between two bins
}
"""Between processors, relative and absolute, where CLOSE cannot be asked for."""

PICTURE = re.compile("lobes-(calibrated|paper)/tables/map/[xy]/")
"""t-SNE where its library is installed, else principal components: a rounding moves every point, and nothing is measured."""

UNDETERMINED = re.compile(r"lobes-(calibrated|paper)/tables/(agreement\w*|accuracy_by_number|lobes)/")
"""Clusters of 16 and more, of which runs of k-means agree on half (reports warn of it): between processors a rounding moves them.
What is reported at 8 clusters, metrics and their nulls, has to agree."""


@pytest.fixture(scope="module")
def is_same_machine():
    return json.loads(golden_findings.as_text(golden_findings.machine())) == json.loads(
        golden_findings.MACHINE.read_text()
    )


@pytest.mark.parametrize("case", golden_findings.CASES, ids=lambda case: f"{case.cloud}-{case.analysis}-{case.preset}")
def test_findings_are_what_they_were(case, is_same_machine):
    golden = json.loads(case.path.read_text())
    found = json.loads(golden_findings.as_text(golden_findings.measure(case)))
    assert found["version"] == golden["version"], "an analysis of another version: run python tools/golden_findings.py"
    changed = list(differences(golden, found, f"{case.analysis}-{case.preset}", is_same_machine))
    assert not changed, "\n".join(changed[:20])


def differences(golden, found, name, is_same_machine):
    """Where two findings of this name differ by more than is allowed."""
    golden, found = dict(leaves(golden, name)), dict(leaves(found, name))
    for place in sorted(golden.keys() ^ found.keys()):
        yield f"{place}: on one side only"
    for place in golden.keys() & found.keys():
        one, other = golden[place], found[place]
        if (
            one == other
            or PICTURE.match(place)
            or (not is_same_machine and UNDETERMINED.match(place))
            or (not is_same_machine and is_close(one, other, *tolerance(place, golden)))
        ):
            continue
        yield f"{place}: {one!r} is now {other!r}"


def leaves(content, place):
    """Every number, text and null with the path to it."""
    if isinstance(content, dict | list) and content:
        for key, value in content.items() if isinstance(content, dict) else enumerate(content):
            yield from leaves(value, f"{place}/{key}")
    else:
        yield place, content


def is_close(one, other, relative, absolute):
    """Of numbers; where nothing is asked, of anything. Texts and what is absent must be equal."""
    if relative == math.inf:
        return True
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return numbers and math.isclose(one, other, rel_tol=relative, abs_tol=absolute)


def tolerance(place, golden):
    """Relative and absolute tolerance of the number at a place."""
    if place.endswith("/digest"):
        return math.inf, 0.0
    for pattern, loose in LOOSE.items():
        if re.search(pattern, place):
            return loose
    if place.endswith("/sum"):
        return CLOSE, ROUNDED * golden[place.removesuffix("sum") + "rows"]
    null = re.fullmatch(r"(.*/nulls/\d+)/([1-4])", place)
    draws, spread = (golden[f"{null[1]}/{part}"] for part in (0, 2)) if null else (None, None)
    if draws is None:
        is_pvalue = null and null[2] == "4" and golden[place]
        return CLOSE * max(1.0, -math.log(golden[place])) if is_pvalue else CLOSE, 0.0  # far out they magnify roundings
    of_a_draw = (
        2 / (draws + 1) if golden[place] >= 1 / (draws + 1) else 0.0
    )  # a smaller p-value is not counted but computed
    return {
        "1": (CLOSE, DRAWN * (spread or 0.0)),  # mean
        "2": (DRAWN, 0.0),  # spread
        "3": (DRAWN, DRAWN),  # z
        "4": (0.01, of_a_draw),  # p-value, at most of two draws on either side
    }[null[2]]


def test_on_the_same_machine_a_change_of_the_last_bit_is_seen():
    golden = {"a": [1.0, 2.0], "b": {"digest": "x", "sum": 1.0, "rows": 50}}
    assert not list(differences(golden, golden, "", True))
    for changed in ({"a": [1.0, math.nextafter(2, 3)]}, {"b": golden["b"] | {"digest": "y"}}, {"a": [1.0]}):
        assert list(differences(golden, golden | changed, "", True))


def test_elsewhere_only_rounding_is_forgiven():
    golden = {
        "metrics": {"m": {"estimate": 2.0, "n": 40, "nulls": [[99, 0.01, 0.2, 9.95, 0.01, "greater"]]}},
        "tables": {"t": {"c": {"digest": "x", "sum": 1.0, "rows": 50}, "d": [1, None]}},
    }

    def seen(*path_and_value):
        *path, last, value = path_and_value
        found = json.loads(json.dumps(golden))
        inner = found
        for key in path:
            inner = inner[key]
        inner[last] = value
        return bool(list(differences(golden, found, "", False)))

    metric, null, column = ("metrics", "m"), ("metrics", "m", "nulls", 0), ("tables", "t", "c")
    forgiven = [(*metric, "estimate", 2 + 1e-5), (*null, 1, 0.019), (*null, 3, 9.9), (*column, "digest", "y")]
    assert not any(seen(*one) for one in forgiven)
    changed = [(*metric, "estimate", 2 + 1e-4), (*metric, "n", 41), (*metric, "estimate", None), (*null, 1, 0.03)]
    changed += [(*null, 0, 98), (*null, 4, 0.05), (*column, "sum", 1 + 1e-4), ("tables", "t", "d", 0, 2)]
    assert all(seen(*one) for one in changed)
