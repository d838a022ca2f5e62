"""The suite passes what is sound and names what is not."""

import re
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import Field

from saegeo_core import Absent, Analysis, Example, Findings, Metric, Parameters, SaegeoError, SaeSpec
from saegeo_core.errors import MissingInput
from saegeo_core.testing import check_analysis
from saegeo_core.testing.calibration import FALSE_ALARM, RUNS, _too_small
from saegeo_core.testing.cost import COST
from saegeo_core.testing.first_run import HEADLINE
from tests.testing.conftest import Lean


def failures(analysis, **settings):
    return {outcome.check: outcome for outcome in check_analysis(analysis, quick=True, **settings).failures}


def with_estimate(metric, estimate):
    return Metric(**{**metric.model_dump(), "estimate": estimate})


def null_of(metric, **changes):
    return metric.model_copy(update={"nulls": (metric.nulls[0].model_copy(update=changes),)})


def test_a_sound_analysis_conforms(sound):
    conformance = check_analysis(sound())
    conformance.raise_failures()
    verdicts = {outcome.check: outcome.verdict for outcome in conformance.outcomes}
    assert set(verdicts.values()) == {"passed"}
    assert len(verdicts) == 28
    (cost,) = [outcome for outcome in conformance.outcomes if outcome.check == COST]
    assert cost.seen.split()[1].startswith("s")
    assert not sys.platform.startswith("linux") or "MB" in cost.seen


def test_what_a_null_does_not_keep_is_found_or_told(spoiled):
    """Rayleigh's test finds a few families, and has said so; where it has not, it fails on exactly that cloud."""
    assert not failures(spoiled())
    (check,) = failures(spoiled(finds={"steep spectrum": "its null is uniform"}))
    assert check == "p-values on a composite cloud: families of unlike tightness"


def test_a_composite_cloud_that_there_is_not_is_named(spoiled):
    (outcome,) = failures(spoiled(finds={**spoiled().finds, "spirals": "why not"})).values()
    assert outcome.seen == "spirals"


def test_forty_runs_show_what_ten_do_not(spoiled):
    """Cubes of uniform numbers: one in three is below 0.05."""
    failed = {outcome.check: outcome for outcome in check_analysis(spoiled(anticonservative)).failures}
    assert list(failed) == [ON_THE_NULL]
    assert "length has p <= 0.01 in" in failed[ON_THE_NULL].seen


def test_a_share_of_small_p_values_is_told_with_its_count(sound):
    outcomes = {one.check: one for one in check_analysis(sound(), quick=True, null_runs=25).outcomes}
    told = re.fullmatch(r"p <= 0.05 of length in (\d+) of 25 \((0\.\d{3})\)", outcomes[ON_THE_NULL].seen)
    assert float(told[2]) == int(told[1]) / 25


def test_no_null_examples_are_no_trial(sound):
    with pytest.raises(SaegeoError, match="null_runs is 0"):
        check_analysis(sound(), null_runs=0)


def test_what_an_author_does_not_supply_is_not_checked(spoiled):
    bare = spoiled(
        invariances=frozenset(), planted_example=Analysis.planted_example, null_example=Analysis.null_example
    )
    unchecked = [one.check for one in check_analysis(bare, quick=True).outcomes if one.verdict == "not checked"]
    assert unchecked == [COST, "unchanged by …", "p-values on its own null", "finds what is planted"]


def unseeded(metric, cloud):
    return with_estimate(metric, metric.estimate + np.random.default_rng().normal())


def mutating_by_torch(metric, cloud):
    cloud.vectors.mul_(2)


def mutating_by_numpy(metric, cloud):
    cloud.vectors.numpy()[0] = cloud.vectors.numpy()[1]


def mutating_norms(metric, cloud):
    cloud.norms[:] = 1


def mutating_then_failing(metric, cloud):
    cloud.norms[:] = 1
    raise ZeroDivisionError


def nan(metric, cloud):
    return with_estimate(metric, float("nan"))


