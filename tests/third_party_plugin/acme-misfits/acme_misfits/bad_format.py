"""File formats that fail when they look, when they read, and by what they return."""

from saegeo_core import hookimpl


class FailsToLook:
    name, summary = "fails-to-look", "nothing"

    def recognises(self, path):
        raise IndexError("list index out of range")

    def read(self, path, rows, layout):
        """Never called."""


class FailsToRead:
    name, summary = "fails-to-read", "files called .broken"

    def recognises(self, path):
        return path.suffix == ".broken"

    def read(self, path, rows, layout):
        raise UnicodeError("not text")


class ReturnsNothing:
    name, summary = "returns-nothing", "files called .nothing"

    def recognises(self, path):
        return path.suffix == ".nothing"

    def read(self, path, rows, layout):
        """Returns None."""


@hookimpl
def saegeo_register_loaders(register):
    for file_format in (FailsToLook(), FailsToRead(), ReturnsNothing()):
        register(file_format)
