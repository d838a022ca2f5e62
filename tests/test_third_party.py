"""Plugins of strangers, installed as they would be: a sound one is like a built-in, an unsound one never spoils the others."""

import base64
import importlib.util
import json
import re
import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from saegeo_core import FeatureCloud, ReportStore, run
from saegeo_core.cli import main

PACKAGES = Path(__file__).parent / "third_party_plugin"
MISFITS = "fails-at-import,fails-to-register,registers-a-text,registers-unfit,slow,misbehaves,bad-format"


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(5).standard_normal((80, 12)).astype(np.float32)


@pytest.fixture(scope="module")
def installed(new_environment, rows):
    """The environment with both packages, and a file that only the stranger's format reads."""
    for package in ("acme-geometry", "acme-misfits"):  # copied: a build leaves files behind
        shutil.copytree(PACKAGES / package, new_environment.home / package)
    new_environment("pip install -q ./acme-geometry ./acme-misfits")
    lines = [" ".join(map(repr, row.tolist())) for row in rows]
    (new_environment.home / "cloud.acme").write_text("\n".join(["acme 80 12", *lines]))
    return new_environment


@pytest.fixture(scope="module")
def everything(installed):
    """Every installed analysis on one cloud."""
    return installed("saegeo run --all cloud.acme --device cpu", expected=1)


def test_the_list_shows_what_is_sound_and_names_what_is_not_with_its_package(installed):
    done = installed("saegeo plugins")
    told = " ".join(done.stdout.split())
    assert "acme-geometry 2.3.4 acme-hubness 1 How many features have one and the same" in told
    assert "acme-geometry 2.3.4 acme-text directions as text" in told
    for name, why in {
        "fails-at-import": "OSError: libacme.so is not there",
        "fails-to-register": "KeyError: 'ACME_HOME'",
        "registers-a-text": "TypeError: str was registered without name",
        "registers-unfit": "TypeError: name of Unfit is no text: 7",
    }.items():
        assert f"broken: {name} of package acme-misfits 0.0.1: {why}" in told
    assert "slow: slow of package acme-misfits 0.0.1 took 1.2" in told
    assert "noise" not in done.stdout
    assert "noise while importing" in done.stderr


def test_a_stranger_s_analysis_is_shown_like_a_built_in(installed):
    told = " ".join(installed(f"SAEGEO_DISABLED_PLUGINS={MISFITS} saegeo plugins show acme-hubness").stdout.split())
    assert "acme-hubness 1, package acme-geometry" in told
    assert "null_draws = 199 int Clouds of uniform directions behind the null." in told
    assert "largest_hub features; lower is better Most features that share" in told
    assert "judged by: uniform directions" in told


def test_a_stranger_s_analysis_conforms(installed):
    command = "saegeo plugins check acme-hubness --quick --set acme-hubness.null_draws=99"
    done = installed(f"SAEGEO_DISABLED_PLUGINS={MISFITS} {command}")
    assert "acme-hubness conforms: " in done.stdout


def test_sound_analyses_are_measured_and_stored_beside_the_others(everything, installed, rows):
    stored = {path.name.rpartition("-")[0]: path for path in installed.home.glob("saegeo-results/**/*.json")}
    assert {"acme-hubness", "acme-prints", "cosine-tails"} <= stored.keys()
    assert not {"acme-raises", "acme-nan", "acme-changes", "acme-leaves"} & stored.keys()
    report = ReportStore.read(stored["acme-hubness"])
    assert report.analysis.package == "acme-geometry"
    assert report.sae.model == "acme-1"
    shown = installed(f"SAEGEO_DISABLED_PLUGINS={MISFITS} saegeo show '{stored['acme-hubness']}'").stdout
    assert "largest_hub" in shown
    assert "Hubs" in shown
    assert everything.stdout.count("report: ") == len(stored)


