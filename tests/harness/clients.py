"""Runs one tool-using task of a real coding client against an address: Claude Code, Codex, opencode, OpenClaw.

    run = run_claude_code("http://127.0.0.1:8080", key="gate-local")
    assert run.ok, run.reason

What counts as a pass is in client_run.py, where the clients come from in client_packages.py.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from tests.harness.client_packages import CLAUDE_CODE, CODEX, NODE, OPENCLAW, OPENCODE, program
from tests.harness.client_run import ClientRun, another_task, new_task, run_task

DEFAULT_KEY = "fake-key"


def run_claude_code(
    url: str,
    key: str = DEFAULT_KEY,
    model: str | None = None,
    otlp: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> ClientRun:
    """Claude Code with `ANTHROPIC_BASE_URL=url`. otlp: it also exports its own telemetry to that OTLP/HTTP address and
    sends `traceparent`. Raises ClientUnavailable."""
    with claude_code_session(url, key, model, otlp, env, timeout) as turn:
        return turn()


@contextmanager
def claude_code_session(
    url: str,
    key: str = DEFAULT_KEY,
    model: str | None = None,
    otlp: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> Generator[Callable[[], ClientRun]]:
    """One conversation of Claude Code; each call of what it gives is a further turn of it, with a task of its own.
    Arguments as for `run_claude_code`. Raises ClientUnavailable."""
    binary = program(CLAUDE_CODE)
    telemetry = {"DISABLE_TELEMETRY": "1"}
    if otlp:
        telemetry = {
            "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
            "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA": "1",
            "CLAUDE_CODE_PROPAGATE_TRACEPARENT": "1",
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_LOGS_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_ENDPOINT": otlp,
        }
    with tempfile.TemporaryDirectory(prefix="claude-code-", ignore_cleanup_errors=True) as directory:
        first = new_task(directory)
        variables = {
            "ANTHROPIC_BASE_URL": _without_v1(url),
            "ANTHROPIC_AUTH_TOKEN": key,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_MAX_RETRIES": "3",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_ERROR_REPORTING": "1",
            **telemetry,
        }
        command = [str(binary), "--allowedTools", "Bash", "Write", "--verbose", "--output-format", "stream-json"]
        command += ["--model", model] if model else []
        begun = False

        def turn() -> ClientRun:
            nonlocal begun
            task = another_task(first) if begun else first
            more = ["--continue"] if begun else []
            begun = True
            asked = [*command, *more, "-p", task.prompt]
            return run_task(task, asked, variables | dict(env or {}), timeout, _claude_code_words)

        yield turn


def run_codex(
    url: str,
    key: str = DEFAULT_KEY,
    model: str | None = None,
    otlp: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> ClientRun:
    """Codex on `url/v1/responses`. otlp: as for Claude Code, OTLP/HTTP JSON. Raises ClientUnavailable."""
    binary = program(CODEX)
    with tempfile.TemporaryDirectory(prefix="codex-", ignore_cleanup_errors=True) as directory:
        task = new_task(directory)
        (task.home / ".codex").mkdir()
        (task.home / ".codex" / "config.toml").write_text(_codex_config(url, model or "gpt-5.5", otlp))
        last = task.root / "last.txt"
        command = [str(binary), "exec", "--skip-git-repo-check", "--json", "-o", str(last), task.prompt]

        def words(_: str) -> str:
            return last.read_text() if last.exists() else ""

        return run_task(task, command, {"GATE_TEST_KEY": key} | dict(env or {}), timeout, words)


def run_opencode(
    url: str,
    key: str = DEFAULT_KEY,
    dialect: str = "anthropic",
    model: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> ClientRun:
    """opencode on `url/v1`. dialect: `anthropic`, `chat` or `responses`. Raises ClientUnavailable."""
    binary = program(OPENCODE)
    with tempfile.TemporaryDirectory(prefix="opencode-", ignore_cleanup_errors=True) as directory:
        task = new_task(directory)
        model = model or ("claude-sonnet-4-5" if dialect == "anthropic" else "gpt-5")
        folder = task.home / ".config" / "opencode"
        folder.mkdir(parents=True)
        (folder / "opencode.json").write_text(json.dumps(_opencode_config(url, key, dialect, model)))
        variables = {
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
        }
        command = [str(binary), "run", "-m", f"gate/{model}", "--format", "json", task.prompt]
        return run_task(task, command, variables | dict(env or {}), timeout, _opencode_words)


def run_openclaw(
    url: str,
    key: str = DEFAULT_KEY,
    dialect: str = "anthropic",
    model: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 180,
) -> ClientRun:
    """OpenClaw's agent. dialect: `anthropic`, `chat` or `responses`. Raises ClientUnavailable."""
    node, script = program(NODE), program(OPENCLAW)
    with tempfile.TemporaryDirectory(prefix="openclaw-", ignore_cleanup_errors=True) as directory:
        task = new_task(directory)
        model = model or ("claude-sonnet-4-5" if dialect == "anthropic" else "gpt-5")
        config = task.home / "openclaw.json"
        config.write_text(json.dumps(_openclaw_config(url, key, dialect, model)))
        command = [str(node), str(script), "agent", "exec", task.prompt, "--config", str(config)]
        command += ["--cwd", str(task.work), "--model", f"gate/{model}", "--json"]
        variables = {"OPENCLAW_NO_AUTO_UPDATE": "1", "OPENCLAW_OFFLINE": "1"}
        variables["PATH"] = f"{node.parent}:{os.defpath}"
        return run_task(task, command, variables | dict(env or {}), timeout, _openclaw_words)


