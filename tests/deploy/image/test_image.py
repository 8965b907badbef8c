"""The image itself, where a container engine answers and has the base image or can pull it. Skipped elsewhere, CI too.

Prints its size and start time (`pytest -s`). Two variables help where the engine is cut off from the world:
`GATE_STACK_BASE_IMAGE` names a base that it has, `GATE_STACK_BUILD_OPTIONS` holds more options for `docker build`.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
TAG = "gate:under-test"
LIMIT = 200_000_000
"""Bytes, as `docker images` counts them."""
KEY = "gate-only-for-this-test"
WAIT = """
import glob, http.client, json, os, sys, time
BODY = json.dumps({"model": "auto", "max_tokens": 8, "messages": [{"role": "user", "content": "hello"}]})
def ask(port, path, key="", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    headers = {"x-api-key": key, "content-type": "application/json"}
    connection.request("POST" if body else "GET", path, body, headers)
    return connection.getresponse().status
def cpu_seconds():  # of everything but this program
    others = [path for path in glob.glob("/proc/[0-9]*/stat") if f"/{os.getpid()}/" not in path]
    stats = [open(path).read().rpartition(")")[2].split() for path in others]
    return sum(int(one[11]) + int(one[12]) for one in stats) / os.sysconf("SC_CLK_TCK")
while True:
    try:
        if ask(4000, "/readyz") == 200:
            break
    except OSError:
        pass
    time.sleep(0.01)
found = {"ready": time.time(), "cpu": cpu_seconds()}
found |= {"metrics": ask(4001, "/metrics"), "public metrics": ask(4000, "/metrics")}
found |= {"client": ask(4000, "/v1/messages", sys.argv[1], BODY), "stranger": ask(4000, "/v1/messages", "", BODY)}
try:
    open("/opt/gate/written", "w")
except OSError as error:
    found["writing"] = error.strerror
print(json.dumps(found))
"""


def docker(*arguments: str, timeout: float = 60) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, f"docker {' '.join(arguments)}: {(done.stdout + done.stderr)[-3000:]}"
    return done.stdout.strip()


def _base() -> str:
    """A base image the engine has; skips without an engine or an image."""
    if not shutil.which("docker") or subprocess.run(["docker", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no container engine answers")
    (shipped,) = re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    base = os.environ.get("GATE_STACK_BASE_IMAGE", shipped)
    known = subprocess.run(["docker", "image", "inspect", base], capture_output=True, check=False).returncode == 0
    if not known and subprocess.run(["docker", "pull", "-q", base], capture_output=True, check=False).returncode:
        pytest.skip(f"the engine has no image {base} and cannot pull it")
    return base


@pytest.fixture(scope="module")
def image() -> str:
    """The built image, as `docker image inspect` describes it."""
    options = shlex.split(os.environ.get("GATE_STACK_BUILD_OPTIONS", ""))
    base = _base()
    docker("build", "-t", TAG, "--build-arg", f"PYTHON_IMAGE={base}", *options, str(ROOT), timeout=900)
    return base


@pytest.fixture
def container(image: str) -> Iterator[dict[str, Any]]:
    """A started container as Kubernetes runs it: read-only, no capability, no privilege, and here no network."""
    hardened = ["--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=none"]
    identity = docker("create", *hardened, "--env", f"GATE_CLIENT_KEY={KEY}", TAG)
    try:
        began = time.time()
        docker("start", identity)
        found = json.loads(docker("exec", identity, "python3", "-c", WAIT, KEY))
        yield {"id": identity, "start": found["ready"] - began, **found}
    finally:
        docker("rm", "--force", identity)


def test_it_is_small(image: str) -> None:
    size, base = (int(docker("image", "inspect", "--format", "{{.Size}}", name)) for name in (TAG, image))
    print(f"\nimage {size / 1e6:.0f} MB, of which {(size - base) / 1e6:.0f} MB over its base {image}")
    assert size < LIMIT


def test_it_starts_read_only_serves_and_stops(container: dict[str, Any]) -> None:
    print(f"\nready {container['start']:.2f} s after `docker start`, {container['cpu']:.2f} s of CPU time")
    wanted = {"metrics": 200, "public metrics": 404, "client": 400, "stranger": 401, "writing": "Read-only file system"}
    assert {name: container[name] for name in wanted} == wanted  # 400: let in, but there is no provider
    docker("stop", "--time", "30", container["id"])
    assert docker("inspect", "--format", "{{.State.ExitCode}}", container["id"]) == "0"
