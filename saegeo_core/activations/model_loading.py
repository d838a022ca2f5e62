"""A Hugging Face model and its tokenizer, from a local folder, the cache or the hub; or a clear word on what is wrong.

Transformers fills weights that a file lacks with random numbers and says so in a log; here that is an error.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from saegeo_core.activations.packaged_models import PACKAGED, files_of
from saegeo_core.errors import SaegeoError
from saegeo_core.typed_path import typed_path

if TYPE_CHECKING:
    import torch

FloatType = Literal["float32", "bfloat16", "float16"]

#: Weights that base models are often saved without, and that no hook's activation depends on.
UNUSED = ("pooler.",)


def load_model(where: str, dtype: FloatType, device: str) -> "tuple[torch.nn.Module, str]":
    """The base model (no head) named by `where`, in evaluation mode, and a digest of its weights.

    `where` is the name of a model on the hub (its cache is asked first), a local folder, `minilm-l6` or `smollm2-135m`.

    Raises:
        SaegeoError: not found, damaged, incomplete, a packaged model not installed, or no room on the device.
    """
    import torch

    with _transformers_silent():
        from transformers import AutoModel

        model, loading = _load(
            where, "model", AutoModel.from_pretrained, dtype=getattr(torch, dtype), output_loading_info=True
        )
    missing = {name for name in loading["missing_keys"] if not name.startswith(UNUSED)}
    if missing:
        raise SaegeoError(
            f"the model {where} lacks {len(missing)} weights, {min(missing)} among them",
            "copy it again from its source",
        )
    _forget_quantization(model)
    digest = _digest_of_weights(model, without=set(loading["missing_keys"]))
    model.config.use_cache = False
    if getattr(model.config.get_text_config(), "attn_logit_softcapping", None):
        model.set_attn_implementation("eager")  # the fused kernels leave the cap out, some versions silently
    try:
        return model.eval().to(device), digest
    except (RuntimeError, AssertionError) as error:  # torch without CUDA asserts
        reason = str(error).strip().partition("\n")[0]
        raise SaegeoError(f"the model {where} cannot be put on {device}: {reason}", "type --device cpu") from error


def head_weights(where: str) -> "torch.Tensor":
    """The unembedding of the language model named by `where`: (n_tokens, d_model), on the CPU, in the number type it is stored in.

    Raises:
        SaegeoError: as `load_model`; or a model that foretells no token, for nobody trained such weights.
    """
    with _transformers_silent():
        from transformers import AutoModelForCausalLM

        model, loading = _load(
            where, "model", AutoModelForCausalLM.from_pretrained, dtype="auto", output_loading_info=True
        )
    head = model.get_output_embeddings()
    if head is None or loading["missing_keys"]:
        missing = f": its files lack {min(loading['missing_keys'])}" if loading["missing_keys"] else ""
        raise SaegeoError(
            f"the model {where} has no unembedding{missing}", "name a model that foretells the next token"
        )
    matrix: torch.Tensor = head.weight.detach()
    return matrix


def load_tokenizer(where: str) -> tuple[Any, str]:
    """The tokenizer of the model named by `where`, and a digest of what it does.

    Raises:
        SaegeoError: there is none, or it is damaged.
    """
    with _transformers_silent():
        from transformers import AutoTokenizer

        tokenizer = _load(where, "tokenizer", AutoTokenizer.from_pretrained)
    if not len(tokenizer):
        raise SaegeoError(f"the tokenizer of {where} is missing: it knows no token", _TOKENIZER_FILES)
    fast = getattr(tokenizer, "backend_tokenizer", None)
    rules = fast.to_str() if fast is not None else json.dumps(tokenizer.get_vocab(), sort_keys=True)
    return tokenizer, hashlib.sha256(rules.encode()).hexdigest()


def config_file(where: str) -> Path:
    """The config.json of the model named by `where`, which is downloaded if need be; of its weights nothing is read.

    Raises:
        SaegeoError: there is no such folder, or it is neither in the cache nor to be had from the hub.
    """
    folder = _local_folder(where)
    if folder is not None:
        return folder / "config.json"
    from saegeo_core.loading.hub_files import fetch

    return fetch(where, "config.json")


_TOKENIZER_FILES = "a tokenizer is a file tokenizer.json (or vocab files) and tokenizer_config.json beside the weights"


def _load(where: str, what: str, load: Callable[..., Any], **options: Any) -> Any:
    folder, more = files_of(where) or (_local_folder(where), {})
    try:
        if folder is not None:
            with redirect_stderr(StringIO()) if more else nullcontext():  # a bar of GGUF's reader heeds no setting
                return load(folder, local_files_only=True, **options, **more)
        return _load_from_hub(where, load, options)
    except SaegeoError:
        raise
    except Exception as error:  # every file reader behind transformers raises its own
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        hint = _TOKENIZER_FILES if what == "tokenizer" else "a model is a folder with config.json and its weights"
        raise SaegeoError(f"the {what} of {where} cannot be loaded: {reason}", hint) from error


def _load_from_hub(name: str, load: Callable[..., Any], options: dict[str, Any]) -> Any:
    from saegeo_core.loading.hub_files import refuse_if_offline

    config_file(name)  # at once where it is in the cache, one short question where it is not
    try:
        return load(name, local_files_only=True, **options)
    except OSError:  # not all of it is in the cache
        refuse_if_offline(name, "all the files")
        return load(name, **options)


def _local_folder(where: str) -> Path | None:
    """The folder that `where` is, or None when it names a model of the hub."""
    path = typed_path(where)
    if path.is_file():
        raise SaegeoError(f"{path} is a file, not the folder of a model", "name the folder with its config.json")
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise SaegeoError(f"the folder {path} holds no config.json: it is no model", "name the folder of a model")
        return path
    if where.startswith((".", "/", "~")) or where.count("/") > 1:
        known = ", ".join(PACKAGED)
        raise SaegeoError(
            f"there is no folder {path}", f"name a folder, a model of the hub (owner/name), or one of {known}"
        )
    return None


def _forget_quantization(model: Any) -> None:
    """GGUF weights are widened while they load; transformers goes on taking the model for a quantized one that it cannot write."""
    if getattr(model.config, "quantization_config", None) is not None and model.hf_quantizer is not None:
        if model.config.quantization_config.quant_method != "gguf":
            return
        model.hf_quantizer = None
        model.is_quantized = False
        del model.config.quantization_config


def _digest_of_weights(model: "torch.nn.Module", without: set[str]) -> str:
    import torch

    content = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        if name not in without:
            content.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            content.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return content.hexdigest()


@contextmanager
def _transformers_silent() -> Iterator[None]:
    """Without progress bars and load reports: what is wrong with the files is said here, in one sentence."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
