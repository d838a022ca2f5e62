"""What a dictionary that was never trained scores in the tests for lobes."""

import pandas as pd

from audit.section import PVALUE, Section, measured, null
from saegeo_core import Figure

SAE = "minilm-l6:layer_3"
NAMES = {
    "neighbor_phi_excess": "neighbor-phi excess",
    "ami_angular": "AMI, angular affinity (published)",
    "ami": "AMI, cosine graph",
    "decoding_balanced_accuracy": "probe, balanced accuracy",
}


def measure() -> Section:
    """The bundled SAE of layer 3 beside the reflected controls that ship with it."""
    report = measured("lobes", SAE, parameters={"affinities": ["phi"], "document_splits": 0})
    rows = []
    for name, words in NAMES.items():
        metric = report.metric(name)
        control, stratified = null(metric, "reflected"), null(metric, "strata")
        rows.append(
            {
                "eight lobes": words,
                "trained": metric.value,
                "reflected, untrained": control.mean,
                "p against reflected": control.pvalue,
                "permuted within strata": stratified.mean,
                "p against strata": stratified.pvalue,
            }
        )
    drawn = ("trained", "reflected, untrained", "permuted within strata")
    frame = pd.DataFrame(rows)[["eight lobes", *drawn]]
    frame["eight lobes"] = ["neighbor phi", "AMI, angular", "AMI, graph", "probe"]
    figure = Figure(
        name="untrained",
        title="Lobe statistics of a trained and an untrained dictionary",
        kind="bar",
        table="untrained",
        x="eight lobes",
        y=drawn,
        x_title="",
        y_title="value",
    )
    formats = dict.fromkeys(drawn, ".3f") | {"p against reflected": PVALUE, "p against strata": PVALUE}
    return Section(rows, formats, [(figure, frame)])