def nan_in_a_null(metric, cloud):
    return Metric(**{**metric.model_dump(), "nulls": ({**metric.nulls[0].model_dump(), "mean": float("nan")},)})


def always_significant(metric, cloud):
    return metric if metric.value is None else null_of(metric, pvalue=0.001)


def anticonservative(metric, cloud):
    return metric if metric.value is None else null_of(metric, pvalue=metric.nulls[0].pvalue ** 3)


def never_significant(metric, cloud):
    return metric if metric.value is None else null_of(metric, pvalue=0.5)


def by_lengths(metric, cloud):
    return with_estimate(metric, float(cloud.norms.mean()))


def by_first_coordinate(metric, cloud):
    return with_estimate(metric, float(cloud.unit_vectors()[:, 0].sum()))


def by_first_feature(metric, cloud):
    return with_estimate(metric, float(cloud.unit_vectors()[0] @ cloud.unit_vectors()[1 % len(cloud)]))


def crashing_on_duplicates(metric, cloud):
    if cloud.n_duplicate_rows:
        raise np.linalg.LinAlgError("Singular matrix")


def nan_on_one_feature(metric, cloud):
    return with_estimate(metric, float("nan")) if cloud.n_features == 1 else None


def silent_on_one_feature(metric, cloud):
    also = metric.model_copy(update={"name": "also"})
    return Findings([metric] if cloud.n_features == 1 else [metric, also])


def without_reason(metric, cloud):
    return metric.model_copy(update={"interval": Absent("n/a")})


def with_an_empty_reason(metric, cloud):
    return metric.model_copy(update={"interval": Absent("")})


def with_no_interval(metric, cloud):
    return Metric(**{**metric.model_dump(), "interval": None})


def with_a_copied_hole(metric, cloud):
    return metric.model_copy(update={"interval": None})


def printing(metric, cloud):
    print("look!")


def warning(metric, cloud):
    warnings.warn("divide by zero", RuntimeWarning, stacklevel=1)


def by_threads(metric, cloud):
    return with_estimate(metric, float(torch.get_num_threads()))


def with_infinity_in_a_table(metric, cloud):
    return Findings([metric], {"table": pd.DataFrame({"x": [1.0, np.inf]})})


def with_objects_in_an_array(metric, cloud):
    return Findings([metric], arrays={"x": np.array([{}, {}], object)})


def exiting(metric, cloud):
    raise SystemExit(3)


ON_THE_NULL = "p-values on its own null"
INPUT = "leaves its input untouched"
FINITE = "numbers are finite"
REASON = "what is absent has its reason"
RUNS_AT_ALL = "runs on an ordinary cloud"


@pytest.mark.parametrize(
    ("spoil", "check", "seen"),
    [
        (unseeded, "same seed, same findings", "metrics[0].estimate: "),
        (mutating_by_torch, INPUT, "they were changed"),
        (mutating_by_numpy, INPUT, "they were changed"),
        (mutating_norms, INPUT, "they were changed"),
        (mutating_then_failing, INPUT, "they were changed"),
        (nan, FINITE, "Input should be a finite number, given nan"),
        (nan_in_a_null, FINITE, "finite number, given nan"),
        (always_significant, ON_THE_NULL, "length has p <= 0.01 in 10 of 10"),
        (never_significant, "finds what is planted", "not on 1 of 1: length"),
        (by_lengths, "unchanged by row lengths", "length: "),
        (by_first_coordinate, "unchanged by rotation", "length: "),
        (by_first_feature, "unchanged by feature order", "length: "),
        (by_lengths, "unchanged by scale", "length: "),
        (
            crashing_on_duplicates,
            "degenerate cloud: duplicates",
            "LinAlgError: Singular matrix (test_check_analysis.py",
        ),
        (nan_on_one_feature, "degenerate cloud: one feature", "finite number"),
        (silent_on_one_feature, "degenerate cloud: one feature", "without also"),
        (without_reason, REASON, "length has interval Absent('n/a')"),
        (with_an_empty_reason, REASON, "at least 1 character"),
        (with_no_interval, REASON, "interval"),
        (with_a_copied_hole, REASON, "length has interval None"),
        (printing, "prints and warns of nothing", "look!"),
        (warning, "prints and warns of nothing", "divide by zero"),
        (by_threads, "same metrics on one thread and on two", "length.estimate: 1.0, then 2.0"),
        (with_infinity_in_a_table, FINITE, "Input should be a finite number, given inf"),
        (with_objects_in_an_array, "survives as strict JSON", "Object arrays"),
        (exiting, RUNS_AT_ALL, "RuntimeError: it asked to end the program, with status 3"),
    ],
)
def test_what_is_wrong_is_named(spoiled, spoil, check, seen):
    outcome = failures(spoiled(spoil))[check]
    assert seen in outcome.seen
    assert outcome.expected
    assert outcome.advice


