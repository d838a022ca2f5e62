"""A harvest from Python: which features of SAEs fire in which blocks of a text."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from saegeo_core.corpora.spec import CorpusSpec
from saegeo_core.harvesting.engine import Watch, unwatched
from saegeo_core.harvesting.finished import Harvested
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.running.harvest_plan import plan_harvest
from saegeo_core.running.model_place import ModelPlace

if TYPE_CHECKING:
    from saegeo_core.activations.model_loading import FloatType


def harvest(
    saes: str | Path | Sequence[str | Path],
    *,
    model: str,
    corpus: str | Path | CorpusSpec | None = None,
    out: str | Path = "saegeo-harvest",
    documents: int | None = None,
    tokens: int | None = None,
    block_tokens: int = 256,
    fires_above: float = 0.0,
    keep_tails: bool = False,
    text_field: str | None = None,
    label_field: str | None = None,
    skip_bad_lines: bool = False,
    hook: str | None = None,
    prepend_bos: Literal["auto", "yes", "no"] = "auto",
    force_model: bool = False,
    dtype: "FloatType" = "float32",
    control: Literal["random"] | None = None,
    control_draws: int = 19,
    gaussian_draws: int = 3,
    seed: int = 0,
    contexts: int | None = None,
    device: str = "auto",
    watch: Watch = unwatched,
    plugins: PluginManager | None = None,
) -> list[Harvested]:
    """Find out in which blocks of text which features fire, in one pass of the model for all SAEs.

    Interrupted, the same call goes on where it stopped; what is harvested already is read, not harvested again.

    Args:
        saes: `release:sae_id` (globs allowed in the id) or a path, one or several of one model.
        model: where activations come from: a Hugging Face model, a local folder, `minilm-l6`, or `KIND:WHERE`.
        corpus: the text: a file, a folder, `hf:NAME` or `python-env`; None where the model brings its own documents.
        out: folder of the results; those of an SAE lie at `<out>/<release>/<sae_id>`.
        documents: stop after so many; None for all.
        tokens: stop after so many; None for all.
        block_tokens: tokens counted together.
        fires_above: a feature fires where its activation is greater.
        keep_tails: keep what documents leave over as shorter blocks.
        text_field: where a row has its text.
        label_field: where it has its label.
        skip_bad_lines: pass over broken lines, and count them.
        hook: where the SAEs read, if they do not say so themselves.
        prepend_bos: whether every window of text begins with BOS; "auto" as the SAEs were trained.
        force_model: harvest though an SAE was trained on a model of another name.
        dtype: number type the model computes in: "float32", "bfloat16" or "float16".
        control: "random" harvests untrained dictionaries beside every SAE, whose features fire as often.
        control_draws: how many of these are the SAE itself, reflected; a p-value needs 19.
        gaussian_draws: how many are drawn from the decoder's Gaussian.
        seed: decides which they are.
        contexts: of each feature keep so many of the contexts in which it fired most strongly, and its top tokens; 0 for top tokens
            alone, where the text may not be passed on; None for neither.
        device: "auto", "cpu", "cuda" or "cuda:i".
        watch: told after every batch how many documents and tokens are done, and how many of these tokens by this call.

    Returns:
        For each SAE its name (`spec`), the `folder` of its firing statistics, these (`firing`), as `run(firing=…)` takes them, and
        what its features fire on (`contexts`).

    Raises:
        SaegeoError: an SAE, model, corpus or device that is not there, or that does not fit the others; contradictory limits; a
            folder with a harvest of other settings (the difference is named); no block in all of the text; a full disk.
    """
    settings = HarvestSettings(
        block_tokens=block_tokens,
        fires_above=fires_above,
        keep_tails=keep_tails,
        documents=documents,
        tokens=tokens,
        control_draws=control_draws if control else 0,
        gaussian_draws=gaussian_draws if control else 0,
        seed=seed,
        contexts=contexts,
    )
    named = [saes] if isinstance(saes, str | Path) else saes
    return plan_harvest(
        saes=[str(sae) for sae in named],
        place=ModelPlace(model, hook=hook, force_model=force_model, device=device),
        settings=settings,
        plugins=plugins,
        corpus=None if corpus is None else str(corpus),
        label_field=label_field,
        text_field=text_field,
        skip_bad_lines=skip_bad_lines,
        prepend_bos=prepend_bos,
        dtype=dtype,
        out=out,
    ).carry_out(watch)
