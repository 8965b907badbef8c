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


def check_responses_events(stream: bytes) -> None:
    """Raises what pydantic raises when an event of a stream is not of the types of OpenAI's client."""
    pytest.importorskip("openai")
    pydantic = pytest.importorskip("pydantic")
    from openai.types.responses import ResponseStreamEvent

    event = pydantic.TypeAdapter(ResponseStreamEvent)
    for line in stream.splitlines():
        if line.startswith(b"data: "):
            event.validate_json(line[6:])


def check_responses_request(body: dict[str, Any]) -> None:
    """Raises what pydantic raises when a body is not of the types of OpenAI's client. Messages of the model may leave
    out their id and status, as the API allows and Codex does."""
    pytest.importorskip("openai")
    pydantic = pytest.importorskip("pydantic")
    from openai.types.responses import ResponseInputItem, Tool
    from openai.types.responses.response import ToolChoice
    from openai.types.responses.response_text_config import ResponseTextConfig
    from openai.types.shared import Reasoning

    for item in body.get("input", []) if isinstance(body.get("input"), list) else []:
        ours = {"id": "msg_1", "status": "completed"} if item.get("role") == "assistant" else {}
        if item.get("type") == "reasoning":
            ours = {"id": "rs_1"}
        pydantic.TypeAdapter(ResponseInputItem).validate_python({**ours, **item})
    for kind, name in ((Tool, "tools"), (ToolChoice, "tool_choice")):
        values = body.get(name, [])
        for value in values if isinstance(values, list) else [values]:
            pydantic.TypeAdapter(kind).validate_python(value)
    ResponseTextConfig.model_validate(body.get("text", {}))
    Reasoning.model_validate(body.get("reasoning", {}))


def generated_from(stream: bytes) -> list[Any]:
    """The chunks Google's client reads from a stream (`alt=sse`)."""
    genai = pytest.importorskip("google.genai")
    httpx = pytest.importorskip("httpx")
    head = {"content-type": "text/event-stream"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=head, content=stream))
    options = genai.types.HttpOptions(base_url=NOWHERE["base_url"], httpx_client=httpx.Client(transport=transport))
    with genai.Client(api_key=NOWHERE["api_key"], http_options=options) as client:
        return list(client.models.generate_content_stream(model="m", contents="x"))


def check_generate_body(body: dict[str, Any]) -> None:
    """Fails unless every member is one that Google's client knows, with a value of its type."""
    types = pytest.importorskip("google.genai").types
    kinds = {
        "systemInstruction": types.Content,
        "toolConfig": types.ToolConfig,
        "generationConfig": types.GenerationConfig,
    }
    assert body.keys() <= {*kinds, "contents", "tools", "safetySettings", "cachedContent", "labels", "serviceTier"}
    for name, kind in kinds.items():
        if name in body:
            kind.model_validate(body[name])
    for content in body["contents"]:
        types.Content.model_validate(content)
    for tool in body.get("tools", ()):
        types.Tool.model_validate(tool)


def check_generate_answer(answer: dict[str, Any]) -> None:
    """The same for an answer."""
    pytest.importorskip("google.genai").types.GenerateContentResponse.model_validate(answer)
