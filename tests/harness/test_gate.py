"""The runner of Gate processes, tried on a small stand-in that takes the same arguments."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import pytest

from tests.harness.gate import GateNotReady, GateProcess

# Serves /readyz and /metrics, prints its environment as JSON, starts a child, ends with 3 on SIGTERM after 0.2 s.
STAND_IN = r"""
import argparse, http.server, json, os, signal, subprocess, sys, threading, time
options = argparse.ArgumentParser()
for name in ("--port", "--admin", "--workers", "--config", "--break"):
    options.add_argument(name)
options = options.parse_args()
if getattr(options, "break"):
    sys.exit("cannot: " + getattr(options, "break"))
busy = os.environ.get("BUSY_ONCE")
if busy and not os.path.exists(busy):
    open(busy, "w").close()
    sys.exit("[Errno 98] Address already in use")
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("not json")
config = options.config and open(options.config).read()
print(json.dumps({"env": dict(os.environ), "workers": options.workers, "config": config, "child": child.pid}))
METRICS = '''# TYPE gate_requests counter
gate_requests_total{lane="a",route="x"} 2
gate_requests_total{lane="a",route="y"} 3
gate_requests_total{lane="b",route="y"} 4
# EOF
'''
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(METRICS.encode() if self.path == "/metrics" else b"ok")
    def log_message(self, *_):
        pass
def end(*_):
    time.sleep(0.2)
    os._exit(3)
signal.signal(signal.SIGTERM, end)
def serve(address):
    host, _, port = address.rpartition(":")
    http.server.ThreadingHTTPServer((host or "127.0.0.1", int(port)), Handler).serve_forever()
if options.admin:
    threading.Thread(target=serve, args=(options.admin,), daemon=True).start()
serve(options.port)
"""

Start = Callable[..., GateProcess]


@pytest.fixture
def command(tmp_path: Path) -> Sequence[str]:
    file = tmp_path / "stand_in.py"
    file.write_text(STAND_IN)
    return (sys.executable, str(file))


def test_starts_it_in_a_clean_environment(
    start_gate: Start, command: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "the-developers-own")
    gate = start_gate({"lanes": {"b": 1, "a": 2}}, env={"MINE": "1"}, workers=4, command=command)
    (started,) = gate.log
    assert started["env"]["MINE"] == "1" and "ANTHROPIC_API_KEY" not in started["env"]
    assert started["env"]["HOME"].startswith(str(gate.directory))
    assert (started["workers"], started["config"]) == ("4", "lanes:\n  b: 1\n  a: 2\n")
    assert "not json" in gate.output


def test_reads_metrics_from_the_admin_listener(start_gate: Start, command: Sequence[str]) -> None:
    gate = start_gate(admin=True, command=command)
    assert gate.admin_url != gate.url
    assert gate.metric("gate_requests_total") == 9
    assert gate.metric("gate_requests_total", lane="a") == 5
    assert gate.metric("gate_requests_total", lane="c") == 0


def test_stops_it_and_says_how(start_gate: Start, command: Sequence[str]) -> None:
    gate = start_gate(command=command)
    assert gate.memory() > 1_000_000 and len(gate.pids()) == 2
    stopped = gate.stop()
    assert stopped.code == 3 and 0.2 <= stopped.seconds < 5
    assert gate.stop() is stopped
    child = gate.log[0]["child"]
    gate.close()
    assert _gone(child), "a worker that stayed was not ended"
    assert not gate.directory.exists()


def test_says_why_it_did_not_start(start_gate: Start, command: Sequence[str]) -> None:
    with pytest.raises(GateNotReady, match="cannot: for a reason") as refused:
        start_gate(args=["--break", "for a reason"], command=command)
    assert refused.value.code == 1


def test_tries_another_port_when_one_was_taken(start_gate: Start, command: Sequence[str], tmp_path: Path) -> None:
    gate = start_gate({"a": 1}, env={"BUSY_ONCE": str(tmp_path / "busy")}, command=command)
    assert (tmp_path / "busy").exists() and gate.log[0]["config"] == "a: 1\n"
    with pytest.raises(GateNotReady, match="Address already in use"):
        start_gate(args=["--break", "Address already in use"], command=command)


def test_need_not_wait(start_gate: Start, command: Sequence[str]) -> None:
    gate = start_gate(wait=False, command=command)
    gate.wait_ready()
    assert httpx.get(f"{gate.url}/readyz", trust_env=False).text == "ok"
    gate.signal(signal.SIGKILL)
    assert gate.wait_ended() == -signal.SIGKILL


def _gone(pid: int, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True  # ended; nobody has collected it yet
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False
