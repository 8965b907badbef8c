"""`gate probe` as its users run it, against scripted upstreams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.running import cli, too_wide
from tests.harness.ports import refusing_port
from tests.harness.upstream import Upstream

KEYS = {"ANTHROPIC_API_KEY": "sk-ant-0123456789", "OPENAI_API_KEY": "sk-oai-0123456789"}


def environment(upstream: Upstream) -> dict[str, str]:
    return {**KEYS, "GATE_ANTHROPIC_BASE_URL": upstream.url, "GATE_OPENAI_BASE_URL": upstream.url}


def rows(text: str) -> dict[str, dict[str, Any]]:
    return {row["route"] or row["provider"]: row for row in json.loads(text)}


def test_without_keys_nobody_is_asked() -> None:
    done = cli("probe")
    assert done.returncode == 3
    assert "no provider has a key" in done.stdout


def test_every_provider_with_a_key_is_asked(upstream: Upstream) -> None:
    done = cli("probe", env=environment(upstream))
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["PROVIDER", "READINESS", "TOOK", "SAYS"]
    assert [line[:2] for line in lines[1:]] == [["anthropic", "ready"], ["openai", "ready"]]
    assert {(call.method, call.path, call.key) for call in upstream.requests} == {
        ("GET", "/v1/models", KEYS["ANTHROPIC_API_KEY"]),
        ("GET", "/v1/models", KEYS["OPENAI_API_KEY"]),
    }
    assert not upstream.calls
    assert not too_wide(done.stdout)


def test_one_refused_key_is_named_and_the_other_counts(upstream: Upstream) -> None:
    upstream.fault("status", status=401, key=KEYS["OPENAI_API_KEY"])
    done = cli("probe", "--json", env=environment(upstream))
    assert done.returncode == 0
    found = rows(done.stdout)
    assert found["anthropic"]["readiness"] == "ready"
    assert found["anthropic"]["models"] > 0
    assert 0 < found["anthropic"]["took_s"] < 10
    openai = found["openai"]
    assert (openai["readiness"], openai["failure"], openai["status"]) == ("invalid_auth", "invalid_auth", 401)
    assert "sk-" not in done.stdout + done.stderr


def test_when_nothing_is_ready_the_status_says_so(upstream: Upstream) -> None:
    upstream.fault("status", status=401)
    with refusing_port() as port:
        env = environment(upstream) | {"GATE_OPENAI_BASE_URL": f"http://127.0.0.1:{port}"}
        done = cli("probe", env=env)
    assert done.returncode == 3
    assert "invalid_auth" in done.stdout
    assert "transport_error" in done.stdout


def test_all_routes_for_nothing_says_which_models_are_listed(upstream: Upstream) -> None:
    done = cli("probe", "--all", "--json", env=environment(upstream))
    assert done.returncode == 0
    found = rows(done.stdout)
    assert all(name.startswith(("anthropic/", "openai/")) for name in found)
    assert {row["listed"] for row in found.values()} <= {True, False}
    assert len(upstream.requests) == 2
    assert "listed" in cli("probe", "--all", env=environment(upstream)).stdout


def test_paid_calls_are_made_only_when_asked_for(upstream: Upstream, tmp_path: Path) -> None:
    config = tmp_path / "gate.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "providers": {
                    "anthropic": {"catalog": False},
                    "openai": {"catalog": False},
                    "house": {"kind": "compatible", "base_url": upstream.url, "dialects": ["openai_chat"]},
                    "azure": {"resource": "house"},
                },
                "lanes": {"own": {"cluster": "budget-general"}},
                "routes": [
                    {"provider": "anthropic", "model": "a-1", "lane": "own"},
                    {"provider": "house", "model": "h-1", "lane": "own"},
                    {"provider": "house", "model": "h-2", "lane": "own"},
                ],
            }
        )
    )
    env = environment(upstream) | {"GROQ_API_KEY": "your-key-here"}
    upstream.fault("status", status=404, body={"error": {"code": "model_not_found", "message": "m"}}, model="h-2")
    done = cli("probe", "--all", "--paid", "--json", "--config", str(config), env=env)
    assert done.returncode == 0, done.stderr
    found = rows(done.stdout)
    assert {name: row["readiness"] for name, row in found.items()} == {
        "anthropic/a-1": "ready",
        "house/h-1": "ready",
        "house/h-2": "model_unavailable",
        # Meant to be used, and cannot be.
        "azure": "missing_key",
        "groq": "placeholder_key",
    }
    assert sorted(call.model or "" for call in upstream.calls) == ["a-1", "h-1", "h-2"]
    upstream.clear()
    done = cli("probe", "--paid", "--json", "--config", str(config), env=env)
    assert rows(done.stdout)["openai"]["readiness"] == "unknown"  # it has no route to be asked by
    assert sorted(call.model or "" for call in upstream.calls) == ["a-1", "h-1"]


def test_a_slow_answer_is_given_up(upstream: Upstream) -> None:
    upstream.fault("silence", seconds=5)
    done = cli("probe", "--timeout", "0.5", "--json", env=environment(upstream))
    assert done.returncode == 3
    assert {row["readiness"] for row in rows(done.stdout).values()} == {"transport_error"}


@pytest.mark.parametrize("text", ["providers: [", "nothing: here"])
def test_a_broken_configuration_is_refused(tmp_path: Path, text: str) -> None:
    config = tmp_path / "gate.yaml"
    config.write_text(text)
    done = cli("probe", "--config", str(config))
    assert done.returncode == 1
    assert str(config) in done.stderr
