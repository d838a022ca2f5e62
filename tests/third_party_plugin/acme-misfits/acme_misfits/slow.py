import time

from saegeo_core import hookimpl

time.sleep(1.2)


@hookimpl
def saegeo_register_analyses(register):
    """Registers nothing, slowly."""
