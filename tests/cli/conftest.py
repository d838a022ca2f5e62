"""The command line in one process, in a folder of its own, with the plugins a test gives it."""

from collections import Counter

import numpy as np
import pytest
from click.testing import CliRunner

from saegeo_core import Findings
from saegeo_core.cli import main
from saegeo_core.loading import formats


@pytest.fixture
def saegeo(tmp_path, monkeypatch):
    """Runs `saegeo ARGS` in an empty folder, with the installed plugins where none are given, 200 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(*arguments, plugins=None):
        result = CliRunner().invoke(main, [str(argument) for argument in arguments], obj=plugins)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def matrix(tmp_path, rng):
    """A decoder of 30 features in 5 dimensions."""
    path = tmp_path / "decoder.npy"
    np.save(path, rng.standard_normal((30, 5)).astype("f4"))
    return path


@pytest.fixture
def another(matrix):
    """The same decoder under another name."""
    path = matrix.with_name("another.npy")
    path.write_bytes(matrix.read_bytes())
    return path


@pytest.fixture
def analysis(mean_norm):
    """Makes analyses that behave like mean-norm but for a name and what they do first."""

    def make(name="mean-norm", before=None, **attributes):
        class Variant(type(mean_norm)):
            def analyze(self, cloud, parameters, context):
                self.runs[cloud.sae.spec] += 1
                returned = before(cloud, parameters, context) if before else None
                return returned if isinstance(returned, Findings) else super().analyze(cloud, parameters, context)

        for attribute, value in {"name": name, "runs": Counter(), **attributes}.items():
            setattr(Variant, attribute, value)
        return Variant()

    return make


@pytest.fixture
def plugins(plugin_manager):
    """A plugin manager that reads files and has these analyses, all of one package."""

    def make(*analyses, **more):
        return plugin_manager(formats=formats, one=list(analyses), **more)

    return make
