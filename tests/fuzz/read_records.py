"""What saegeo wrote itself, or has others write for it: reports, firing, harvests, stored activations."""

import json
import tempfile
import warnings
from contextlib import suppress
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from unittest import mock

import numpy as np

from tests.fuzz.independent import arrays_of, strict_json
from tests.fuzz.read_weights import HOOK, D, N, npy_bytes, npz_bytes, sae_lens_example, safe_bytes
from tests.fuzz.reader import Reader

SAE = {
    "spec": "r:a",
    "release": "r",
    "sae_id": "a",
    "model": "m",
    "hook_name": HOOK,
    "layer": 0,
    "d_sae": 64,
    "d_in": 8,
}
SAE |= {"l0": 30.0, "dtype": "float32", "n_features": 64, "n_zero_rows": 0, "n_duplicate_rows": 0, "digest": "0"}
STAMP = {
    "name": "one",
    "version": "1",
    "package": "p",
    "preset": "calibrated",
    "headline": "value",
    "summary": "s",
    "reference": "r",
}


# Reports


def report(sae_id="a", estimate=1.5):
    interval = {
        "low": 1.0,
        "high": 2.0,
        "method": "jackknife",
        "replicates": 5,
        "replicate_factor": 1.0,
        "replicate_key": "k",
    }
    null = {"model": "chance", "draws": 99, "mean": 0.25, "standard_deviation": 0.5, "z": 2.5, "pvalue": 0.01}
    words = {"unit": "fraction", "better": "higher", "description": "A number."}
    missing = {"absent": "not computed"}
    return {
        "schema_version": 2,
        "analysis": STAMP,
        "sae": {**SAE, "sae_id": sae_id, "spec": f"r:{sae_id}"},
        "inputs": {"labels": None},
        "parameters": {"k": 5},
        "seed": 0,
        "environment": {"versions": {"saegeo": "0.1.0"}, "device": "cpu", "dtype": "float32"},
        "created": "2026-01-01T00:00:00Z",
        "duration_seconds": 1.25,
        "metrics": [
            {"name": "value", "estimate": estimate, "interval": interval, "nulls": [null], "n": 64, **words},
            {"name": "other", "estimate": missing, "interval": missing, "nulls": missing, "n": 0, **words},
        ],
        "tables": {"t": {"columns": {"x": [1, 2, 3], "y": [0.5, None, 1.5], "word": ["a", "b", "c"]}}},
        "figures": [{"name": "f", "title": "F", "kind": "line", "table": "t", "x": "x", "y": ["y"]}],
        "warnings": ["a warning"],
    }


def report_files(name="one-0.json", **known):
    beside = npz_bytes(np.savez_compressed, **{"replicates.value": np.linspace(1, 2, 5)})
    return {name: json.dumps(report(**known), indent=1).encode(), name.replace(".json", ".npz"): beside}


def invoked(*arguments):
    """What a command prints. A sentence in place of a result is raised as the SaegeoError that it was."""
    from click.testing import CliRunner

    from saegeo_core import SaegeoError
    from saegeo_core.cli import main

    done = CliRunner().invoke(main, [*map(str, arguments)])
    is_told = done.stderr.startswith(("error: ", "skipped: "))
    if is_told and (done.exit_code == 2 or not done.stdout):
        raise SaegeoError(done.stderr)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    if done.exit_code and not (is_told and done.exit_code == 1):
        raise AssertionError(f"exit status {done.exit_code}: {done.stderr}")
    return done.stdout


def shown(folder):
    return json.loads(invoked("show", folder / "one-0.json", "--json"))


def shown_in_words(folder):
    """The page of a terminal: that no escape sequence is in it, and the headline."""
    text = invoked("show", folder / "one-0.json")
    if any(ord(character) < 32 and character != "\n" for character in text):
        raise AssertionError("a control character is printed")
    return {"escapes": 0}


def report_says(folder):
    """JSON, field by field."""
    return strict_json((folder / "one-0.json").read_text())


