"""Routing rules before real requests: where they go, what is told of it, and that no word of a text is kept."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import httpx
from zstandard import ZstdDecompressor

from tests.cli.running import cli
from tests.e2e.serving import CHAT, MESSAGES, RESPONSES, Spoken, Start, client, environment
from tests.e2e.sink import Sink, eventually
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream

SECRET = "zanzibar-seventy-seven"
CONFIG: dict[str, Any] = {
    "routing": {
        "use": {"background": "coding-fast"},
        "rules": [
            {"name": "architecture", "when": {"keywords": {"any": ["refactor"]}}, "to": "premium"},
            {"name": "tickets", "when": {"regex": r"\b[A-Z]{2,5}-\d+"}, "to": "coding-premium"},
            {"name": "team", "when": {"headers": {"x-team": "core*"}}, "to": "eco"},
            {"name": "helpers", "when": {"sub_agent": True}, "to": "lane:anthropic/haiku-4.5"},
            {"name": "pinned", "when": {"tenant": "ci"}, "to": "openai/gpt-5", "applies_to": "all"},
        ],
    },
    "keys": {"clients": [{"name": "ci", "key": "${CI_KEY}"}]},
}
CI_KEY = "gate-" + "c" * 40
# As Claude Code 2.1 sends its small requests: titles, summaries, whether a topic is new.
CLAUDE = {
    "user-agent": "claude-cli/2.1.329 (external, cli)",
    "x-app": "cli",
    "x-claude-code-session-id": "7f9fa52c-a08f-4303-b648-6de1d4a90f53",
    "anthropic-version": "2023-06-01",
}


def saying(spoken: Spoken, text: str, **more: Any) -> dict[str, Any]:
    member = "input" if spoken is RESPONSES else "messages"
    return {**spoken.body(), "model": "auto", member: [{"role": "user", "content": text}], **more}


def decided(gate: GateProcess, answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    with client(gate) as ask:
        return ask.get(f"/gate/v1/decisions/{answer.headers['x-gate-decision-id']}").json()


def ask_for(gate: GateProcess, spoken: Spoken, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    """The decision of one request that was served."""
    with client(gate) as ask:
        return decided(gate, ask.post(spoken.path, json=body, headers=headers))


def test_rules_route_by_words_headers_agents_and_keys(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate(CONFIG, environment(upstream, CI_KEY=CI_KEY))
    for spoken in (MESSAGES, CHAT, RESPONSES):
        told = ask_for(gate, spoken, saying(spoken, "Please refactor it"))["decision"]
        assert (told["rule"], told["resolution"]["by"], told["resolution"]["intent"]) == (
            "architecture",
            "rule",
            "premium",
        )
        assert told["request"]["matched"] == ["architecture.keywords"]
    assert ask_for(gate, MESSAGES, saying(MESSAGES, "see ABC-12"))["decision"]["rule"] == "tickets"
    by_header = ask_for(gate, MESSAGES, saying(MESSAGES, "hello"), **{"x-team": "core-7"})
    assert by_header["decision"]["rule"] == "team"
    helper = ask_for(gate, MESSAGES, saying(MESSAGES, "hello"), **CLAUDE, **{"x-claude-code-agent-id": "a6aa72b6"})
    assert (helper["decision"]["rule"], helper["decision"]["lane"]) == ("helpers", "anthropic/haiku-4.5")
    pinned = ask_for(gate, CHAT, {**CHAT.body(), "model": "openai/gpt-4.1"}, authorization=f"Bearer {CI_KEY}")
    assert (pinned["decision"]["rule"], pinned["decision"]["attempts"][0]["model"]) == ("pinned", "gpt-5")
    plain = ask_for(gate, MESSAGES, saying(MESSAGES, "hello"))
    assert (plain["decision"]["rule"], plain["decision"]["request"]["matched"]) == (None, [])
    whys = {rule["rule"]: rule["code"] for rule in plain["rules"]}
    assert whys == {
        "architecture": "rule_keywords",
        "tickets": "rule_regex",
        "team": "rule_header",
        "helpers": "rule_flag",
        "pinned": "rule_among",
        "background": "rule_model",
    }


def test_the_background_requests_of_claude_code_go_by_the_background_set(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate(CONFIG, environment(upstream, CI_KEY=CI_KEY))
    body = saying(MESSAGES, "Write a title of this conversation", model="claude-haiku-4-5-20251001", stream=True)
    with client(gate) as ask:
        answer = ask.post("/v1/messages?beta=true", json=body, headers=CLAUDE)
    told = decided(gate, answer)
    assert told["decision"]["rule"] == "background"
    assert told["decision"]["resolution"]["intent"] == "coding-fast"
    assert "rule       background -> coding-fast: every condition holds" in told["text"].splitlines()
    main = ask_for(gate, MESSAGES, saying(MESSAGES, "do it", model="claude-opus-5-5"), **CLAUDE)
    assert main["decision"]["rule"] is None
    assert main["decision"]["resolution"]["intent"] == "premium"


def test_counting_tokens_goes_where_the_request_itself_would_go(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate(CONFIG, environment(upstream, CI_KEY=CI_KEY))
    body = {"model": "auto", "messages": [{"role": "user", "content": "refactor"}]}
    with client(gate) as ask:
        told = decided(gate, ask.post("/v1/messages/count_tokens", json=body))
    assert told["decision"]["rule"] == "architecture"


def test_no_word_of_a_text_is_kept_anywhere(start_gate: Start, upstream: Upstream, tmp_path: Path) -> None:
    """Not by the rules that look at it, nor by the questions that ask what they would do."""
    with Sink() as sink:
        more = {"CI_KEY": CI_KEY, "GATE_STORE_PATH": str(tmp_path / "decisions.sqlite"), **sink.environment()}
        gate = start_gate({**CONFIG, "telemetry": {"log_level": "DEBUG"}}, environment(upstream, **more))
        text = f"refactor {SECRET} in ABC-12"
        told = ask_for(gate, MESSAGES, saying(MESSAGES, text))
        assert told["decision"]["rule"] == "architecture"
        assert SECRET in upstream.calls[0].body.decode(), "the provider gets it"
        with client(gate) as ask:
            explained = ask.post("/gate/v1/explain", json={"model": "auto", "text": text})
            assert explained.json()["decision"]["rule"] == "architecture"
            wrong = ask.post("/gate/v1/explain", json={"model": "auto", "text": text, "at": SECRET})
            assert wrong.status_code == 400
            listed = ask.get("/gate/v1/decisions").text
        assert eventually(lambda: b"architecture" in sink.raw())
        exposed = ask_metrics(gate)
        assert gate.stop().code == 0
        kept = stored(tmp_path / "decisions.sqlite")
        assert "architecture" in kept, "the store has the decision"
        for name, where in {
            "decision": str(told),
            "explain": explained.text,
            "refusal": wrong.text,
            "list": listed,
            "metrics": exposed,
            "log": gate.output,
            "spans": sink.raw().decode("latin-1"),
            "store": kept,
            "files": "".join(path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()),
        }.items():
            assert SECRET not in where, name


def stored(path: Path) -> str:
    """All that a store holds, as text: columns are as they are, or compressed."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        cells = [cell for table in tables for row in database.execute(f"SELECT * FROM {table}") for cell in row]
    return "\n".join(
        ZstdDecompressor().decompress(cell).decode("latin-1") if isinstance(cell, bytes) else str(cell)
        for cell in cells
    )


def ask_metrics(gate: GateProcess) -> str:
    return httpx.get(f"{gate.admin_url}/metrics", timeout=10, trust_env=False).text


def test_route_test_says_the_same_as_the_request_itself(start_gate: Start, upstream: Upstream, tmp_path: Path) -> None:
    env = environment(upstream, CI_KEY=CI_KEY)
    gate = start_gate(CONFIG, env)
    asked = ("--model", "claude-haiku-4-5", "--header", "user-agent=claude-cli/2.1.329", "--text", "hello")
    there = cli("route", "test", "--url", gate.admin_url, *asked)
    assert there.returncode == 0, there.stderr
    alone = cli("route", "test", "--config", str(gate.config_file), *asked, env=env)
    assert alone.returncode == 0, alone.stderr
    assert there.stdout.splitlines()[1:] == alone.stdout.splitlines()[1:], "all but the decision's id and the epoch"
    real = ask_for(gate, MESSAGES, saying(MESSAGES, "hello", model="claude-haiku-4-5"), **CLAUDE)["text"]
    rules = [line for line in there.stdout.splitlines() if line.startswith(("rule ", "           not "))]
    assert rules == [line for line in real.splitlines() if line.startswith(("rule ", "           not "))]
    assert len(rules) == 6
