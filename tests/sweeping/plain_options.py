"""What `RunOptions` says where nothing was asked for, but for the folder of reports."""

from saegeo_core.running.model_place import ModelPlace

PLAIN_OPTIONS = {
    "preset": "calibrated",
    "settings": (),
    "rows": "decoder",
    "layout": None,
    "decoder_key": None,
    "model_slice": None,
    "features": None,
    "labels": None,
    "firing": None,
    "place": ModelPlace(device="cpu"),
    "seed": 0,
    "existing": "reuse",
    "with_traceback": False,
}
