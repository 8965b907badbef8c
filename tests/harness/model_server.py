"""A model server nobody here wrote: llama.cpp's own, on a tiny model with random weights that is made on the spot.

It is installed with pip in an environment of its own, `${GATE_MODEL_SERVER:-~/.cache/gate-model-server}` (200 MB, half
a minute the first time). `GATE_MODEL_SERVER_BUILD=1` or `CI=true` lets the tests do that; otherwise it is used where it
is.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import httpx

from tests.harness.ports import LOOPBACK, free_ports

PACKAGES = ("xllamacpp==2026.10.11549", "gguf==0.19.0", "numpy<3")
PROGRAM = Path(__file__).with_name("tiny_model.py")
MODEL = "tiny"
CONTEXT = 4096
START_S = 60


class ModelServerUnavailable(Exception):
    """It cannot be had here; the message says why."""


def environment() -> Path:
    """Where it is installed."""
    chosen = os.environ.get("GATE_MODEL_SERVER")
    return Path(chosen).expanduser() if chosen else Path.home() / ".cache" / "gate-model-server"


def python() -> Path:
    """The Python that has the server, installed if that is allowed. Raises ModelServerUnavailable."""
    home = environment()
    found, mark = home / "venv" / "bin" / "python", home / "packages"
    wanted = "\n".join(PACKAGES)
    if mark.is_file() and mark.read_text() == wanted:
        return found
    if not (os.environ.get("CI") or os.environ.get("GATE_MODEL_SERVER_BUILD")):
        raise ModelServerUnavailable(f"no model server in {home}; GATE_MODEL_SERVER_BUILD=1 installs it")
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (mark.is_file() and mark.read_text() == wanted):
            _install(home, found)
            mark.write_text(wanted)
    return found


def _install(home: Path, found: Path) -> None:
    steps = (
        [sys.executable, "-m", "venv", "--clear", str(home / "venv")],
        [str(found), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *PACKAGES],
    )
    for step in steps:
        try:
            done = subprocess.run(step, capture_output=True, text=True, timeout=600, check=False)
        except subprocess.TimeoutExpired as error:
            raise ModelServerUnavailable(f"installing it took more than {error.timeout} s") from error
        if done.returncode:
            raise ModelServerUnavailable(f"it could not be installed: {done.stderr[-500:]}")


class ModelServer:
    """A running server; also a context manager. `url` has no path. Raises ModelServerUnavailable."""

    def __init__(self, directory: Path) -> None:
        interpreter = str(python())
        model = directory / "tiny.gguf"
        subprocess.run([interpreter, str(PROGRAM), "write", str(model)], check=True, timeout=60)
        (port,) = free_ports(1)
        self.url = f"http://{LOOPBACK}:{port}"
        self._log = (directory / "server.log").open("wb")
        self._process = subprocess.Popen(
            [interpreter, str(PROGRAM), "serve", str(model), str(port)],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        try:
            self._wait(directory / "server.log")
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        self._log.close()

    def _wait(self, log: Path) -> None:
        deadline = time.monotonic() + START_S
        with httpx.Client(timeout=2, trust_env=False) as http:
            while time.monotonic() < deadline and self._process.poll() is None:
                try:
                    if http.get(f"{self.url}/health").status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                time.sleep(0.05)
        raise ModelServerUnavailable(f"the model server did not start: {log.read_text(errors='replace')[-500:]}")
