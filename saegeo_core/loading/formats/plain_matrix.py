"""Weights in a file of any container: the decoder is found by names and shapes, or is the only matrix there is."""

from pathlib import Path

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections
from saegeo_core.loading.tensor_files import INDEX, SUFFIXES, open_tensors
from saegeo_core.loading.weights import directions_of


class PlainMatrix:
    """A decoder under any name that is known, in dictionaries and behind prefixes, or a matrix alone.

    Dictionaries have more features than dimensions, so a matrix wider than tall is most likely transposed. Where nothing in the
    file can tell, it is refused until the user states the layout.
    """

    name = "plain-matrix"
    summary = f"a decoder matrix in a file ({', '.join(SUFFIXES)}); --decoder-layout columns when features are columns"

    def recognises(self, path: Path) -> bool:
        """By suffix."""
        return path.is_file() and (path.suffix in SUFFIXES or path.name.endswith(INDEX))

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        return StoredDirections(directions_of(open_tensors(path), rows, layout=layout))


def chosen_array(
    path: Path, rows: Rows, *, layout: Layout | None, key: str | None, model_slice: int | None
) -> StoredDirections:
    """The directions in one array of a file, or in one slice of it, as the user says; of a folder, in its only file of arrays.

    Raises:
        SaegeoError: a folder with none or several, or what `directions_of` finds wrong.
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.is_file() and file.suffix in SUFFIXES)
        if len(files) != 1:
            listed = ", ".join(file.name for file in files) or "no file of arrays"
            raise SaegeoError(f"{path} holds {listed}", "name the file in which the array is")
        path = files[0]
    vectors = directions_of(open_tensors(path), rows, layout=layout, key=key, model_slice=model_slice)
    chosen = {"decoder_key": key, "model_slice": model_slice}
    return StoredDirections(vectors, {"training": {name: one for name, one in chosen.items() if one is not None}})
