"""What befalls any file: bytes that flip, are overwritten, lost, repeated, exchanged, or added."""

import numpy as np


def flipped(content, rng):
    """One to four bits turned; most often in the first bytes or the last, where headers and directories are."""
    spoiled = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        spoiled[_place(len(content), rng)] ^= 1 << int(rng.integers(8))
    return bytes(spoiled)


def overwritten(content, rng):
    """A piece of up to 64 bytes with zeros, ones or noise in its place."""
    start, stop = _piece(len(content), rng)
    n = stop - start
    filling = (bytes(n), b"\xff" * n, rng.bytes(n))[rng.integers(3)]
    return content[:start] + filling + content[stop:]


def cut_short(content, rng):
    """The end is missing."""
    return content[: rng.integers(len(content))]


def lengthened(content, rng):
    """Something stands behind the end, or before the beginning."""
    n = int(rng.integers(1, 200))
    more = (bytes(n), rng.bytes(n), content, b"\n", b" " * n)[rng.integers(5)]
    return content + more if rng.random() < 0.8 else more + content


def piece_lost(content, rng):
    """A piece from the middle is missing."""
    start, stop = _piece(len(content), rng)
    return content[:start] + content[stop:]


def piece_repeated(content, rng):
    """A piece stands there twice."""
    start, stop = _piece(len(content), rng)
    return content[:stop] + content[start:stop] + content[stop:]


def pieces_exchanged(content, rng):
    """Two pieces of one length have changed places."""
    start, stop = _piece(len(content), rng)
    n = stop - start
    other = int(rng.integers(max(len(content) - n, 1)))
    spoiled = bytearray(content)
    spoiled[start:stop], spoiled[other : other + n] = content[other : other + n], content[start:stop]
    return bytes(spoiled)


def _place(n, rng):
    near = int(min(rng.exponential(60), n - 1))
    return int((near, n - 1 - near, rng.integers(n))[rng.integers(3)])


def _piece(n, rng):
    start = _place(n, rng)
    return start, int(min(start + rng.integers(1, 65), n))


KINDS = {
    "bits turned": flipped,
    "bytes overwritten": overwritten,
    "cut short": cut_short,
    "lengthened": lengthened,
    "a piece lost": piece_lost,
    "a piece repeated": piece_repeated,
    "pieces exchanged": pieces_exchanged,
}


def spoiled(content, rng):
    """Any of these, several in a row at times."""
    for _ in range(1 + (rng.random() < 0.2)):
        content = list(KINDS.values())[rng.integers(len(KINDS))](content, rng) if content else rng.bytes(8)
    return content


def chosen(options, rng):
    """One of a list."""
    return options[int(rng.integers(len(options)))]


def seeded(*numbers):
    """A generator that belongs to these numbers."""
    return np.random.default_rng(numbers)
