"""YAML that lies beside weights: plain values only, whatever the file asks for."""

from pathlib import Path
from typing import Any

from saegeo_core.errors import SaegeoError
from saegeo_core.loading.tensor_files.tensor_file import reading
from saegeo_core.size_limit import read_whole


def read_yaml_object(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises:
        SaegeoError: missing, damaged, or no mapping.
    """
    import yaml

    with reading(path, "YAML"):
        content = yaml.safe_load(read_whole(path))
    if not isinstance(content, dict):
        raise SaegeoError(f"{path} holds a {type(content).__name__}, not a mapping")
    return content