def read_with_arrays(folder):
    from saegeo_core import load_reports

    with warnings.catch_warnings(action="ignore"):  # what is left out is named
        reports = load_reports(folder)
    return [
        {"value": one.metric("value").value, "arrays": dict(one.arrays)} for one in reports if one.sae.sae_id == "b"
    ]


def two_reports():
    return report_files("two-0.json", sae_id="b", estimate=2.5) | report_files()


def compared(folder):
    """The number of the sound report, whatever became of the other, whose number is the one in its file."""
    table = json.loads(invoked("compare", folder, "--format", "json", "--quiet"))
    estimates = [row["cells"]["one.value"]["metric"]["estimate"] for row in table["rows"]]
    others = [estimate for estimate in estimates if estimate != 2.5]
    if others:
        file = next(path for path in sorted(folder.rglob("*.json")) if path.is_file() and path.name != "two-0.json")
        written = strict_json(file.read_text())["metrics"]
        assert others == [float(metric["estimate"]) for metric in written if metric["name"] == "value"]
    return {"sound": 2.5 in estimates}


def page_of(folder):
    path = folder / "page.html"
    invoked("page", folder, "--out", path, "--quiet")
    html = path.read_text()
    if "<script>alert" in html:
        raise AssertionError("a script of the report's runs")
    return {"is a page": html.rstrip().endswith("</html>")}


# Firing

OF_FIRING = (
    "feature_ids",
    "token_counts",
    "activation_sum",
    "activation_max",
    "document_of_block",
    "label_of_block",
    "group_of_document",
)


@cache
def firing_example():
    from saegeo_core.firing.reflection import Reflection
    from saegeo_core.firing.statistics import Control, FiringStatistics

    rng = np.random.default_rng(4)
    fired = rng.random((40, N)) < 0.3
    axes = np.linalg.qr(rng.standard_normal((D, D)))[0].astype(np.float32)
    known = {
        "token_counts": fired.sum(0) * 2,
        "activation_sum": rng.random(N) + 1,
        "activation_sum_of_squares": rng.random(N) + 2,
        "activation_max": rng.random(N).astype(np.float32),
        "document_of_block": np.arange(40) // 4,
        "group_of_document": np.arange(10) // 2,
        "label_of_block": np.arange(40) % 3 - 1,
        "label_names": ("prose", "code"),
    }
    told = {
        "n_tokens": 4000,
        "block_tokens": 100,
        "fires_above": 0.0,
        "tails": "dropped",
        "n_tails": 3,
        "sae_digest": "0" * 64,
    }
    reflected = Control(
        Reflection(axes, np.array([1, -1, 1, 1, -1, 1], np.int8)), FiringStatistics.from_arrays(fired[::-1], **known)
    )
    statistics = FiringStatistics.from_arrays(
        fired, axes=axes, controls_from=(lambda: reflected,), **known, **told, corpus={"kind": "x"}
    )
    return written(statistics.write, "h")


