"""No number changes unless its analysis says so: what every analysis finds, against what it found when that was last written.

On the machine that wrote the golden files every bit must agree. On another processor sums round differently: numbers then agree
to a tolerance, and what chance or a tie may turn the other way is left to the tests of the analyses.
"""

import json
import math

import golden_findings
import pytest

RELATIVE = 1e-4
"""Tolerance between processors: float32 products of 384 terms round to about 2e-5 of their size."""


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
    changed = list(differences(golden, found, 0.0 if is_same_machine else RELATIVE))
    assert not changed, "\n".join(changed[:20])


def differences(golden, found, relative, place=""):
    """Where two of them differ by more than is allowed."""
    if isinstance(golden, dict) and isinstance(found, dict):
        if relative and "digest" in golden:
            golden, found = ({key: value for key, value in one.items() if key != "digest"} for one in (golden, found))
        if golden.keys() != found.keys():
            yield f"{place}: {sorted(golden.keys() ^ found.keys())} on one side only"
        for key in golden.keys() & found.keys():
            yield from differences(golden[key], found[key], relative, f"{place}.{key}")
    elif isinstance(golden, list) and isinstance(found, list):
        if len(golden) != len(found):
            yield f"{place}: {len(golden)} entries were {len(found)}"
        for number, (one, other) in enumerate(zip(golden, found, strict=False)):
            yield from differences(one, other, relative, f"{place}[{number}]")
    elif isinstance(golden, float) and isinstance(found, int | float):
        if not math.isclose(golden, found, rel_tol=relative, abs_tol=relative):
            yield f"{place}: {golden!r} is now {found!r}"
    elif golden != found:
        yield f"{place}: {golden!r} is now {found!r}"


def test_a_change_of_the_last_bit_is_seen():
    golden = {"a": [1.0, 2.0], "b": {"digest": "x", "sum": 1.0}}
    assert list(differences(golden, {"a": [1.0, math.nextafter(2, 3)], "b": {"digest": "x", "sum": 1.0}}, 0.0))
    assert list(differences(golden, {"a": [1.0, 2.0], "b": {"digest": "y", "sum": 1.0}}, 0.0))
    assert not list(differences(golden, {"a": [1.0, 2.0 + 1e-9], "b": {"digest": "y", "sum": 1.0}}, RELATIVE))
