"""A parameter without a default: asked for where the analysis is named, passed over where all are run."""

from pydantic import Field

from saegeo_core import Parameters, SaeSpec


class TwoClouds(Parameters):
    other: SaeSpec = Field(description="The other one.", examples=["minilm-l6:layer_2"])


def test_named_it_is_asked_for(saegeo, matrix, plugins, analysis):
    given = plugins(analysis("needy", Parameters=TwoClouds, presets={"calibrated": {}}))
    result = saegeo("run", matrix, "--plugin", "needy", plugins=given)
    assert result.exit_code == 2
    assert "needy needs needy.other" in result.stderr
    assert "--set needy.other=minilm-l6:layer_2" in result.stderr


def test_among_all_it_is_passed_over(saegeo, matrix, plugins, analysis):
    given = plugins(analysis("needy", Parameters=TwoClouds, presets={"calibrated": {}}), analysis("content"))
    result = saegeo("run", matrix, "--all", plugins=given)
    assert result.exit_code == 0
    assert "skipped: needy needs needy.other, which has no default; type --set needy.other=" in result.stderr
    assert "content on" in result.stdout


def test_alone_among_all_nothing_can_run(saegeo, matrix, plugins, analysis):
    given = plugins(analysis("needy", Parameters=TwoClouds, presets={"calibrated": {}}))
    result = saegeo("run", matrix, "--all", plugins=given)
    assert result.exit_code == 2
    assert "no installed analysis can run" in result.stderr


def test_given_it_runs_and_is_shown_as_required(saegeo, matrix, another, plugins, analysis):
    def look(cloud, parameters, context):
        assert context.clouds["other"].digest == cloud.digest

    given = plugins(analysis("needy", look, Parameters=TwoClouds, presets={"calibrated": {}}))
    shown = saegeo("plugins", "show", "needy", plugins=given)
    assert "other required  SAE" in shown.stdout
    # `mean-norm` multiplies by a factor that these parameters lack: it fails after the clouds were compared.
    result = saegeo("run", matrix, "--plugin", "needy", "--set", f"needy.other={another}", plugins=given)
    assert "factor" in result.stderr
