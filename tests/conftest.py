"""Fixtures every test may use: generators, small clouds, analyses that exist only for tests, and plugin managers holding them."""

import os
import subprocess
import sys
import types
import venv
from importlib.metadata import EntryPoint

# Tests work on small arrays, where a second thread only waits for the first. Tests of threads set their own number.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# No draws kept by earlier runs are read, and none are left in the user's folder.
os.environ["SAEGEO_CACHE"] = ""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from pydantic import Field

from saegeo_core import Absent, Analysis, Figure, Findings, Metric, Parameters, PluginManager, hookimpl
from saegeo_core.cloud.feature_cloud import FeatureCloud

# Hypothesis makes the same examples in every run and never looks at the clock; `--hypothesis-profile explore` seeks new ones.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", settings.get_profile("steady"), derandomize=False, max_examples=1500)
settings.load_profile("steady")


def pytest_runtest_setup(item):
    """A test marked gpu is skipped where there is no CUDA card."""
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("needs a CUDA card")


@pytest.fixture
def rng():
    return np.random.default_rng(20241104)


@pytest.fixture
def cloud(rng):
    """24 features in 6 dimensions."""
    return FeatureCloud.from_array(rng.standard_normal((24, 6)).astype(np.float32), name="small")


class MeanNorm(Analysis):
    """The mean length of the rows, times a factor, plus seeded noise: as little as an analysis can do and still show everything."""

    class Parameters(Parameters):
        factor: float = Field(default=1.0, gt=0, description="What the mean is multiplied by.")
        sizes: list[int] = Field(default=[1, 2], description="Sizes of nothing in particular.")

    name = "mean-norm"
    version = "1"
    headline = "mean_norm"
    summary = "Mean length of the rows"
    reference = "none"
    presets = {"calibrated": {}, "paper": {"factor": 2.0}}

    def analyze(self, cloud, parameters, context):
        estimate = float(np.mean(cloud.norms)) * parameters.factor
        metric = Metric(
            name="mean_norm",
            estimate=estimate,
            interval=Absent("a test needs none"),
            nulls=Absent("a test needs none"),
            n=cloud.n_features,
            unit="length",
            better="neither",
            description="Mean length of the rows.",
        )
        noise = metric.model_copy(update={"name": "noise", "estimate": float(context.rng.standard_normal())})
        norms = pd.DataFrame({"feature": cloud.feature_ids, "norm": cloud.norms})
        figure = Figure(name="norms", title="Norms", kind="line", table="norms", x="feature", y=("norm",))
        return Findings([metric, noise], {"norms": norms}, [figure], {"norms": cloud.norms}, ["this is a test"])


@pytest.fixture
def mean_norm():
    return MeanNorm()


@pytest.fixture
def plugin_manager(monkeypatch):
    """Makes a manager of plugins given as `name=[analyses]` or `name=module`, each a package of its own."""
    made = []

    def make(disabled="", **plugins):
        found = []
        for name, brought in plugins.items():
            module_name = f"saegeo_test_{name}"
            module = brought if isinstance(brought, types.ModuleType) else _module(module_name, brought)
            monkeypatch.setitem(sys.modules, module_name, module)
            found.append(EntryPoint(name, module_name, "saegeo"))
            made.append(module_name)
        return PluginManager(found, disabled=disabled)

    return make


def _module(name, analyses):
    module = types.ModuleType(name)

    @hookimpl
    def saegeo_register_analyses(register):
        for analysis in analyses:
            register(analysis)

    module.saegeo_register_analyses = saegeo_register_analyses
    return module


@pytest.fixture(scope="module")
def new_environment(tmp_path_factory):
    """A virtual environment to install plugins in, which sees what is installed here; returns what runs a command in it.

    Nothing is downloaded: packages are built by the setuptools that is here.
    """
    place = tmp_path_factory.mktemp("environment")
    venv.create(place / "venv", symlinks=True)
    programs = place / "venv" / "bin"
    (libraries,) = (place / "venv" / "lib").glob("python*/site-packages")
    seen = [path for path in sys.path if path.endswith("site-packages")]
    (libraries / "here.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in seen))
    for program, module in {"saegeo": "saegeo_core", "pip": "pip", "pytest": "pytest"}.items():
        (programs / program).write_text(f'#!/bin/sh\nexec "{programs}/python" -m {module} "$@"\n')
        (programs / program).chmod(0o755)
    (place / "home").mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTEST_", "SAEGEO_"))},
        "PATH": f"{programs}:/usr/bin:/bin",
        "VIRTUAL_ENV": str(place / "venv"),
        "COLUMNS": "200",
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads 0 as "without"
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }

    def run(command, expected=0):
        """What it printed on standard output and standard error; its exit status is as expected."""
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=place / "home", env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == expected, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    run.home = place / "home"
    return run