def test_a_stranger_s_reports_are_compared_like_others(everything, installed):
    command = "saegeo compare saegeo-results --metric acme-hubness.largest_hub --metric cosine-tails.tail_fraction"
    done = installed(f"SAEGEO_DISABLED_PLUGINS={MISFITS} {command} --format csv")
    header, row = done.stdout.splitlines()[:2]
    assert "acme-hubness.largest_hub" in header
    assert "cosine-tails.tail_fraction" in header
    assert "cloud.acme" in row


def test_a_stranger_s_reports_are_on_a_page_made_where_the_plugin_is_not_installed(everything, installed, tmp_path):
    """Sent to somebody who has neither plugin: this process."""
    assert not any(map(importlib.util.find_spec, ("acme_geometry", "acme_misfits")))
    page = tmp_path / "page.html"
    done = CliRunner().invoke(main, ["page", str(installed.home / "saegeo-results"), "--out", str(page)])
    assert (done.exit_code, done.stderr) == (0, "")
    shown = page.read_text()
    summary = shown.split("<main")[1].split("<script")[0]
    assert "acme-hubness.largest_hub" in summary
    assert "cosine-tails.tail_fraction" in summary
    starts = {name: rest for name, *rest in re.findall('data-start="([^"]*)" data-length="([^"]*)">([^<]*)<', shown)}
    packed = {id: rest for id, *rest in re.findall('data-part="([^"]*)"(?: data-after="([^"]*)")?>([^<]*)<', shown)}
    begun, part = packed["acme-hubness-cloud.acme"]
    length, start = starts.get(begun, (0, ""))
    content = zlib.decompress(base64.b64decode(start) + base64.b64decode(part))[int(length) :]
    hubness = json.loads(content[4 : 4 + int.from_bytes(content[:4], "little")])["html"]
    text = " ".join(re.sub("<[^>]+>", " ", hubness).split())
    for told in (
        "on cloud.acme How many features have one and the same nearest neighbor 80 decoder directions in 12 dimensions",
        "largest_hub : Most features that share a nearest neighbor.",
        "no interval: no resampling gives a valid interval for an extreme uniform directions 199 draws, greater",
        "Figures Hubs The numbers behind it: table hubs",
        "null_draws 199",
        "acme-hubness 1, package acme-geometry, calibrated preset",
        "Radovanović et al., Hubs in Space, JMLR 2010",
    ):
        assert told in text
    assert "acme-prints-cloud.acme" in packed


def test_a_cloud_that_one_analysis_changed_is_whole_for_the_next(everything, installed, rows):
    (path,) = installed.home.glob("saegeo-results/**/cosine-tails-*.json")
    alone = run("cosine-tails", FeatureCloud.from_array(rows), device="cpu")
    assert ReportStore.read(path).measured == alone.measured


def test_every_failure_names_its_package(everything):
    for name, why in {
        "acme-raises": "ZeroDivisionError: by zero",
        "acme-nan": "ValidationError: ",
        "acme-changes": "ValueError: the analysis wrote to the cloud's vectors",
        "acme-leaves": "RuntimeError: it asked to end the program, with status 0",
    }.items():
        assert f"failed: {name} (package acme-misfits) on cloud.acme: {why}" in everything.stderr
    assert everything.stderr.count("broken: ") == 4
    assert "file format fails-to-look of package acme-misfits failed to look at cloud.acme" in everything.stderr


def test_what_plugins_print_is_no_result(everything):
    assert "noise while" not in everything.stdout
    assert "noise while importing" in everything.stderr
    assert "noise while running" in everything.stderr


def test_a_format_that_fails_names_its_package(installed):
    for suffix in ("broken", "nothing"):
        (installed.home / f"cloud.{suffix}").write_text("")
    done = installed("saegeo run --plugin acme-hubness cloud.broken cloud.nothing cloud.acme", expected=1)
    assert "file format fails-to-read of package acme-misfits failed to read cloud.broken: UnicodeError" in done.stderr
    assert "failed to read cloud.nothing: TypeError: read returned a NoneType, not StoredDirections" in done.stderr
    assert done.stdout.count("report: ") == 1
