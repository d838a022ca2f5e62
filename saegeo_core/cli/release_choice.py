"""Which of all named SAEs `saegeo releases` tells of: those of a pattern that have what the options ask for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from saegeo_core.cloud.sae_names import ascending_in_width, in_natural_order, layer_in, site_in, width_in
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.release_directory import ReleaseEntry
from saegeo_core.loading.releases import matching_saes

RANGE = re.compile(r"(?P<low>\d+(?:\.\d+)?)?-(?P<high>\d+(?:\.\d+)?)?")
MAX_NAMED = 12


@dataclass(frozen=True)
class Wanted:
    """What an SAE must have; None for anything. One whose names do not tell it does not have it."""

    model: str | None = None
    layer: int | None = None
    width: str | None = None
    site: str | None = None
    l0: str | None = None

    def has_all(self, entry: ReleaseEntry) -> bool:
        """Whether the SAE has everything.

        Raises:
            SaegeoError: the range of L0 is none.
        """
        low, high = l0_range(self.l0)
        return (
            (self.model is None or self.model.lower() in (entry.model or "").lower())
            and self.layer in (None, layer_in(entry.sae_id))
            and (self.width is None or self.width.lower() == width_in(str(entry)))
            and self.site in (None, site_in(str(entry)))
            and (self.l0 is None or (entry.l0 is not None and low <= entry.l0 <= high))
        )


def l0_range(text: str | None) -> tuple[float, float]:
    """The ends of LOW-HIGH; without one of the two there is no bound on its side.

    Raises:
        SaegeoError: it is no such range.
    """
    found = RANGE.fullmatch(text or "-")
    low, high = (float(found["low"] or 0), float(found["high"] or "inf")) if found else (1.0, 0.0)
    if low > high:
        raise SaegeoError(
            f"--l0 {text} is no range", "type LOW-HIGH, for example --l0 30-80, or --l0 100- for all above"
        )
    return low, high


def chosen_entries(pattern: str | None, wanted: Wanted) -> list[ReleaseEntry]:
    """Bundled SAEs first, then in natural order. The exact name of a release means that release alone.

    Raises:
        SaegeoError: there is none; said with what there is.
    """
    entries = matching_saes(pattern)
    exact = [entry for entry in entries if entry.release == pattern] or entries
    found = [entry for entry in exact if wanted.has_all(entry)]
    if not found:
        raise SaegeoError("no SAE has all that was asked for", _what_there_is(exact))
    return sorted(
        found,
        key=lambda entry: (entry.source != "bundled", in_natural_order(entry.release), in_natural_order(entry.sae_id)),
    )


def _what_there_is(entries: Sequence[ReleaseEntry]) -> str:
    """For example: there are: widths 16k, 65k; sites mlp, residual; models a, b."""
    facts = {
        "widths": {width_in(str(entry)) for entry in entries},
        "sites": {site_in(str(entry)) for entry in entries},
        "models": {entry.model for entry in entries},
    }
    told = []
    for name, values in facts.items():
        known = sorted(
            (value for value in values if value), key=ascending_in_width if name == "widths" else in_natural_order
        )
        more = f" and {len(known) - MAX_NAMED} more" if len(known) > MAX_NAMED else ""
        told += [f"{name} {', '.join(known[:MAX_NAMED])}{more}"] if known else []
    return f"there are: {'; '.join(told)}" if told else "their names tell neither layer, width nor site"
