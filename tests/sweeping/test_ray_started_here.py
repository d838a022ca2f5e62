"""A cluster that a sweep starts for itself: what it listens on, and what is left of it after Ctrl-C."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from ipaddress import ip_address
from pathlib import Path

import numpy as np
import psutil
import pytest

pytest.importorskip("ray")
ENDED_BY_SIGINT = 130


@pytest.fixture
def sweep(stranger, installed):
    """Starts a sweep of 40 SAEs in a session of its own, as a terminal does; whatever lives of that is ended."""
    for number in range(40):
        np.save(f"sae_{number}.npy", np.random.default_rng(number).standard_normal((20, 4)).astype(np.float32))
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:
        environment = {
            **os.environ,
            "PYTHONPATH": ":".join([str(installed), *filter(None, sys.path)]),
            "RAY_AUTH_MODE": "disabled",
            "RAY_TMPDIR": folder,
            "RAY_worker_niceness": "0",
        }
        command = [sys.executable, "-m", "saegeo_core", "run", "./sae_*.npy", "--plugin", "rests", "--on", "ray"]
        with open("said", "wb") as said:
            process = subprocess.Popen(command, stdout=said, stderr=said, env=environment, start_new_session=True)
        yield process, folder
        for one in [process, *of_cluster(folder)]:
            one.kill()


def of_cluster(folder):
    """The processes that were started with it as their folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("RAY_TMPDIR") == folder and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def listening(processes):
    return {
        one.laddr.ip
        for process in processes
        for one in process.net_connections("inet")
        if one.status == psutil.CONN_LISTEN
    }


def is_loopback(address):
    address = ip_address(address)
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def test_it_listens_on_the_loopback_alone_and_ctrl_c_leaves_what_is_finished_and_nothing_else(sweep):
    process, folder = sweep
    stored = Path("saegeo-results")
    while len(list(stored.rglob("*.json"))) < 2 and process.poll() is None:
        time.sleep(0.1)
    addresses = listening(of_cluster(folder))
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait() == ENDED_BY_SIGINT
    assert addresses
    assert all(map(is_loopback, addresses)), addresses
    said = Path("said").read_text()
    assert said.endswith("nothing is left half-written, and the same command goes on\n")
    assert "Traceback" not in said
    assert 2 <= len(list(stored.rglob("*.json"))) < 40
    assert not [path for path in stored.rglob(".*") if path.is_file()]
    deadline = time.monotonic() + 60
    while of_cluster(folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not of_cluster(folder)
