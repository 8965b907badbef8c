"""The programs a measurement needs: the C upstream and load generator, and Gate itself, each on its own core."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
OUT = HERE / "out"
TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def build() -> None:
    """Compile the two C programs when they are older than their source."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("make bench needs a C compiler (cc): install gcc or clang")
    OUT.mkdir(exist_ok=True)
    for name in ("upstream", "load"):
        source, binary = HERE / f"{name}.c", OUT / name
        if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
            subprocess.run([compiler, "-O2", "-w", "-o", str(binary), str(source)], check=True)


def pinned(core: int, command: Sequence[str]) -> list[str]:
    """On one core where the machine has two and `taskset`; otherwise as it is."""
    if (os.cpu_count() or 1) < 2 or shutil.which("taskset") is None:
        return list(command)
    return ["taskset", "-c", str(core), *command]


class Program:
    """A process of the bench; ended by pid."""

    def __init__(self, core: int, command: Sequence[str], env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            pinned(core, command), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def tree(self) -> list[int]:
        """Its pid and those of its children."""
        pids = [self.process.pid]
        for pid in pids:
            children = Path(f"/proc/{pid}/task/{pid}/children")
            if children.exists():
                pids += [int(text) for text in children.read_text().split()]
        return pids

    def cpu_s(self) -> float:
        """User and system seconds of the whole tree, from the kernel's own accounting."""
        total = 0
        for pid in self.tree():
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def resident_mb(self) -> float:
        """Proportional set size of the whole tree: shared pages counted once."""
        total = 0
        for pid in self.tree():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        return total / 1024


def wait_for(url: str, seconds: float = 20) -> float:
    """Seconds until the address answers 200."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return time.monotonic() - started
        except OSError:
            time.sleep(0.005)
    raise SystemExit(f"nothing answered at {url} within {seconds:g} s")


def upstream(plain: int, burst: int, paced: int, otlp: int) -> Program:
    """plain: answers at once; burst: streams of 100 chunks at once; paced: one chunk every 10 ms; otlp: a sink."""
    command = [
        str(OUT / "upstream"),
        f"{plain}:0:0:100:h",
        f"{burst}:0:0:100:h",
        f"{paced}:0:10000:100:h",
        f"{otlp}:0:0:1",
    ]
    return Program(1, command)


TRANSLATED = """
providers:
  bench: {kind: compatible, base_url: "http://127.0.0.1:%d", dialects: [openai_chat], key: "${ANTHROPIC_API_KEY}"}
routes:
  - {provider: bench, model: gpt-4.1, lane: openai/gpt-4.1}
models: {claude-sonnet-4-6: bench/gpt-4.1}
"""


def gate(port: int, upstream_port: int, otlp_port: int | None, *, translated: bool = False) -> tuple[Program, float]:
    """Gate in its default configuration with one provider, and the seconds until it answered. translated: the provider
    speaks OpenAI chat only."""
    env = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.environ.get("HOME", "/tmp"),
        "XDG_STATE_HOME": str(OUT / "state"),  # decisions are kept as they are by default, but not in anybody's home
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "ANTHROPIC_API_KEY": "bench-key-0123456789abcdef",
        "GATE_ANTHROPIC_BASE_URL": f"http://127.0.0.1:{upstream_port}",
    }
    command = [sys.executable, "-m", "gate", "serve", "--port", str(port)]
    if translated:
        config = OUT / "translated.yaml"
        config.write_text(TRANSLATED % upstream_port)
        command += ["--config", str(config)]
    if otlp_port is None:
        env["OTEL_SDK_DISABLED"] = "true"
    else:
        env["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{otlp_port}"
    program = Program(0, command, env)
    return program, wait_for(f"http://127.0.0.1:{port}/healthz")


def load(port: int, body: Path, *, connections: int, seconds: float, rate: float | None = None) -> dict[str, Any]:
    """One run of the load generator; its own figures."""
    command = [str(OUT / "load"), "-p", str(port), "-u", "/v1/messages", "-c", str(connections), "-d", str(seconds)]
    command += ["-w", "0.5", "-b", str(body), "-H", "x-api-key: bench", "-H", "anthropic-version: 2023-06-01"]
    if rate is not None:
        command += ["-r", str(rate)]
    done = subprocess.run(pinned(1, command), capture_output=True, text=True, check=True, timeout=seconds + 60)
    return json.loads(done.stdout)
