"""What is said of a wheel that does not hold the files of the checkout."""

import zipfile

import pytest
from wheel_content import differences


@pytest.fixture
def files(tmp_path):
    """Two packages in a checkout, by the names of their files in a wheel."""
    made = {}
    for name in ("one/__init__.py", "one/py.typed", "two/__init__.py", "two/py.typed", "two/data.npy"):
        made[name] = tmp_path / name.replace("/", "-")
        made[name].write_text(name)
    return made


def wheel_of(tmp_path, contents):
    path = tmp_path / "one-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in {**contents, "one-1.dist-info/METADATA": "Name: one"}.items():
            packed.writestr(name, content)
    return path


def test_a_wheel_of_just_the_files_differs_in_nothing(tmp_path, files):
    assert differences(wheel_of(tmp_path, {name: name for name in files}), files) == []


def test_what_is_lacking_too_much_or_another_is_named(tmp_path, files):
    contents = {name: name for name in files if name != "two/data.npy"} | {"one/__init__.py": "x", "tests/test.py": ""}
    assert differences(wheel_of(tmp_path, contents), files) == [
        "two/data.npy is not in it",
        "tests/test.py is in it, and not in the checkout",
        "one/__init__.py is another there",
    ]


def test_a_package_without_its_mark_is_not_typed(tmp_path, files):
    del files["two/py.typed"]
    assert differences(wheel_of(tmp_path, {name: name for name in files}), files) == [
        "two is not typed: it has no py.typed"
    ]
