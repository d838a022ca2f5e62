"""One feature of an SAE, named on one line: `minilm-l6:layer_3#412`, or `minilm-l6:layer_3:412` where no SAE is called so."""

import re
from pathlib import Path

from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.release_directory import matching_entries

NAMED = re.compile(r"(?P<sae>.+)(?P<sign>[#:])(?P<feature>[0-9]{1,18})", re.DOTALL)


def named_feature(text: str) -> tuple[str, int | None]:
    """The SAE and the feature; None where the text names an SAE alone.

    `#` always begins a feature, but where a file is called so. A colon stands within the names of SAEs as well: it begins a feature
    where what is before it names an SAE and all of it names none.

    Raises:
        SaegeoError: behind `#` stands no number.
    """
    if Path(text).exists():
        return text, None
    found = NAMED.fullmatch(text)
    if found is None:
        sae, sign, behind = text.rpartition("#")
        if sign and _is_sae(sae):
            raise SaegeoError(f"{behind!r} is no feature of {sae}", f"type its number, for example '{sae}#412'")
        return text, None
    sae, feature = found["sae"], int(found["feature"])
    if found["sign"] == "#" or (_is_sae(sae) and not _is_sae(text)):
        return sae, feature
    return text, None


def _is_sae(text: str) -> bool:
    """Whether a path or a release has an SAE of that name, as far as that is known without a network."""
    try:
        spec = SaeSpec.parse(text)
        return spec.path.exists() if spec.path is not None else bool(matching_entries(spec))
    except SaegeoError:
        return False