def _openclaw_config(url: str, key: str, dialect: str, model: str) -> dict[str, object]:
    apis = {"anthropic": "anthropic-messages", "chat": "openai-completions", "responses": "openai-responses"}
    offered: dict[str, object] = {
        "id": model,
        "name": model,
        "reasoning": False,
        "input": ["text"],
        "cost": dict.fromkeys(("input", "output", "cacheRead", "cacheWrite"), 0),
        "contextWindow": 200_000,
        "maxTokens": 8192,
    }
    base = _without_v1(url) + ("" if dialect == "anthropic" else "/v1")
    provider = {"baseUrl": base, "apiKey": key, "api": apis[dialect], "models": [offered]}
    return {
        "models": {"mode": "merge", "providers": {"gate": provider}},
        "agents": {"defaults": {"model": {"primary": f"gate/{model}"}}},
    }


def _codex_config(url: str, model: str, otlp: str | None) -> str:
    lines = [
        f"model = {json.dumps(model)}",
        'model_provider = "gate"',
        'approval_policy = "never"',
        'sandbox_mode = "danger-full-access"',  # a sandbox inside a container often cannot be had
        "check_for_update_on_startup = false",
        "[model_providers.gate]",
        'name = "gate"',
        f'base_url = "{_without_v1(url)}/v1"',
        'env_key = "GATE_TEST_KEY"',
        'wire_api = "responses"',
        "request_max_retries = 2",
        "stream_max_retries = 2",
        "[analytics]",
        "enabled = false",
        "[features]",
        "plugins = false",
        "apps = false",
        "unbounded_connection_retries = false",
    ]
    if otlp:
        lines += ["[otel]", 'environment = "test"']
        for name, path in (("exporter", "logs"), ("trace_exporter", "traces"), ("metrics_exporter", "metrics")):
            lines.append(f'{name} = {{ otlp-http = {{ endpoint = "{otlp}/v1/{path}", protocol = "json" }} }}')
    return "\n".join(lines) + "\n"


def _opencode_config(url: str, key: str, dialect: str, model: str) -> dict[str, object]:
    package = {"anthropic": "@ai-sdk/anthropic", "chat": "@ai-sdk/openai-compatible", "responses": "@ai-sdk/openai"}
    offered = {"name": model, "tool_call": True, "limit": {"context": 200_000, "output": 32_000}}
    provider = {
        "npm": package[dialect],
        "name": "gate",
        "options": {"baseURL": f"{_without_v1(url)}/v1", "apiKey": key},
        "models": {model: offered},
    }
    return {
        "$schema": "https://opencode.ai/config.json",
        "share": "disabled",
        "autoupdate": False,
        "provider": {"gate": provider},
        "permission": {"edit": "allow", "bash": "allow", "webfetch": "deny"},
    }


def _claude_code_words(printed: str) -> str:
    results = [event for event in _json_lines(printed) if event.get("type") == "result" and not event.get("is_error")]
    return "\n".join(str(event.get("result")) for event in results)


def _openclaw_words(printed: str) -> str:
    try:
        result: Any = json.loads(printed)
    except ValueError:
        return ""
    return str(result["final"]) if result.get("ok") else ""


def _opencode_words(printed: str) -> str:
    return "\n".join(event["part"]["text"] for event in _json_lines(printed) if event.get("type") == "text")


def _json_lines(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for line in text.splitlines():
        try:
            event: Any = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            found.append(cast("dict[str, Any]", event))
    return found


def _without_v1(url: str) -> str:
    return url.rstrip("/").removesuffix("/v1")