class Undocumented(Parameters):
    size: int = 3


class Unsettable(Parameters):
    weights: dict[str, float] = Field(default={"a": 1.0}, description="Weights.")


class Required(Parameters):
    other: SaeSpec = Field(description="Another cloud.")


@pytest.mark.parametrize(
    ("attributes", "check", "seen"),
    [
        ({"Parameters": Undocumented, "presets": {"calibrated": {}}}, "parameters are described", "none of size"),
        (
            {"Parameters": Unsettable, "presets": {"calibrated": {}}},
            "parameters can be set from the command line",
            "weights={'a': 1.0}",
        ),
        ({"invariances": frozenset({"shear"})}, "unchanged by shear", "'shear'"),
        ({"summary": ""}, "says what it is", "summary ''"),
        ({"name": "Lean Length"}, "says what it is", "'Lean Length'"),
        ({"headline": "breadth"}, RUNS_AT_ALL, "headline"),
        ({"presets": {"calibrated": {}, "paper": {"factor": -1.0}}}, "every preset runs", "factor"),
    ],
)
def test_what_is_declared_wrongly_is_named(spoiled, attributes, check, seen):
    plain = {"Parameters", "presets"} <= attributes.keys()
    analysis = spoiled(
        **attributes, **({"analyze": lambda self, *given: Findings([length(given[0])])} if plain else {})
    )
    assert seen in failures(analysis)[check].seen


def length(cloud):
    absent = Absent("a test needs none")
    about = {"n": len(cloud), "unit": "length", "better": "neither", "description": "The number of features."}
    return Metric(name="length", estimate=float(len(cloud)), interval=absent, nulls=absent, **about)


def test_parameters_it_cannot_do_without_must_be_given(spoiled):
    with pytest.raises(SaegeoError, match="other"):
        check_analysis(spoiled(Parameters=Required, presets={"calibrated": {}}))


def test_a_headline_that_is_absent_is_told(spoiled):
    def absent(metric, cloud):
        about = {"unit": "length", "better": "lower", "description": "Length."}
        return Metric.missing("length", "it needs 150 dimensions", **about)

    bare = {"planted_example": Analysis.planted_example, "null_example": Analysis.null_example}
    outcome = check_analysis(spoiled(absent, **bare), quick=True).outcomes[1]
    assert outcome.verdict == "not checked"
    assert outcome.seen.startswith("it needs 150 dimensions; set parameters")


def test_what_a_preset_lacks_is_no_mistake(spoiled):
    def analyze(self, cloud, parameters, context):
        if context.preset == "paper":
            raise MissingInput("it needs words", "type --set lean.words=FILE")
        return Findings([length(cloud)])

    bare = {"planted_example": Analysis.planted_example, "null_example": Analysis.null_example}
    conformance = check_analysis(spoiled(analyze=analyze, **bare), quick=True)
    conformance.raise_failures()
    assert "calibrated, not paper: it needs words" in [outcome.seen for outcome in conformance.outcomes]


