"""Whether a wheel holds the files of the packages in this checkout, all of them, no other, byte for byte.

    python tools/wheel_content.py dist/saegeo-0.1.0-py3-none-any.whl

Each package has to say that it is typed, and the wheel has to stay below 100 MiB, which is the most that PyPI takes unasked.
"""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_BYTES = 100 * 2**20
PLUGINS = "plugins/"


def packaged_files(root: Path) -> dict[str, Path]:
    """Where the files of the packages that git knows lie, by their names in a wheel."""
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "saegeo_core", "plugins"], capture_output=True, text=True, check=True
    )
    return {name.removeprefix(PLUGINS): root / name for name in listed.stdout.split("\0") if name}


def differences(wheel: Path, files: dict[str, Path]) -> list[str]:
    """What is lacking, too much, or not the same, each in words."""
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if not name.partition("/")[0].endswith(".dist-info")}
        packages = {name.partition("/")[0] for name in files}
        return [
            *(f"{name} is not in it" for name in sorted(files.keys() - names)),
            *(f"{name} is in it, and not in the checkout" for name in sorted(names - files.keys())),
            *(f"{one} is not typed: it has no py.typed" for one in sorted(packages) if f"{one}/py.typed" not in names),
            *(
                f"{name} is another there"
                for name in sorted(names & files.keys())
                if packed.read(name) != files[name].read_bytes()
            ),
        ]


def main() -> None:
    wheel = Path(sys.argv[1])
    n_bytes = wheel.stat().st_size
    found = differences(wheel, packaged_files(ROOT))
    if n_bytes > MOST_BYTES:
        found.append(f"it has {n_bytes / 2**20:.1f} MiB, more than {MOST_BYTES / 2**20:.0f}")
    if found:
        raise SystemExit("\n".join([f"{wheel.name}:", *found]))
    print(f"{wheel.name}: {n_bytes / 1e6:.1f} MB, the files of the checkout")


if __name__ == "__main__":
    main()
