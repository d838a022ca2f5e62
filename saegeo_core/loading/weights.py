"""Which array of a file is the decoder, and which way round: by its name, and by the shapes of what lies beside it.

Every library calls the matrices of an SAE otherwise, wraps them in dictionaries of its own and keeps buffers beside them. A name
says which array it is and how its library keeps it; biases, thresholds and the other matrix say how many features and dimensions
there are. Where the two do not suffice, or contradict each other, the file is refused and its arrays are listed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from saegeo_core.cloud.description import Rows
from saegeo_core.errors import SaegeoError, near_matches
from saegeo_core.loading.file_format import Layout
from saegeo_core.loading.tensor_files.tensor_file import TensorFile

if TYPE_CHECKING:
    import torch

Shape = tuple[int, ...]

DECODERS: dict[str, Layout] = {
    "W_dec": "rows",
    "w_dec": "rows",
    "W_D": "rows",
    "dictionary._weights": "rows",
    "decoder.weight": "columns",
    "decoder_linear.weight": "columns",
}
"""Names of decoders, and whether their rows or their columns are the features. Weights of torch.nn.Linear are (outputs, inputs)."""

ENCODERS: dict[str, Layout] = {
    "W_enc": "columns",
    "w_enc": "columns",
    "W_E": "columns",
    "encoder.weight": "rows",
    "encoder.0.weight": "rows",
    "encoder.final_block.0.weight": "rows",
    "encoder_linear.weight": "rows",
}
"""The same of encoders."""

OF_FEATURES = (
    "b_enc",
    "b_E",
    "encoder.bias",
    "encoder.0.bias",
    "encoder.final_block.0.bias",
    "encoder_linear.bias",
    "latent_bias",
    "threshold",
    "log_threshold",
    "b_gate",
    "b_mag",
    "r_mag",
    "gate_bias",
    "mag_bias",
)
"""Arrays with one number for each feature."""

OF_DIMENSIONS = ("b_dec", "b_D", "bias", "pre_bias", "decoder.bias", "decoder_bias", "decoder_linear.bias")
"""Arrays with one number for each dimension that the decoder writes to."""

KNOWN = sorted((*DECODERS, *ENCODERS, *OF_FEATURES, *OF_DIMENSIONS), key=len, reverse=True)


@dataclass(frozen=True)
class Weights:
    """The arrays of one SAE in a file: those whose names have one prefix.

    Attributes:
        prefix: what stands before the names, for example "state_dict.sae."; often nothing.
        names: the name that is known to the name in the file.
        shapes: of every array, by the name that is known.
    """

    prefix: str
    names: Mapping[str, str]
    shapes: Mapping[str, Shape]

    def matrix(self, kinds: Mapping[str, Layout]) -> str | None:
        """The known name of the first of some kinds of matrices that is there."""
        return next((name for name in kinds if name in self.names), None)

    @property
    def n_features(self) -> int | None:
        """Features, as biases and thresholds have it; None where there is none or they contradict each other."""
        return _agreed(
            shape[0] for name, shape in self.shapes.items() if name in OF_FEATURES and len(shape) == 1 and shape != (1,)
        )

    @property
    def n_dimensions(self) -> int | None:
        """Dimensions, as the bias of the decoder has it."""
        return _agreed(
            shape[-1] for name, shape in self.shapes.items() if name in OF_DIMENSIONS and len(shape) in (1, 2)
        )

    @property
    def n_models(self) -> int | None:
        """Models or layers that a crosscoder reads, as the bias of its decoder has it."""
        return _agreed(shape[0] for name, shape in self.shapes.items() if name in OF_DIMENSIONS and len(shape) == 2)


def directions_of(
    tensors: TensorFile,
    rows: Rows,
    *,
    layout: Layout | None = None,
    key: str | None = None,
    model_slice: int | None = None,
) -> "torch.Tensor":
    """The decoder's (or encoder's) directions (n_features, d_in), memory-mapped where the file allows it.

    Args:
        tensors: the file.
        rows: "decoder" or "encoder".
        layout: the user's word on whether "rows" or "columns" of the matrix are the features.
        key: the user's word on which array it is.
        model_slice: which model or layer of a crosscoder, whose matrices have three axes.

    Raises:
        SaegeoError: no array is known to be it, several are, its shape contradicts what lies beside it, it is wider than tall and
            nothing says that its rows are the features, or it has three axes and no slice was named.
    """
    own, name, known = _chosen(tensors, rows, key)
    shape = tensors.shapes[name]
    if len(shape) == 3 and model_slice is None:
        raise SaegeoError(
            f"{name} of {tensors.path} has three axes, {shape}: its features write to several models or layers",
            "of a crosscoder one can be measured at a time: --model-slice 0 for the first; cross-layer transcoders have no single "
            "direction per feature",
        )
    matrix = tensors.floating(name)
    if model_slice is not None:
        matrix = _sliced(tensors, name, matrix, own, model_slice)
    if matrix.ndim != 2:
        raise SaegeoError(f"{name} of {tensors.path} has shape {shape}; a matrix has two axes")
    shape = tuple(matrix.shape)
    counted = _counted(shape, own, rows)
    if not counted:
        raise SaegeoError(
            f"{name} {shape} of {tensors.path} fits nothing that lies beside it: {tensors.listing()}",
            "it may be of another SAE, or cut short; --decoder-key NAME names another array",
        )
    if layout is not None and layout not in counted:
        raise SaegeoError(
            f"--decoder-layout {layout} contradicts what lies beside {name} {shape} in {tensors.path}: {tensors.listing()}",
            "leave it out",
        )
    if layout is None and len(counted) == 2:
        if own is None and key is None:
            _refuse_symmetric(tensors, name, matrix)
        layout = known or "rows"
        if not (own is not None and _is_paired(own)):
            _refuse_wide(tensors, name, shape, layout)
    return matrix if (layout or next(iter(counted))) == "rows" else matrix.T


def groups_of(shapes: Mapping[str, Shape]) -> list[Weights]:
    """The arrays of a file by the prefix of their names; only those with a name that is known."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for name in shapes:
        known = next((one for one in KNOWN if name == one or name.endswith("." + one)), None)
        if known is not None:
            found[name[: len(name) - len(known)]].setdefault(known, name)
    return [
        Weights(prefix, names, {known: shapes[name] for known, name in names.items()})
        for prefix, names in found.items()
    ]


