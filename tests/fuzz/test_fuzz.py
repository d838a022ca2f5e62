"""Some hundred trials of every run; `python -m tests.fuzz` has as many as there is time for. And that the judge can say no."""

import os
import time
from dataclasses import replace

import pytest

from saegeo_core import SaegeoError
from tests.fuzz import trial
from tests.fuzz.counts import BEGIN, END, Counts
from tests.fuzz.reader import Reader
from tests.fuzz.readers import IN_TURN, READERS, reader_of

SEED = 0
TRIALS, TRIALS_OF_THE_SLOW = 16, 3


@pytest.fixture(autouse=True)
def _limits(monkeypatch):
    monkeypatch.setenv("SAEGEO_MAX_BYTES", str(64 << 20))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes and timers are of POSIX")
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.kind)
def test_a_spoiled_file_is_refused_or_its_numbers_are_right(reader):
    outcomes = [trial.tried(reader, number, SEED) for number in range(TRIALS_OF_THE_SLOW if reader.is_slow else TRIALS)]
    assert not [outcome for outcome in outcomes if not outcome.is_good]


def planted(numbers, says=None):
    """A reader of a text, whose number is its length."""
    return Reader("planted", lambda: {"a.bin": b"0123456789"}, numbers, says)


def length(folder):
    return (folder / "a.bin").stat().st_size


def judged(reader, content, folder):
    (folder / "a.bin").write_bytes(content)
    return trial.judged(reader, folder)[0]


def test_the_judge_believes_nothing_but_the_sound_numbers_where_checksums_cover_them(tmp_path):
    assert judged(planted(length), b"9876543210", tmp_path) == "untouched"
    assert judged(planted(length), b"0", tmp_path) == "wrong"


def test_the_judge_believes_what_another_reader_says_where_nothing_covers_them(tmp_path):
    assert judged(planted(length, length), b"0", tmp_path) == "as the bytes say"
    reader = planted(length, lambda folder: min(length(folder), 10))
    assert judged(reader, b"0" * 11, tmp_path) == "wrong"


@pytest.mark.parametrize(
    ("failure", "answer"),
    [
        (SaegeoError("a sentence"), "refused"),
        (SaegeoError(""), "no sentence"),
        (KeyError("W_dec"), "traceback"),
        (OSError("no"), "traceback"),
        (UserWarning("of a library"), "traceback"),
    ],
)
def test_only_a_sentence_refuses(tmp_path, failure, answer):
    assert judged(planted(fails_on_one_byte(failure)), b"0", tmp_path) == answer


def test_memory_that_was_refused_is_not_hidden_behind_a_sentence(tmp_path):
    refusal = SaegeoError("it cannot be read")
    refusal.__cause__ = MemoryError()
    assert judged(planted(fails_on_one_byte(refusal)), b"0", tmp_path) == "memory"


def test_what_waits_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "CLOCK_SECONDS", 0.05)

    def waits(folder):
        while length(folder) == 1:
            time.sleep(0.01)
        return length(folder)

    assert judged(planted(waits), b"0", tmp_path) == "too slow"


def fails_on_one_byte(failure):
    def numbers(folder):
        if length(folder) == 1:
            raise failure
        return length(folder)

    return numbers


def test_an_example_that_is_read_wrongly_is_no_example():
    with pytest.raises(AssertionError, match="the example itself"):
        trial.untouched(planted(length, lambda _: 7))


def test_a_number_is_always_of_the_same_trial():
    assert {reader.kind for reader in IN_TURN} == {reader.kind for reader in READERS}
    reader = reader_of(len(IN_TURN))
    assert reader is READERS[0]
    assert trial.tried(reader, 5, SEED) == trial.tried(reader, 5, SEED)


def test_counts_go_on_where_they_ended_and_are_drawn_into_a_page(tmp_path):
    kept, page = tmp_path / "counts.json", tmp_path / "page.md"
    good = vars(trial.Outcome(".npy", "cut short", "refused"))
    counts = Counts.kept(kept, SEED)
    for number in range(3):
        counts.add(number, good)
    counts.keep(kept)
    again = Counts.kept(kept, SEED)
    assert again.following == 3
    again.add(3, vars(replace(trial.Outcome(**good), answer="wrong")))
    assert [finding["number"] for finding in again.findings] == [3]
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nbehind\n")
    again.draw(page)
    assert "| .npy | 4 | 3 | 0 | 0 | 1 |" in page.read_text()
    assert "old" not in page.read_text()
    with pytest.raises(SystemExit, match="is of seed 0"):
        Counts.kept(kept, 1)
