from saegeo_core import Analysis, hookimpl


class Unfit(Analysis):
    name = 7
    version = headline = summary = reference = "unfit"


@hookimpl
def saegeo_register_analyses(register):
    register(Unfit())
