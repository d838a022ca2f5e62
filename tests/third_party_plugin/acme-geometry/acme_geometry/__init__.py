"""A stranger's plugin: an analysis, a file format and a corpus."""

from saegeo_core import hookimpl


@hookimpl
def saegeo_register_analyses(register):
    from acme_geometry.hubness import Hubness

    register(Hubness())


@hookimpl
def saegeo_register_loaders(register):
    from acme_geometry.text_format import AcmeText

    register(AcmeText())


@hookimpl
def saegeo_register_corpora(register):
    from acme_geometry.lines_corpus import AcmeLines

    register(AcmeLines())
