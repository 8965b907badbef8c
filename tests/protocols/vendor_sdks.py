"""The vendors' own Python clients, fed a stream without a network: the judge of what Gate synthesises.

A test that needs one is skipped where it is not installed (the pure packages are tested on more than one Python).
"""

from __future__ import annotations

from typing import Any

import pytest

NOWHERE = {"api_key": "no-key", "base_url": "http://127.0.0.1:9"}
ASK: list[Any] = [{"role": "user", "content": "x"}]


def _client(stream: bytes) -> Any:
    httpx2 = pytest.importorskip("httpx2")
    head = {"content-type": "text/event-stream"}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, headers=head, content=stream))
    return httpx2.Client(transport=transport)


def messages_from(stream: bytes) -> dict[str, Any]:
    """The message Anthropic's client puts together from a stream."""
    client = pytest.importorskip("anthropic").Anthropic(**NOWHERE, http_client=_client(stream))
    with client.beta.messages.stream(model="m", max_tokens=9, messages=ASK) as events:
        return events.get_final_message().model_dump(mode="json", warnings=False)


def chat_from(stream: bytes) -> dict[str, Any]:
    """The completion OpenAI's client puts together from a stream."""
    client = pytest.importorskip("openai").OpenAI(**NOWHERE, http_client=_client(stream))
    with client.chat.completions.stream(model="m", messages=ASK) as events:
        return events.get_final_completion().model_dump(mode="json", warnings=False)


def response_from(stream: bytes) -> tuple[list[str], dict[str, Any]]:
    """The types of the events OpenAI's client saw, and the response it put together."""
    client = pytest.importorskip("openai").OpenAI(**NOWHERE, http_client=_client(stream))
    with client.responses.stream(model="m", input="x") as events:
        kinds = [event.type for event in events]
        return kinds, events.get_final_response().model_dump(mode="json", warnings=False)
