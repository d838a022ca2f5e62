"""Paths as a user types them: `~` is a home."""

from pathlib import Path

from saegeo_core.errors import SaegeoError


def typed_path(text: str | Path) -> Path:
    """The path that was typed, from the home where it begins with one.

    Raises:
        SaegeoError: the home of a user unknown here.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise SaegeoError(f"{str(text)!r} names the home of a user unknown here", "type the whole path") from None
