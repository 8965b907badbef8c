"""What the vendors' own clients send to a cloud, without a network: the judge of addresses and envelopes."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from gate.core.dialect import Dialect
from gate.core.profile import ProviderProfile
from gate.protocols.envelope import sealed

ASK: list[Any] = [{"role": "user", "content": "x"}]


class Sent(NamedTuple):
    url: str
    headers: dict[str, str]
    body: dict[str, Any]


def catching(answer: dict[str, Any]) -> tuple[Any, list[Sent]]:
    """An httpx2 client that goes nowhere, and what was given to it."""
    httpx2 = pytest.importorskip("httpx2")
    sent: list[Sent] = []

    def handle(request: Any) -> Any:
        sent.append(Sent(str(request.url), dict(request.headers), json.loads(request.content)))
        return httpx2.Response(200, json=answer)

    return httpx2.Client(transport=httpx2.MockTransport(handle)), sent


MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 1},
}


def gates(profile: ProviderProfile, model: str, body: dict[str, Any], **how: bool) -> tuple[str, dict[str, Any]]:
    """Path and body that Gate sends for a request of the profile's first dialect."""
    endpoint = next(iter(profile.endpoints.values()))
    counting = how.get("counting", False)
    path = endpoint.path_for(model, stream=how.get("stream", False), counting=counting)
    return path, json.loads(sealed(json.dumps(body).encode(), endpoint.envelope, [], counting=counting))


def filled(template: str, **places: str) -> str:
    for place, value in places.items():
        template = template.replace("{" + place + "}", value)
    return template


def only(profile: ProviderProfile) -> Dialect:
    (dialect,) = profile.endpoints
    return dialect