def written(write, name):
    """The files that something writes into a folder."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / name)
        return contents(Path(folder))


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def firing_at(folder):
    """All that can be read of statistics, controls included."""
    from saegeo_core import FiringStatistics

    statistics = FiringStatistics.open(folder / "h")
    controls = [
        numbers_of_firing(control.firing) | {"signs": np.asarray(control.directions.signs)}
        for control in statistics.controls()
    ]
    return numbers_of_firing(statistics) | {"controls": controls}


def numbers_of_firing(statistics):
    incidence = statistics.incidence()
    return {
        **statistics.facts(),
        "pairs": statistics.cooccurrence().numpy(),
        "counts": np.asarray(incidence.counts()),
        **{name: np.asarray(getattr(statistics, name)) for name in OF_FIRING},
    }  # fmt: skip


def contexts_example():
    from saegeo_core.firing.contexts import FiringContexts

    features = [0, 0, 3]
    found = FiringContexts.from_columns(
        2,
        {
            "feature": features,
            "value": [2.0, 1.0, 4.0],
            "document": [3, 1, 0],
            "position": [0, 5, 9],
            "tokens": [["a", " b"], [" c", "d", " e"], ["é"]],
            "fired": [1, 2, 0],
        },
        {
            "feature": features,
            "text": [" b", "d", "é"],
            "token": [5, 7, 1],
            "count": [9, 2, 4],
            "activation_sum": [3.5, 0.5, 4.0],
        },
        "0" * 64,
    )

    def write(folder):
        folder.mkdir()
        found.write(folder)

    return written(write, "h")


def contexts_at(folder):
    """All of both files; a folder without the second keeps nothing, which is said as a mistake here."""
    from saegeo_core import SaegeoError
    from saegeo_core.firing.contexts import FiringContexts

    found = FiringContexts.open(folder / "h")
    if found is None:
        raise SaegeoError("nothing was kept")
    return {
        "n": found.n_contexts,
        "sae": found.sae_digest,
        "contexts": [list(map(asdict, found.contexts_of(feature))) for feature in range(4)],
        "tokens": [list(map(asdict, found.top_tokens_of(feature))) for feature in range(4)],
    }


def cooccurrence_example():
    fired = np.random.default_rng(5).random((40, N)) < 0.3
    return {"c.npz": npz_bytes(np.savez_compressed, histogram=fired.T.astype(np.int64) @ fired, n_chunks=np.array(40))}


def cooccurrence_at(folder):
    from saegeo_core import FiringStatistics

    statistics = FiringStatistics.open(folder / "c.npz")
    return {"pairs": statistics.cooccurrence().numpy(), "n_blocks": statistics.n_blocks}


def cooccurrence_says(folder):
    arrays = arrays_of(folder / "c.npz")
    return {"pairs": arrays["histogram"], "n_blocks": int(arrays["n_chunks"].item())}


# Stored activations


def activations():
    rng = np.random.default_rng(6)
    documents = np.sort(rng.integers(0, 8, 60))
    documents[-1] = 7
    return documents.astype(np.int64), rng.standard_normal((60, D)).astype(np.float32)


def shards(write):
    """Two shards, and what is told of the documents."""
    document, rows = activations()
    files = {"s/about.json": json.dumps({"model": "gpt2"}).encode()}
    files["s/documents.jsonl"] = "".join(
        json.dumps({"label": "ab"[n % 2], "group": f"g{n // 2}"}) + "\n" for n in range(8)
    ).encode()
    for number, part in enumerate((slice(0, 30), slice(30, 60))):
        files |= write(f"s/{number:05}", {"document": document[part], HOOK: rows[part]})
    return files


def as_npy(name, arrays):
    return {f"{name}.{one}.npy": npy_bytes(array) for one, array in arrays.items()}


def as_npz(name, arrays):
    return {f"{name}.npz": npz_bytes(**arrays)}


def as_safetensors(name, arrays):
    return {f"{name}.safetensors": safe_bytes(arrays)}


def stored_at(folder):
    from saegeo_core.activations.source_kind import SourceRequest
    from saegeo_core.activations.stored_source import Stored

    source = Stored().open(str(folder / "s"), SourceRequest((HOOK,)))
    source.describe()
    documents = list(source.corpus.documents())
    batches = list(source.batches(documents))
    return {
        "document": np.concatenate([batch.document for batch in batches]),
        "rows": np.concatenate([batch.activations[HOOK].numpy() for batch in batches]),
        "documents": [(one.label, one.group) for one in documents],
    }


def as_text(value):
    """As text: half of a pair of surrogates is none, and another sign stands for it."""
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def stored_says(suffix, folder):
    """All shards one behind the other, by other readers."""
    if suffix == "npy":
        documents, rows = (
            [np.load(path, allow_pickle=False) for path in sorted((folder / "s").glob(f"*.{name}.npy"))]
            for name in ("document", HOOK)
        )
    else:
        read = [arrays_of(path) for path in sorted((folder / "s").glob(f"*.{suffix}"))]
        documents, rows = ([one[name] for one in read] for name in ("document", HOOK))
    if any(len(a) != len(b) for a, b in zip(documents, rows, strict=True)):
        raise ValueError("lengths")
    document, rows = np.concatenate(documents), np.concatenate(rows).astype(np.float32)
    if document.dtype.kind != "i" or not np.isfinite(rows).all() or (np.diff(document) < 0).any():
        raise ValueError("numbers")
    told = folder / "s/documents.jsonl"
    if not told.is_file():
        return {"document": document, "rows": rows, "documents": [(None, f"#{n}") for n in range(document[-1] + 1)]}
    facts = [json.loads(line) for line in told.read_text("utf-8").split("\n")[: document[-1] + 1]]
    labels = [None if fact.get("label") is None else as_text(fact["label"]) for fact in facts]
    groups = [as_text(fact.get("group", f"#{n}")) for n, fact in enumerate(facts)]
    return {"document": document, "rows": rows, "documents": list(zip(labels, groups, strict=True))}


# Harvests that were interrupted, or are finished


class InterruptedHere(Exception):
    """Ends a harvest."""


def harvested(folder, documents=None):
    from saegeo_core import harvest

    def stop(done, *_):
        if documents is not None and done >= documents:
            raise InterruptedHere

    plugins = _with_sources()
    # A shard for each document: there is more than one to be spoiled.
    with warnings.catch_warnings(action="ignore"), mock.patch("saegeo_core.harvesting.portions.CHARACTERS", 1):
        (one,) = harvest(
            folder / "sae", model=f"stored:{folder / 's'}", out=folder / "out", block_tokens=3, keep_tails=True, control="random",
            control_draws=1, gaussian_draws=1, force_model=True, device="cpu", plugins=plugins, watch=stop,
        )  # fmt: skip
    return one.firing


@cache
def _with_sources():
    from importlib.metadata import EntryPoint

    from saegeo_core import PluginManager

    rooms = {"file-formats": "saegeo_core.loading.formats", "activation-sources": "saegeo_core.activations.sources"}
    return PluginManager([EntryPoint(name, room, "saegeo") for name, room in rooms.items()], disabled="")


@cache
def harvest_example(is_finished):
    sources = sae_lens_example() | shards(as_safetensors)

    def write(folder):
        put(sources, folder)
        with suppress(InterruptedHere):
            harvested(folder, None if is_finished else 5)

    return written(write, "h")


def put(files, folder):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def harvest_at(folder):
    """The same harvest once more: it goes on, or is there."""
    firing = harvested(folder / "h")
    return {"digest": firing.digest, "controls": [control.firing.digest for control in firing.controls()]}


READERS = [
    Reader("report, show --json", report_files, shown, report_says),
    Reader("report, show", report_files, shown_in_words),
    Reader("report with its arrays", two_reports, read_with_arrays, spoiled=("one",)),
    Reader("reports, compare", two_reports, compared, spoiled=("one",)),
    Reader("reports, page", two_reports, page_of, spoiled=("one",), is_slow=True),
    Reader("firing statistics", firing_example, firing_at),
    Reader("contexts", contexts_example, contexts_at),
    Reader("co-occurrence .npz", cooccurrence_example, cooccurrence_at, cooccurrence_says),
    Reader("stored activations .npy", lambda: shards(as_npy), stored_at, partial(stored_says, "npy")),
    Reader("stored activations .npz", lambda: shards(as_npz), stored_at, partial(stored_says, "npz")),
    Reader("stored activations .safetensors", lambda: shards(as_safetensors), stored_at, partial(stored_says, "safetensors")),
    Reader("harvest interrupted", lambda: harvest_example(False), harvest_at, spoiled=("h/out",), is_slow=True),
    Reader("harvest finished", lambda: harvest_example(True), harvest_at, spoiled=("h/out",), is_slow=True),
]  # fmt: skip
