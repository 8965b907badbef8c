"""`gate status` against a real Gate in front of a scripted upstream."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import threading
import time
from collections.abc import Callable

import httpx
import pytest

from tests.cli.running import cli, too_wide
from tests.e2e.telemetry.world import ask, configuration, environment, fail_three, message
from tests.harness.gate import GateProcess
from tests.harness.ports import refusing_port
from tests.harness.upstream import Upstream

Start = Callable[..., GateProcess]


def test_a_quiet_gate_is_ready(upstream: Upstream, start_gate: Start) -> None:
    gate = start_gate(configuration(upstream), environment(), admin=True)
    done = cli("status", "--url", gate.admin_url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        f"READY  gate 0.1.0 at {gate.admin_url}\n  taking requests, 0 in flight, 1 worker, up "
    )
    assert "WHAT IS IN THE WAY" not in done.stdout
    assert "  first   ready  1 of 1 route" in done.stdout
    assert "breakers: all closed" in done.stdout
    assert "LAST 5 MIN\n  requests               0, failed 0 (-)" in done.stdout
    assert "unknown: name a Prometheus" in done.stdout
    assert too_wide(done.stdout) == []
    assert "\x1b" not in done.stdout


def test_all_of_it_says_which_keys_would_help(upstream: Upstream, start_gate: Start) -> None:
    gate = start_gate(configuration(upstream), environment(), admin=True)
    done = cli("status", "--all", "--url", gate.admin_url)
    assert "  without a key: anthropic, " in cli("status", "--url", gate.admin_url).stdout
    assert re.search(r"^  anthropic +not ready +0 of \d+ routes  set ANTHROPIC_API_KEY$", done.stdout, re.MULTILINE)
    assert re.search(r"^  home/mid +ready +2 of 2 routes$", done.stdout, re.MULTILINE), done.stdout
    assert too_wide(done.stdout) == []


def test_failures_fallbacks_and_breakers_are_told(upstream: Upstream, start_gate: Start) -> None:
    gate = start_gate(configuration(upstream), environment(), admin=True)
    fail_three(upstream)
    for _ in range(12):
        assert ask(gate, message(stream=True)).status == 200
    done = cli("status", "--url", gate.admin_url, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["ready"] is True
    assert told["recent"]["requests"] == told["since_start"]["requests"] == 12
    assert told["recent"]["outcomes"] == {"served": 12}
    assert sum(told["recent"]["left"].values()) == 12 == told["recent"]["relations"]["downgrade"]
    assert told["since_start"]["downgrades"] >= 12
    assert told["recent"]["usd"] == pytest.approx(told["since_start"]["spend_usd"])
    assert told["breakers_open"] == ["second/model-two", "third/model-sibling"]
    whats = [problem["what"] for problem in told["problems"]]
    assert any(what.startswith("second: breaker_open: second/model-two (failed: overloaded ") for what in whats)
    assert any(what.startswith("third: transport_error: third/model-sibling (failed: ") for what in whats)
    assert any(
        what.startswith("lane") and "without a ready route: " in what and "sibling/mid" in what for what in whats
    )
    assert all(problem["do"] for problem in told["problems"])
    text = cli("status", "--url", gate.admin_url).stdout
    assert "WHAT IS IN THE WAY\n  ! " in text
    assert "leads to the reason" in text
    assert too_wide(text) == []


def test_a_refused_key_is_told(upstream: Upstream, start_gate: Start) -> None:
    gate = start_gate(configuration(upstream, routes=1), environment(), admin=True)
    upstream.fault("status", status=401)
    ask(gate)
    done = cli("status", "--url", gate.admin_url)
    assert done.returncode == 3
    assert done.stdout.startswith("NOT READY  gate 0.1.0")
    assert "  ! first: invalid_auth: first/model-one (failed: " in done.stdout
    assert "      do: the provider refused the configured key" in done.stdout
    assert "no route can serve anything" in done.stdout


def test_a_draining_gate_is_not_ready(upstream: Upstream, start_gate: Start) -> None:
    gate = start_gate(configuration(upstream), environment(), admin=True)
    upstream.shape(text_chunks=200, interval=0.1)
    threading.Thread(target=_cut, args=(gate,), daemon=True).start()
    _until(lambda: gate.metric("gate_in_flight_requests") == 1)
    gate.signal(signal.SIGTERM)
    _until(lambda: httpx.get(f"{gate.admin_url}/readyz", trust_env=False).status_code == 503)
    done = cli("status", "--url", gate.admin_url)
    assert done.returncode == 3, done.stderr
    assert done.stdout.startswith("NOT READY  gate 0.1.0")
    assert "refusing requests (draining), 1 in flight" in done.stdout
    assert "! Gate takes no new requests: draining" in done.stdout
    gate.signal(signal.SIGTERM)


def test_the_wrong_listener_is_told(upstream: Upstream, start_gate: Start) -> None:
    gate = start_gate(configuration(upstream), environment(), admin=True)
    done = cli("status", "--url", gate.url)
    assert done.returncode == 1
    assert "Operators are served at the admin listener" in done.stderr


def test_nobody_there() -> None:
    with refusing_port() as port:
        done = cli("status", env={"GATE_URL": f"http://127.0.0.1:{port}"})
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"gate status: no Gate answers at http://127.0.0.1:{port}: ")
    assert done.stderr.endswith("start it, or name it with --url\n")


def test_what_is_no_gate(upstream: Upstream) -> None:
    done = cli("status", "--url", upstream.url)
    assert done.returncode == 1
    assert done.stderr == f"gate status: what answers at {upstream.url} is no Gate; name one with --url\n"


def _cut(gate: GateProcess) -> None:
    """A stream that Gate's end cuts."""
    with contextlib.suppress(httpx.HTTPError):
        ask(gate, message(stream=True))


def _until(true: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
