"""A candidate configuration plans along: what it would have done is told, and what the client gets is untouched."""

from pathlib import Path
from typing import Any

import yaml

from tests.e2e.serving import MESSAGES, Start, client, environment
from tests.e2e.sink import eventually
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream

CANDIDATE = {"models": {"house-model": "eco"}}
CONFIG = {"models": {"house-model": "premium"}, "shadow": "next.yaml"}


def ask(gate: GateProcess, model: str) -> dict[str, Any]:
    with client(gate) as asking:
        answer = asking.post(MESSAGES.path, json={**MESSAGES.body(), "model": model})
        assert answer.status_code == 200, answer.text
        return asking.get(f"/gate/v1/decisions/{answer.headers['x-gate-decision-id']}").json()["view"]


def plans(gate: GateProcess, agreement: str) -> float:
    return gate.metric("gate_shadow_plans_total", agreement=agreement)


def test_disagreement_is_told_and_nothing_is_sent_because_of_it(
    start_gate: Start, upstream: Upstream, tmp_path: Path
) -> None:
    (tmp_path / "next.yaml").write_text(yaml.safe_dump(CANDIDATE))
    gate = start_gate({**CONFIG, "shadow": str(tmp_path / "next.yaml")}, environment(upstream))
    before = len(upstream.requests)
    view = ask(gate, "house-model")
    assert view["intent"] == "premium"
    assert view["shadow"] == "lane"
    assert view["shadow_route"] not in (None, view["chosen_route"])
    assert len(upstream.requests) == before + 1
    same = ask(gate, "auto")
    assert (same["shadow"], same["shadow_route"]) == ("same", None)
    assert (plans(gate, "lane"), plans(gate, "same")) == (1, 1)

    (tmp_path / "next.yaml").write_text(yaml.safe_dump({"models": {"house-model": "premium"}}))
    assert eventually(lambda: gate.metric("gate_config_reloads_total", result="applied") >= 1), "it is watched too"
    assert ask(gate, "house-model")["shadow"] == "same"


def test_without_a_candidate_nothing_is_said(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream))
    view = ask(gate, "auto")
    assert (view["shadow"], view["shadow_route"]) == (None, None)
