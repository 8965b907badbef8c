"""Decisions of real traffic, with faults on the way, made again from what was recorded: identical, every one."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gate.cli.preview import Source, preview
from gate.config.compile import compile_config
from gate.config.load import load_text
from gate.config.schema import Listen
from gate.core.reason import ReasonCode
from gate.engine.snapshot import Snapshot
from gate.planner.recording import Recording, replay
from gate.planner.serialise import to_json
from gate.store.sqlite_file import latest
from tests.e2e.sink import eventually
from tests.e2e.telemetry.world import (
    ASKED,
    CLIENT_KEY,
    HEADERS,
    MODELS,
    Start,
    ask,
    configuration,
    environment,
    message,
)
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream


def world(upstream: Upstream, path: Path, **more: Any) -> dict[str, Any]:
    """Four routes in three lanes; the lane of two takes turns. Breakers and waits are short, so that many of them come
    and go."""
    made = configuration(upstream, **more)
    made["lanes"]["home/mid"]["strategy"] = "round_robin"
    for route in made["routes"]:
        route["context_window"] = 12_000
        route["max_in_flight"] = 6
    made["breaker"] = {"failures": 3, "open_s": 0.2, "min_calls": 10, "window_s": 2}
    made["limits"] = {"retry_wait_cap_s": 0.2}
    made["store"] = {"path": str(path)}
    made["routing"] = {"rules": [{"name": "sevens", "when": {"regex": "^[0-9]*7 "}, "to": "lane:cheap/fast"}]}
    return made


def requests(count: int, chance: random.Random) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    for number in range(count):
        body = message(stream=chance.random() < 0.5)
        body["model"] = chance.choice([ASKED, ASKED, ASKED, "working", "lane:sibling/mid", "first/model-one", "nobody"])
        # Each a turn of its own, and some so long that a context window matters.
        length = chance.choice([10, 500, 60_000, 140_000])
        body["messages"] = [{"role": "user", "content": f"{number} " + "word " * (length // 5)}]
        if chance.random() < 0.3:
            body["tools"] = [{"name": "look", "input_schema": {"type": "object"}}]
        session = chance.choice([f"session-{chance.randrange(12)}", None])
        headers = {name: value for name, value in HEADERS.items() if "session" not in name and "agent-id" not in name}
        yield body, headers if session is None else {**headers, "x-claude-code-session-id": session}


async def traffic(
    gate: GateProcess, upstream: Upstream, asked: Sequence[tuple[dict[str, Any], dict[str, str]]]
) -> None:
    """Ten at a time, while routes fail and come back."""
    limits = asyncio.Semaphore(10)
    async with httpx.AsyncClient(base_url=gate.url, timeout=60, trust_env=False) as client:

        async def one(body: dict[str, Any], headers: dict[str, str]) -> None:
            async with limits:
                await client.post("/v1/messages", json=body, headers=headers)

        phases = [asked[start : start + len(asked) // 6 + 1] for start in range(0, len(asked), len(asked) // 6 + 1)]
        for number, phase in enumerate(phases):
            upstream.clear()
            upstream.shape(head_delay=0.01)
            if number % 2:
                upstream.fault("status", status=429, headers={"retry-after": "1"}, model=MODELS[0], times=4)
                upstream.fault("status", status=503, model=MODELS[1])
                upstream.fault("reset_before_head", model=MODELS[number % 3], times=5)
            await asyncio.gather(*(one(*request) for request in phase))


def compiled(gate: GateProcess) -> Snapshot:
    """The very configuration the Gate had: with the port it was given on its command line."""
    env = environment()
    config = load_text(gate.config_file.read_text(), "gate.yaml", env)
    return compile_config(
        config.model_copy(update={"listen": Listen(port=gate.port, workers=config.listen.workers)}), env
    )


def seen(recordings: Sequence[Recording]) -> Counter[str]:
    """What happened in them, so that a test knows that its traffic was worth replaying."""
    found: Counter[str] = Counter()
    for one in recordings:
        found.update({reason.code.value for candidate in one.decision.candidates for reason in candidate.reasons})
        found["bound"] += one.situation.binding is not None
        found["ratios"] += bool(one.situation.ratios)
        found["fallbacks"] += len(one.execution.attempts) > 1
        found["ruled"] += one.decision.rule is not None
        found["elsewhere"] += bool(one.decision.attempts) and one.decision.attempts[0].note is not None
    return found


@pytest.mark.slow
def test_every_decision_of_real_traffic_is_replayed_identically(
    start_gate: Start, upstream: Upstream, tmp_path: Path
) -> None:
    path = tmp_path / "state" / "decisions.sqlite"
    gate = start_gate(world(upstream, path), environment())
    asked = list(requests(360, random.Random(6)))
    asyncio.run(traffic(gate, upstream, asked))
    snapshot = compiled(gate)
    assert gate.stop().code == 0

    found = latest(path, 10_000)
    assert (len(found.recordings), found.unreadable) == (len(asked), 0)
    happened = seen(found.recordings)
    for code in (ReasonCode.BREAKER_OPEN, ReasonCode.COOLING_DOWN, ReasonCode.CONTEXT_TOO_LONG):
        assert happened[code] >= 5, happened
    for what in ("ratios", "fallbacks", "elsewhere", "bound", "ruled"):
        assert happened[what] >= 5, happened
    different = [
        one.decision.id
        for one in found.recordings
        if to_json(replay(one, snapshot.world_for(one.decision.request)), None) != to_json(one.decision, None)
    ]
    assert different == []
    assert preview(Source("here", found.recordings), snapshot).summary.changed == 0
    assert "a quiet little question" not in path.read_bytes().decode("latin-1")


def test_a_decision_outlives_its_process(start_gate: Start, upstream: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "decisions.sqlite"
    first = start_gate(world(upstream, path), environment(), workers=2)
    decided = [ask(first, headers={**HEADERS, "x-number": str(number)}).decision_id for number in range(8)]
    told = {one: _decision(first, one) for one in decided}
    assert first.stop().code == 0

    # One worker now; what the other one decided is found as well.
    second = start_gate(world(upstream, path), environment())
    for one in decided:
        found = _decision(second, one)
        assert {name: found[name] for name in ("decision", "execution", "view")} == {
            name: told[one][name] for name in ("decision", "execution", "view")
        }
        assert found["text"].splitlines()[0] == told[one]["text"].splitlines()[0]
    assert _decision(second, "gd-1-00000000000000000000") is None
    third = start_gate({**world(upstream, path), "store": {"kind": "memory"}}, environment())
    assert _decision(third, decided[0]) is None


def _decision(gate: GateProcess, name: str) -> Any:
    answer = httpx.get(f"{gate.admin_url}/gate/v1/decisions/{name}", timeout=10, trust_env=False)
    return None if answer.status_code == 404 else answer.raise_for_status().json()


def test_what_a_worker_wrote_before_it_was_killed_is_kept(
    start_gate: Start, upstream: Upstream, tmp_path: Path
) -> None:
    path = tmp_path / "decisions.sqlite"
    gate = start_gate(world(upstream, path), environment())
    decided = ask(gate).decision_id
    assert eventually(lambda: gate.metric("gate_store_decisions_total", result="written") == 1)
    gate.close()
    assert [one.decision.id for one in latest(path, 10).recordings] == [decided]


def test_without_a_place_to_write_gate_serves_and_says_so_once(start_gate: Start, upstream: Upstream) -> None:
    configured = {name: value for name, value in configuration(upstream).items() if name != "store"}
    gate = start_gate(configured, environment(XDG_STATE_HOME="/proc/nowhere"), workers=2)
    for _ in range(3):
        assert ask(gate).status == 200
    assert eventually(lambda: "memory only" in gate.output)
    said = [line["message"] for line in gate.log if line["logger"] == "gate.store"]
    assert len(said) == 1
    assert "/proc/nowhere/gate/decisions.sqlite: No such file or directory. Name a place with store.path" in said[0]
    assert gate.metric("gate_store_decisions_total") == 0
    assert gate.stop().code == 0


def test_a_reload_moves_the_store(start_gate: Start, upstream: Upstream, tmp_path: Path) -> None:
    gate = start_gate(world(upstream, tmp_path / "one.sqlite"), environment())
    first = ask(gate).decision_id
    assert eventually(lambda: gate.metric("gate_store_decisions_total", result="written") == 1)
    changed = yaml.safe_load(gate.config_file.read_text())
    changed["store"] = {"path": str(tmp_path / "two.sqlite"), "keep_decisions": 1}
    gate.write_config(changed)
    assert eventually(lambda: gate.metric("gate_config_reloads_total", result="applied") == 1)
    second = ask(gate, headers={**HEADERS, "x-again": "1"}).decision_id
    assert gate.stop().code == 0
    assert [one.decision.id for one in latest(tmp_path / "one.sqlite", 9).recordings] == [first]
    assert [one.decision.id for one in latest(tmp_path / "two.sqlite", 9).recordings] == [second]


def test_a_client_key_is_not_in_the_file(start_gate: Start, upstream: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "decisions.sqlite"
    gate = start_gate(world(upstream, path), environment())
    ask(gate, message(system="a secret nobody may store"))
    assert gate.stop().code == 0
    (one,) = latest(path, 9).recordings
    told = repr(one)
    assert "a quiet little question" not in told
    assert "a secret nobody may store" not in told
    assert CLIENT_KEY not in told
    assert one.decision.request.client_key == "laptop"
