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
N = 12


@pytest.fixture
def sweep(stranger, installed):
    """Starts the same sweep of SAEs each time, in a session of its own, as a terminal does; whatever lives of that is ended."""
    for number in range(N):
        np.save(f"sae_{number}.npy", np.random.default_rng(number).standard_normal((20, 4)).astype(np.float32))
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:
        environment = {
            **os.environ,
            "PYTHONPATH": ":".join([str(installed), *filter(None, sys.path)]),
            "RAY_AUTH_MODE": "disabled",
            "RAY_TMPDIR": folder,
        }
        command = [sys.executable, "-m", "saegeo_core", "run", "./sae_*.npy", "--plugin", "rests", "--on", "ray"]
        started = []

        def start():
            with open("said", "wb") as said:
                process = subprocess.Popen(command, stdout=said, stderr=said, env=environment, start_new_session=True)
            started.append(process)
            return process, folder

        yield start
        for one in [*started, *of_cluster(folder)]:
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


def test_it_listens_on_the_loopback_alone_and_after_ctrl_c_only_what_is_missing_is_computed(sweep, runs):
    process, folder = sweep()
    stored = Path("saegeo-results")
    while len(list(stored.rglob("*.json"))) < 2 and process.poll() is None:
        time.sleep(0.1)
    addresses, niceness = listening(of_cluster(folder)), {one.nice() for one in of_cluster(folder)}
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait() == ENDED_BY_SIGINT
    assert addresses
    assert all(map(is_loopback, addresses)), addresses
    assert niceness == {os.nice(0)}
    said = Path("said").read_text()
    assert said.endswith("nothing is left half-written, and the same command goes on\n")
    assert "Traceback" not in said
    finished = {path.parent.name for path in stored.rglob("*.json")}
    assert 2 <= len(finished) < N
    assert not [path for path in stored.rglob(".*") if path.is_file()]
    deadline = time.monotonic() + 60
    while of_cluster(folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not of_cluster(folder)
    process, _ = sweep()
    assert process.wait() == 0, Path("said").read_text()
    assert len(list(stored.rglob("*.json"))) == N
    assert {name: runs(f"rests {name}") for name in finished} == dict.fromkeys(finished, 1)
