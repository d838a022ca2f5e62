import pytest

from saegeo_core.file_names import MOST_CHARACTERS, file_name
from saegeo_core.rendering.report_names import ReportName, links, report_names


@pytest.fixture
def names(every_kind):
    """The names of reports that are like one of every_kind but for these changes."""
    like = every_kind()

    def of(*changes):
        return report_names([like.model_copy(update=change) for change in changes])

    return of


def parameters(**values):
    return {"parameters": values}


def test_reports_of_different_saes_need_no_more(every_kind):
    found = report_names([every_kind(name="a"), every_kind("other", name="b")])
    assert [name.in_full for name in found] == ["every-kind on memory:a", "every-kind on memory:b"]


def test_reports_on_one_sae_are_told_apart_by_what_differs_and_nothing_else(names):
    found = names(parameters(k=1, l=[2], m="x"), parameters(k=2, l=[2], m="x"), parameters(k=2, l=[3], m="x"))
    assert [name.apart for name in found] == ["k = 1, l = [2]", "k = 2, l = [2]", "k = 2, l = [3]"]
    assert found[0].in_full == "every-kind on memory:small, k = 1, l = [2]"


def test_seeds_and_inputs_tell_apart_as_well(names):
    one, two = {"firing": {"digest": "0123456789"}}, {"firing": {"digest": "abcdefghij"}}
    assert [name.apart for name in names({"seed": 0}, {"seed": 1})] == ["seed = 0", "seed = 1"]
    assert [name.apart for name in names({"inputs": one}, {"inputs": two}, {})] == [
        "firing = 01234567",
        "firing = abcdefgh",
        "firing = none",
    ]


def test_an_sae_s_other_rows_have_the_names_of_the_table(every_kind):
    report = every_kind()
    other = report.model_copy(update={"sae": report.sae.model_copy(update={"rows": "encoder"})})
    assert [name.sae for name in report_names([report, other])] == ["memory:small (decoder)", "memory:small (encoder)"]


def test_many_differences_are_counted(names):
    many = [parameters(**dict.fromkeys("abcdefg", value)) for value in (1, 2)]
    assert [name.apart for name in names(*many)] == [f"a = {i}, b = {i}, c = {i}, d = {i}, 3 more" for i in (1, 2)]


def test_what_nothing_tells_apart_is_numbered(names):
    assert [name.apart for name in names({}, {}, {"seed": 7})] == [
        "seed = 0, report 1 of 3",
        "seed = 0, report 2 of 3",
        "seed = 7",
    ]
    assert [name.apart for name in names({}, {})] == ["report 1 of 2", "report 2 of 2"]


def test_inputs_that_are_not_as_saegeo_writes_them_are_no_obstacle(names):
    assert [name.apart for name in names({"inputs": {"firing": "lost"}}, {"inputs": {"firing": None}})] == [
        "firing = lost",
        "firing = null",
    ]


def test_links_are_legible_and_all_different():
    names = [ReportName("tails", "a:layer_1"), ReportName("tails", "a layer_1"), ReportName("tails", "a", "seed = 1")]
    assert links(names) == ["tails-a-layer_1", "tails-a-layer_1-2", "tails-a-seed-1"]
    assert links(names[:1], ["tails-a-layer_1"]) == ["tails-a-layer_1-2"]


def test_the_name_of_a_file_is_short_and_keeps_both_ends():
    assert file_name("cosine tails: a/b") == "cosine-tails-a-b"
    long = file_name("cosine-tails.histogram-" + "local:gemma-scope-9b-pt-res/" * 9 + " against end")
    assert len(long) == MOST_CHARACTERS
    assert (long[:23], long[-4:]) == ("cosine-tails.histogram-", "-end")
    assert "--" in long
