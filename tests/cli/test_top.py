"""`gate top` against a real Gate: rates, a Gate that goes and comes, a terminal and none."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from subprocess import Popen

import pytest

from tests.cli.running import cli, start, too_wide
from tests.e2e.telemetry.world import ask, configuration, environment, message
from tests.harness.gate import GateProcess
from tests.harness.ports import free_port
from tests.harness.upstream import Upstream

T = r"<?[\d.]+ m?s"
N = r"[\d.,]+"
Start = Callable[..., GateProcess]


@contextmanager
def traffic(gate: GateProcess) -> Iterator[None]:
    """A stream after the other."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            ask(gate, message(stream=True))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)


@pytest.mark.parametrize(
    ("by", "row"),
    [
        ("route", rf"fourth/model-cheap +{N} +0 % +{T} +{T}  ready"),
        ("provider", rf"fourth +{N} +0 % +{T} +{T} +{N} +\${N}  ready"),
        ("client", rf"claude +{N} +{T} +{T} +{N} +{N} +- +\${N}"),
        ("intent", rf"working +{N} +0 % +0 % +{T} +{T} +{T}"),
        ("lane", rf"cheap/fast +{N} +- +{T} +\${N}  ready"),
    ],
    ids=["route", "provider", "client", "intent", "lane"],
)
def test_one_frame(upstream: Upstream, start_gate: Start, by: str, row: str) -> None:
    only_the_fourth = configuration(upstream)
    only_the_fourth["routes"] = only_the_fourth["routes"][3:]
    only_the_fourth["intents"] = {"working": {"start": ["cheap/fast"]}}
    gate = start_gate(only_the_fourth, environment(), admin=True)
    ask(gate, message(stream=True))
    with traffic(gate):
        done = cli("top", "--once", "--by", by, "--interval", "1.5", "--url", gate.admin_url)
    assert done.returncode == 0, done.stderr
    assert re.search(rf"^{row}$", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^in flight \d+   requests/s [\d.]+   failed 0 %", done.stdout, re.MULTILINE), done.stdout
    assert too_wide(done.stdout) == []
    assert "\x1b" not in done.stdout


def test_nothing_is_a_dash_and_not_a_number(upstream: Upstream, start_gate: Start) -> None:
    gate = start_gate(configuration(upstream), environment(), admin=True)
    done = cli("top", "--once", "--interval", "0.2", "--url", gate.admin_url)
    assert re.search(r"^first +- +- +- +- +- +-  ready$", done.stdout, re.MULTILINE), done.stdout
    assert "no intent has been used yet" in cli("top", "--once", "--by", "intent", "--url", gate.admin_url).stdout


def test_a_gate_that_goes_and_comes(upstream: Upstream, start_gate: Start) -> None:
    port = str(free_port())
    first = start_gate(configuration(upstream), environment(), args=("--port", port))
    for _ in range(5):
        ask(first)
    top = start("top", "--interval", "0.3", "--by", "intent", "--url", first.url)
    told = _reader(top)
    try:
        _wait_for(told, "over 0.")
        first.stop()
        _wait_for(told, "AWAY  no Gate answers")
        again = start_gate(configuration(upstream), environment(), args=("--port", port))
        _wait_for(told, "over ", after="AWAY")
        with traffic(again):
            _wait_for(told, "working ", after="AWAY")
        rates = re.findall(r"requests/s (\S+)", "".join(told))
        assert not [rate for rate in rates if rate.startswith("-") and rate != "-"], rates
    finally:
        top.send_signal(signal.SIGINT)
        assert top.wait(20) == 0
    assert "Traceback" not in "".join(told)


def test_a_terminal_gets_its_screen_back(upstream: Upstream, start_gate: Start) -> None:
    gate = start_gate(configuration(upstream), environment(), admin=True)
    ours, theirs = pty.openpty()
    try:
        env = {"TERM": "xterm", "LINES": "20"}
        top = start("top", "--interval", "0.3", "--url", gate.admin_url, env=env, stdout=theirs)
        drawn = _from_terminal(ours, "over 0.")
        top.send_signal(signal.SIGINT)
        assert top.wait(20) == 0
        drawn += _from_terminal(ours, "\x1b[?1049l")
    finally:
        os.close(ours)
        os.close(theirs)
    assert drawn.startswith("\x1b[?1049h\x1b[?25l")
    assert drawn.endswith("\x1b[?25h\x1b[?1049l")
    assert "\x1b[1mgate top\x1b[0m by provider" in drawn


def test_the_first_answer_may_be_late() -> None:
    top = start("top", "--interval", "0.2", "--url", f"http://127.0.0.1:{free_port()}")
    told = _reader(top)
    _wait_for(told, "trying again")
    top.send_signal(signal.SIGTERM)
    assert top.wait(20) == 0


def test_one_frame_of_nobody() -> None:
    done = cli("top", "--once", "--url", f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert "gate top: no Gate answers at" in done.stderr


def test_intervals_have_bounds() -> None:
    done = cli("top", "--once", "--interval", "0")
    assert done.returncode == 2
    assert "from 0.2 to 3600 seconds" in done.stderr


def _reader(process: Popen[str]) -> list[str]:
    """What a process prints, as it comes."""
    lines: list[str] = []
    assert process.stdout is not None
    stream = process.stdout
    threading.Thread(target=lambda: lines.extend(iter(stream.readline, "")), daemon=True).start()
    return lines


def _wait_for(lines: list[str], text: str, after: str = "", seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while text not in "".join(lines).rpartition(after)[2] if after else text not in "".join(lines):
        assert time.monotonic() < deadline, "".join(lines)[-3000:]
        time.sleep(0.05)


def _from_terminal(handle: int, text: str, seconds: float = 30) -> str:
    """What was drawn until `text` was."""
    drawn = ""
    deadline = time.monotonic() + seconds
    while text not in drawn:
        assert time.monotonic() < deadline, repr(drawn)
        if select.select([handle], [], [], 0.2)[0]:
            drawn += os.read(handle, 65_536).decode()
    return drawn
