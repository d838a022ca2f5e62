"""A bare decoder matrix in any container: rows are the features, unless the user says that columns are."""

from pathlib import Path

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout, StoredDirections
from saegeo_core.loading.tensor_files import SUFFIXES, open_tensors
from saegeo_core.loading.tensor_files.tensor_file import TensorFile

DECODER = "W_dec"


class PlainMatrix:
    """The array W_dec, or the only one with two axes.

    Dictionaries have more features than dimensions, so a matrix wider than tall is most likely transposed. Nothing in
    the file can tell, hence it is refused until the user states the layout.
    """

    name = "plain-matrix"
    summary = f"a decoder matrix in a file ({', '.join(SUFFIXES)}); --decoder-layout columns when features are columns"

    def recognises(self, path: Path) -> bool:
        """By suffix."""
        return path.is_file() and path.suffix in SUFFIXES

    def read(self, path: Path, rows: Rows, layout: Layout | None) -> StoredDirections:
        """See FileFormat.read."""
        if rows == "encoder":
            raise SaegeoError(
                f"{path} is read as a bare decoder matrix; which of its arrays is the encoder, and which way round, is unknown",
                "give an SAE in a known format, or a file with the encoder's directions as rows and leave out --rows",
            )
        tensors = open_tensors(path)
        name = _decoder_name(tensors)
        if len(tensors.shapes[name]) == 2 and layout is None:
            _refuse_wide(path, tensors.shapes[name])
        return StoredDirections(tensors.directions({name: layout or "rows"}))


def _decoder_name(tensors: TensorFile) -> str:
    names = list(tensors.shapes)
    if DECODER in names:
        return DECODER
    matrices = [name for name in names if len(tensors.shapes[name]) == 2]
    if len(matrices) == 1:
        return matrices[0]
    if len(names) == 1:
        return names[0]
    raise SaegeoError(
        f"which array of {tensors.path} is the decoder? It holds {tensors.listing()}",
        f"call the decoder {DECODER}, or save it alone (a dictionary_learning file is recognized by its name, ae.pt)",
    )


def _refuse_wide(path: Path, shape: tuple[int, ...]) -> None:
    n_rows, n_columns = shape
    if n_columns > n_rows > 0:
        raise SaegeoError(
            f"the matrix in {path} is wider than tall, {n_rows} x {n_columns}: are its columns the features?",
            f"--decoder-layout columns if it holds {n_columns} features, --decoder-layout rows if it holds {n_rows}",
        )
