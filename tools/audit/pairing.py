"""What projection gains on real words, and what it gains when every pair has the wrong partner."""

from audit.section import Section, estimate, measured, null

SAE = "minilm-l6:layer_1"
NAMES = {
    "silhouette": "silhouette",
    "offset_similarity": "offset similarity (OCS)",
    "parallelogram_error": "parallelogram error",
    "pairing_consistency": "pairing consistency (PCS)",
    "analogy_accuracy": "analogies right (3CosAdd)",
}


def measure() -> Section:
    """The relations that ship, read where the SAE of layer 1 reads."""
    report = measured("crystals", SAE, parameters={"measure": "pairs", "null_draws": 19})
    rows = []
    for name, words in NAMES.items():
        projected = report.metric(f"{name}_projected")
        rows.append(
            {
                "held out": words,
                "raw": estimate(report, f"{name}_raw"),
                "projected": projected.value,
                "projected, partners shuffled": null(projected, "partners shuffled").mean,
            }
        )
    return Section(rows, dict.fromkeys(list(rows[0])[1:], ".3f"))
