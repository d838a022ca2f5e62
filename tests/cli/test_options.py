"""Options are spelled once, and what was typed reaches a command as one value."""

import json
from dataclasses import fields

import pytest

from saegeo_core import run
from saegeo_core.cli import compare, harvest
from saegeo_core.cli import run as run_command
from saegeo_core.cli.options import taken
from saegeo_core.cli.run_options import RunOptions
from saegeo_core.running.model_place import ModelPlace


def options_of(command):
    return {option.name: option for option in command.params}


def test_every_field_is_an_option_and_the_same_one_in_both_commands():
    here, there = options_of(run_command.command), options_of(compare.command)
    names = {field.name for kind in (RunOptions, ModelPlace) for field in fields(kind)} - {"place"}
    assert names <= here.keys()
    for name in names:
        assert here[name].to_info_dict() == there[name].to_info_dict()


@pytest.mark.parametrize("name", ["model", "hook", "force_model", "seed", "device", "out"])
def test_a_harvest_spells_them_alike(name):
    here, there = options_of(run_command.command)[name], options_of(harvest.command)[name]
    assert (here.opts, here.metavar) == (there.opts, there.metavar)
    assert here.type.to_info_dict() == there.type.to_info_dict()


def test_what_is_taken_is_not_left_to_others():
    keywords = {"model": "a", "device": "cpu", "documents": 3}
    assert taken(ModelPlace, keywords) == ModelPlace("a", device="cpu")
    assert keywords == {"documents": 3}


def test_the_command_and_python_make_one_report(saegeo, matrix, plugins, analysis):
    given = plugins(analysis())
    typed = saegeo("run", matrix, "--plugin", "mean-norm", "--set", "mean-norm.factor=3", "--json", plugins=given)
    called = run(
        "mean-norm", str(matrix), parameters={"factor": 3}, plugins=given, out="saegeo-results", existing="reuse"
    )
    assert json.loads(typed.stdout) == json.loads(called.to_json())  # also the time: it was found in the folder
