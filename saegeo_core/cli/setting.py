"""What stands after --set."""

from saegeo_core.errors import SaegeoError


def parse_setting(setting: str) -> tuple[str, str, str]:
    """NAME.KEY=VALUE in its three parts.

    Raises:
        SaegeoError: it is not of that form.
    """
    place, equals, value = setting.partition("=")
    name, dot, key = place.partition(".")
    if not (equals and dot and name and key):
        raise SaegeoError(f"--set {setting} is not NAME.KEY=VALUE", "for example --set cosine-tails.p0=1e-6")
    return name.strip(), key.strip(), value
