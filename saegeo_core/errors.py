"""The one exception for mistakes a user can mend. Only the command line turns it into text; everywhere else it travels as it is."""

from saegeo_core.visible_text import visible


class SaegeoError(Exception):
    """Something the user gave cannot be used.

    `message` says what was given and what is known; `hint` says what to type instead. Of both every character is seen: a name in
    them may be anybody's, and Python shows an error without asking.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = visible(message)
        self.hint = visible(hint)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class MissingInput(SaegeoError):
    """An analysis was not given what it needs. Asked for by name, it fails; of all that are installed, it is passed over."""


class Unfinished(SaegeoError):
    """By nobody's mistake some of the work could not be done: what is finished is kept, and the same command goes on."""


def near_matches(given: str, known: list[str], most: int = 5) -> str:
    """A sentence naming what is known that resembles `given`, or simply what is known when nothing does."""
    from difflib import get_close_matches

    close = get_close_matches(given, known, n=most, cutoff=0.5)
    if close:
        return "did you mean " + " or ".join(repr(name) for name in close) + "?"
    if not known:
        return "nothing is known by any name here"
    shown = ", ".join(sorted(known)[:20])
    return f"known: {shown}" + (f" and {len(known) - 20} more" if len(known) > 20 else "")


def system_error_in_words(error: OSError) -> str:
    """What the system says, and of what."""
    reason = error.strerror or str(error) or type(error).__name__
    return reason if error.filename is None else f"{error.filename}: {reason}"
