"""Analyses that raise, return NaN, change the cloud, print, and leave."""

from saegeo_core import Absent, Analysis, Findings, Metric, hookimpl

print("noise while importing")


class Misfit(Analysis):
    version, headline, summary, reference = "1", "number", "Does something wrong", "none"

    def __init__(self, name, does):
        self.name, self.does = name, does

    def analyze(self, cloud, parameters, context):
        absent = Absent("it is a misfit")
        number = self.does(cloud)
        about = {"n": 1, "unit": "none", "better": "neither", "description": "A number."}
        return Findings([Metric(name="number", estimate=number, interval=absent, nulls=absent, **about)])


def raises(cloud):
    raise ZeroDivisionError("by zero")


def is_nan(cloud):
    return float("nan")


def changes_the_cloud(cloud):
    cloud.vectors.numpy()[:] = 1
    return 1.0


def prints(cloud):
    print("noise while running")
    return 1.0


def leaves(cloud):
    raise SystemExit(0)


@hookimpl
def saegeo_register_analyses(register):
    register(Misfit("acme-raises", raises))
    register(Misfit("acme-nan", is_nan))
    register(Misfit("acme-changes", changes_the_cloud))
    register(Misfit("acme-prints", prints))
    register(Misfit("acme-leaves", leaves))
