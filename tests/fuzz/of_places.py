"""What may lie where a file is looked for: links, pipes, devices, folders, nothing."""

import contextlib
import os
import socket

from tests.fuzz.of_bytes import chosen

KINDS = {
    "nothing": lambda path, content: None,
    "a link to itself": lambda path, content: path.symlink_to(path.name),
    "a link to nothing": lambda path, content: path.symlink_to("not there"),
    "a link to a copy": lambda path, content: path.symlink_to(_copy_of(path, content)),
    "a link to a device": lambda path, content: path.symlink_to("/dev/zero"),
    "a link to its folder": lambda path, content: path.symlink_to("."),
    "a pipe": lambda path, content: os.mkfifo(path),
    "a socket": lambda path, content: _bound(path),
    "an empty folder": lambda path, content: path.mkdir(),
    "a folder around it": lambda path, content: _inside(path, content),  # noqa: PLW0108 - it stands below
    "an empty file": lambda path, content: path.write_bytes(b""),
    "a file of zeros": lambda path, content: path.write_bytes(bytes(len(content))),
}


def put(path, rng):
    """Something else in the place of a file; what it is."""
    content = path.read_bytes()
    path.unlink()
    kind = chosen(list(KINDS), rng)
    KINDS[kind](path, content)
    return kind


def _copy_of(path, content):
    copy = path.with_name("copy of it")
    copy.write_bytes(content)
    return copy


def _inside(path, content):
    path.mkdir()
    (path / path.name).write_bytes(content)


def _bound(path):
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as one:  # its name may be too long for one
        one.bind(str(path))