def test_parameters_it_cannot_do_without_are_given(spoiled):
    def analyze(self, cloud, parameters, context):
        assert len(context.clouds["other"]) == cloud.sae.d_sae
        return Findings([length(cloud)])

    bare = {"invariances": frozenset(), "null_example": Analysis.null_example, "presets": {"calibrated": {}}}
    analysis = spoiled(Parameters=Required, analyze=analyze, planted_example=Analysis.planted_example, **bare)
    assert not failures(analysis, parameters={"other": "./any"})
    with_example = Field(description="Another cloud.", examples=["./any"])
    analysis.Parameters = type(
        "Exemplified", (Parameters,), {"__annotations__": {"other": SaeSpec}, "other": with_example}
    )
    assert not failures(analysis)


@pytest.mark.parametrize("how", ["needs", "uses"])
def test_activations_are_made_up_where_they_are_read(spoiled, how):
    """The words of a text are turned with the cloud, which a product of both tells; nothing else moves them.

    Composite clouds come without them.
    """

    def analyze(self, cloud, parameters, context):
        if context.activations is None:
            raise MissingInput("it needs words", "type --model NAME_OR_PATH")
        (tokens,) = context.activations.of(["seven words"])
        product = float(cloud.unit_vectors().double().numpy().mean(0) @ tokens.mean(0))
        return Findings([length(cloud).model_copy(update={"estimate": product})])

    bare = {"planted_example": Analysis.planted_example, "null_example": Analysis.null_example}
    conformance = check_analysis(
        spoiled(analyze=analyze, finds={}, **bare, **{how: frozenset({"vectors", "activations"})}), quick=True
    )
    conformance.raise_failures()
    told = [outcome.seen for outcome in conformance.outcomes if "composite cloud" in outcome.check]
    assert told == ([] if how == "needs" else ["it does not run there: it needs words"] * 3)


def test_encoder_and_labels_are_there_where_they_are_declared(spoiled):
    """The encoder is turned and sorted with the cloud, which cosines of both tell."""

    def analyze(self, cloud, parameters, context):
        encoder = torch.nn.functional.normalize(context.encoder.double())
        cosine = float((cloud.unit_vectors(torch.float64) * encoder).sum(1).mean())
        named.append(cloud.labels and cloud.labels[0])
        return Findings([length(cloud).model_copy(update={"estimate": cosine})])

    named = []
    bare = {"planted_example": Analysis.planted_example, "null_example": Analysis.null_example}
    reads = {"needs": frozenset({"vectors", "encoder"}), "uses": frozenset({"labels"})}
    check_analysis(spoiled(analyze=analyze, finds={}, **bare, **reads), quick=True).raise_failures()
    assert "feature 0" in named
    seen = failures(spoiled(analyze=analyze, finds={}, **bare))["runs on an ordinary cloud"].seen
    assert "reads context.encoder and does not declare it" in seen


def test_what_can_do_without_activations_is_tried_on_composite_clouds(spoiled):
    conformance = check_analysis(spoiled(uses=frozenset({"activations"})), quick=True)
    conformance.raise_failures()
    assert len([outcome for outcome in conformance.outcomes if "composite cloud" in outcome.check]) == 3
    (check,) = failures(spoiled(uses=frozenset({"activations"}), finds={"steep spectrum": "its null is uniform"}))
    assert check == "p-values on a composite cloud: families of unlike tightness"


def test_an_example_brings_the_second_cloud(spoiled, sound):
    """Found is what comes back in the other cloud; in the suite's own it would not."""
    seen = []

    def analyze(self, cloud, parameters, context):
        seen.append(context.clouds["other"].checksum() == cloud.checksum())
        return Findings([length(cloud)])

    def planted(self, rng):
        cloud = sound.planted_example(self, rng)
        return Example(cloud, other=cloud)

    analysis = spoiled(Parameters=Required, analyze=analyze, planted_example=planted, presets={"calibrated": {}})
    check_analysis(analysis, {"other": "./any"}, quick=True)
    assert sum(seen) == 1


