"""A stranger's plugin: an analysis and a file format."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):
    from acme_geometry.hubness import Hubness

    register(Hubness())


@hookimpl
def saegeo_register_loaders(register):
    from acme_geometry.text_format import AcmeText

    register(AcmeText())
