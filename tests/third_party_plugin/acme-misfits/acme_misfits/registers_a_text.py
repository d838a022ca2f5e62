from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):
    register("acme")