def test_a_failure_tells_what_was_expected_seen_and_advised(spoiled):
    with pytest.raises(AssertionError) as error:
        check_analysis(spoiled(without_reason), quick=True).raise_failures()
    told = str(error.value)
    assert told.startswith("lean does not conform\nfailed: what is absent has its reason\n  expected: ")
    assert "\n  seen: length has interval Absent('n/a')\n  do: for example" in told


def test_where_the_first_run_fails_one_outcome_says_why(spoiled):
    outcomes = check_analysis(spoiled(nan), quick=True).outcomes
    assert [outcome.check for outcome in outcomes] == [FINITE, "everything else"]


def test_an_exception_in_one_check_does_not_stop_the_others(spoiled):
    def broken(self, rng):
        raise OSError("no such file")

    failed = failures(spoiled(null_example=broken))
    assert list(failed) == ["calibration"]
    assert "OSError: no such file" in failed["calibration"].seen


def test_the_number_of_threads_is_put_back(spoiled, sound):
    threads = torch.get_num_threads()
    check_analysis(sound(), quick=True)
    assert torch.get_num_threads() == threads


def test_uniform_pvalues_rarely_raise_an_alarm(rng):
    """At most once in a thousand; 2,000 trials are a thousand times more than would be needed to see one in one."""
    alarms = sum(_too_small("p", list(rng.uniform(size=RUNS)), 1) is not None for _ in range(2000))
    assert alarms <= 2000 * FALSE_ALARM + 4 * (2000 * FALSE_ALARM) ** 0.5


def of_leaning_clouds_alone(self, cloud, parameters, context):
    """Rayleigh's test of what leans at all: on ordinary clouds there is nothing to do."""
    findings = Lean.analyze(self, cloud, parameters, context)
    if findings.metrics[0].value is None or findings.metrics[0].value > 0.25:
        return findings
    about = {"unit": "length", "better": "lower", "description": "Length of the mean direction."}
    return Findings([Metric.missing("length", "the cloud does not lean", **about)])


def test_where_an_ordinary_cloud_gives_it_nothing_to_do_the_planted_one_is_taken(spoiled):
    picky = spoiled(analyze=of_leaning_clouds_alone, null_example=Analysis.null_example)
    conformance = check_analysis(picky, quick=True)
    seen = {outcome.check: outcome for outcome in conformance.outcomes}
    assert seen[HEADLINE].verdict == "passed"
    assert re.fullmatch(
        r"length = 0\.\d+ on its planted example; on the ordinary cloud not: the cloud does not lean",
        seen[HEADLINE].seen,
    )
    assert seen["runs on an ordinary cloud"].seen == "metrics: 1, of 100 features in 8 dimensions"
    assert {seen[f"unchanged by {name}"].verdict for name in Lean.invariances} == {"passed"}


def test_where_nothing_is_planted_it_is_told_that_the_checks_say_little(spoiled):
    picky = spoiled(
        analyze=of_leaning_clouds_alone,
        null_example=Analysis.null_example,
        planted_example=Analysis.planted_example,
    )
    seen = {outcome.check: outcome for outcome in check_analysis(picky, quick=True).outcomes}
    assert seen[HEADLINE].verdict == "not checked"
    assert seen[HEADLINE].seen.startswith("the cloud does not lean; set parameters")


def test_what_goes_wrong_on_the_planted_cloud_alone_is_found(spoiled):
    """An analysis that draws no seed where it has something to do."""

    def unseeded_on_leaning(self, cloud, parameters, context):
        findings = of_leaning_clouds_alone(self, cloud, parameters, context)
        [metric] = findings.metrics
        return findings if metric.value is None else Findings([unseeded(metric, cloud)])

    failed = failures(spoiled(analyze=unseeded_on_leaning, null_example=Analysis.null_example))
    assert "same seed, same findings" in failed