def _chosen(tensors: TensorFile, rows: Rows, key: str | None) -> tuple[Weights | None, str, Layout | None]:
    """The weights that the matrix belongs to, its name in the file, and how its library keeps it; None where unknown."""
    kinds = DECODERS if rows == "decoder" else ENCODERS
    groups = groups_of(tensors.shapes)
    if key is not None:
        if key not in tensors.shapes:
            raise SaegeoError(
                f"{tensors.path} holds no {key!r} ({near_matches(key, list(tensors.shapes))})",
                f"it holds {tensors.listing()}",
            )
        own = next((one for one in groups if key in one.names.values()), None)
        known = next((name for name, full in own.names.items() if full == key), "") if own else ""
        return own, key, kinds.get(known)
    having = [(one, name) for one in groups if (name := one.matrix(kinds)) is not None]
    if len(having) == 1:
        own, known = having[0]
        return own, own.names[known], kinds[known]
    if not having and rows == "decoder" and (alone := _only_matrix(tensors.shapes)) is not None:
        return None, alone, None
    if rows == "encoder" and not having:
        raise SaegeoError(
            f"{tensors.path} holds no encoder known here; which of its arrays is the encoder, and which way round, is unknown",
            f"it holds {tensors.listing()}",
        )
    candidates = [one.names[name] for one, name in having] or list(tensors.shapes)
    listed = ", ".join(f"{name} {tensors.shapes[name]}" for name in candidates) or "no arrays"
    raise SaegeoError(
        f"which array of {tensors.path} is the {rows}? It holds {listed}",
        f"type --decoder-key NAME, for example --decoder-key {candidates[0] if candidates else 'W_dec'}",
    )


