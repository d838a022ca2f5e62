"""Who may import whom. One direction: arrays below, values above them, the command line on top, plugins beside."""

import ast
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

VALUES = {"numpy", "pydantic", "pydantic_core"}
ARRAYS = {"numpy", "scipy", "torch"}
SHOWN = {"jinja2", "markupsafe", "matplotlib", "numpy", "plotly", "pyarrow", "pydantic", "rich"}

# From the ground to the roof: a room imports of saegeo_core itself and the rooms above it in this list, and these packages.
ROOMS = {
    "files at the root": {"pydantic"},
    "numerics": ARRAYS | {"sklearn", "threadpoolctl"},
    "statistics": ARRAYS,
    "cloud": VALUES | {"torch"},
    "firing": VALUES | {"pyarrow", "torch"},
    "report": VALUES | {"pandas", "pyarrow", "scipy"},
    "measuring": ARRAYS,
    "corpora": {"datasets", "pyarrow", "pydantic_core", "zstandard"},
    "plugin": {"pluggy", "pydantic"},
    "loading": {"huggingface_hub", "numpy", "pandas", "sae_lens", "safetensors", "torch", "yaml"},
    "activations": {"numpy", "safetensors", "torch", "transformers"},
    "synthetic": {"numpy", "torch"},
    "harvesting": VALUES | {"sae_lens", "torch"},
    "running": {"numpy", "torch"},
    "sweeping": {"pydantic", "ray", "torch"},
    "comparison": {"numpy", "pandas", "scipy"},
    "inspecting": {"numpy", "pandas", "torch"},
    "testing": ARRAYS | {"pydantic"},
    "rendering": SHOWN,
    "cli": {"click", "rich"},
}
AT_THE_ROOT = "files at the root"
PLUGIN_MAY_IMPORT = {"saegeo_core", *VALUES, *ARRAYS, "openTSNE", "pandas", "sklearn", "sknetwork"}
PLUGIN_ROOMS = {"numerics", "statistics", "measuring", "synthetic", "testing"}


def imports(path):
    """(module, line, whether only a type checker sees it) of every import in a file, wherever it stands."""
    tree = ast.parse(path.read_text())
    hidden = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            hidden.update(id(inner) for inner in ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, id(node) in hidden
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: a relative import hides where a name lives"
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno, id(node) in hidden


def import_graph(root):
    """Files of a package to the files of it that they import, types included: whoever reads a file has to know what it names."""
    files = {".".join(path.relative_to(root.parent).with_suffix("").parts): path for path in root.rglob("*.py")}
    files = {name.removesuffix(".__init__"): path for name, path in files.items()}
    return {
        name: {
            target
            for module, *_ in imports(path)
            for target in [module if module in files else module.rpartition(".")[0]]
            if target in files
        }
        for name, path in files.items()
    }


def refuse_circles(root):
    try:
        TopologicalSorter(import_graph(root)).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def core_files():
    return sorted((ROOT / "saegeo_core").rglob("*.py"))


def plugin_files():
    return sorted((ROOT / "plugins").rglob("*.py"))


def room_of(path):
    inside = path.relative_to(ROOT / "saegeo_core").parts
    return inside[0] if len(inside) > 1 else AT_THE_ROOT


@pytest.mark.parametrize("path", core_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_of_the_core(path):
    """Runtime imports, those inside functions included. What only a type checker sees may name a room below."""
    if path == ROOT / "saegeo_core" / "__main__.py":
        return
    room = room_of(path)
    assert room in ROOMS, f"the room {room} has no import rule: add it to ROOMS and to docs/architecture.md"
    order = list(ROOMS)
    for module, line, only_types in imports(path):
        top, _, rest = module.partition(".")
        if only_types or top in sys.stdlib_module_names:
            continue
        if top == "saegeo_core":
            part = rest.partition(".")[0]
            known = part in ROOMS or (ROOT / "saegeo_core" / f"{part}.py").is_file()
            assert known, f"{path}:{line}: {part or module} is a public name; import it from the room it lives in"
            other = part if part in ROOMS else AT_THE_ROOT
            assert order.index(other) <= order.index(room), f"{path}:{line}: {room} may not import saegeo_core.{part}"
        else:
            assert top in ROOMS[room], f"{path}:{line}: {room} may not import {top}"


def test_no_circle_in_the_core():
    refuse_circles(ROOT / "saegeo_core")


@pytest.mark.parametrize("path", plugin_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_plugins_use_public_rooms_only(path):
    import saegeo_core

    own = path.relative_to(ROOT / "plugins").parts[0]
    for module, line, only_types in imports(path):
        top, _, rest = module.partition(".")
        if only_types or top in sys.stdlib_module_names or top == own:
            continue
        assert top in PLUGIN_MAY_IMPORT, f"{path}:{line}: a plugin may not import {top}"
        if top == "saegeo_core":
            room = rest.partition(".")[0]
            public = room in saegeo_core.__all__ or room in PLUGIN_ROOMS
            assert public, f"{path}:{line}: saegeo_core.{room} is not public; import names from saegeo_core itself"


@pytest.mark.parametrize("package", sorted({path.parent for path in plugin_files()}), ids=lambda path: path.name)
def test_no_circle_in_a_plugin(package):
    refuse_circles(package)


def test_files_stay_small():
    long = {
        str(path.relative_to(ROOT)): n
        for path in core_files() + plugin_files()
        if (n := len(path.read_text().splitlines())) > 400
    }
    assert not long


def test_no_room_is_called_after_nothing():
    vague = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert not [path for path in core_files() + plugin_files() if path.stem in vague or path.parent.name in vague]
