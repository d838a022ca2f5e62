"""All readers, and which of them a trial is of."""

from tests.fuzz import read_records, read_texts, read_weights

READERS = [*read_weights.READERS, *read_texts.READERS, *read_records.READERS]
IN_TURN = [reader for turn in range(10) for reader in READERS if turn == 0 or not reader.is_slow]


def reader_of(number):
    """The reader that a trial of that number is of: one after the other, the slow ones once in ten turns."""
    return IN_TURN[number % len(IN_TURN)]