def _only_matrix(shapes: Mapping[str, Shape]) -> str | None:
    """The name of an array that is alone in its file, or of the only matrix, where all else could be its biases."""
    if len(shapes) == 1:
        return next(iter(shapes))
    matrices = [name for name, shape in shapes.items() if len(shape) == 2]
    if len(matrices) != 1:
        return None
    n, d = shapes[matrices[0]]
    others = [shape for name, shape in shapes.items() if name != matrices[0]]
    fits = all(shape == () or (len(shape) == 1 and shape[0] in (1, n, d)) for shape in others)
    return matrices[0] if fits and n != d else None


def _refuse_symmetric(tensors: TensorFile, name: str, matrix: "torch.Tensor") -> None:
    """A square matrix that is its own mirror image is a covariance, or distances: no dictionary."""
    shape = tuple(matrix.shape)
    if shape[0] == shape[1] > 1 and bool((matrix == matrix.T).all()):
        raise SaegeoError(
            f"{name} {shape} of {tensors.path}, its only array, equals its own transpose: a covariance, no directions of an SAE",
            "type --decoder-layout rows to measure it all the same",
        )


def _refuse_wide(tensors: TensorFile, name: str, shape: tuple[int, ...], layout: Layout) -> None:
    """Dictionaries have more features than dimensions: fewer are believed of no matrix unless something says so."""
    n, d = shape if layout == "rows" else shape[::-1]
    if d > n > 0:
        how = "wider than tall" if layout == "rows" else "taller than wide"
        raise SaegeoError(
            f"the matrix {name} in {tensors.path} is {how}, {shape[0]} x {shape[1]}: are its "
            f"{'columns' if layout == 'rows' else 'rows'} the features?",
            f"--decoder-layout columns if it holds {shape[1]} features, --decoder-layout rows if it holds {shape[0]}",
        )


def _counted(shape: Shape, own: Weights | None, rows: Rows) -> set[Layout]:
    """The layouts that the numbers of features and dimensions allow; both where nothing is counted."""
    allowed: set[Layout] = {"rows", "columns"}
    if own is None:
        return allowed
    n, d = own.n_features, own.n_dimensions if rows == "decoder" else None
    for layout in tuple(allowed):
        sides = shape if layout == "rows" else shape[::-1]
        if (n is not None and sides[0] != n) or (d is not None and sides[1] != d):
            allowed.discard(layout)
    return allowed


def _is_paired(own: Weights) -> bool:
    """Whether encoder and decoder have the same number of features, each as its library keeps it."""
    encoder, decoder = own.matrix(ENCODERS), own.matrix(DECODERS)
    if encoder is None or decoder is None:
        return False
    sides = [
        shape[0 if layout == "rows" else -1]
        for shape, layout in ((own.shapes[encoder], ENCODERS[encoder]), (own.shapes[decoder], DECODERS[decoder]))
    ]
    return sides[0] == sides[1]


def _sliced(
    tensors: TensorFile, name: str, matrix: "torch.Tensor", own: Weights | None, model_slice: int
) -> "torch.Tensor":
    """One model's matrix of a crosscoder: the axis of the models is found by what biases count."""
    shape = tuple(matrix.shape)
    if len(shape) != 3:
        raise SaegeoError(
            f"--model-slice was given for {name} {shape} of {tensors.path}, which is no crosscoder's", "leave it out"
        )
    counted = (own.n_models, own.n_features, own.n_dimensions) if own else (None, None, None)
    axes = {
        order[0]
        for order in permutations(range(3))
        if all(size is None or shape[axis] == size for axis, size in zip(order, counted, strict=True))
    }
    if len(axes) != 1 or counted == (None, None, None):
        raise SaegeoError(
            f"which axis of {name} {shape} of {tensors.path} is that of the models is unknown: it holds {tensors.listing()}",
            "save the matrix of one model alone",
        )
    (axis,) = axes
    if not 0 <= model_slice < shape[axis]:
        raise SaegeoError(
            f"--model-slice {model_slice}: {name} of {tensors.path} is of {shape[axis]} models",
            f"type a number from 0 to {shape[axis] - 1}",
        )
    return matrix.select(axis, model_slice)


def _agreed(sizes: Iterable[int]) -> int | None:
    found = set(sizes)
    return found.pop() if len(found) == 1 else None
