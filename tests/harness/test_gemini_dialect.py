"""The scripted upstream's gemini dialect, read by Google's own SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from tests.harness.task import DEFAULT_FINAL
from tests.harness.upstream import Upstream

SHELL = types.FunctionDeclaration(
    name="run_shell_command",
    description="Runs it.",
    parameters_json_schema={"type": "object", "properties": {"command": {"type": "string"}}},
)
CONFIG = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[SHELL])])
COMMAND = {"command": "printf %s 'hello-from-upstream' > hello.txt"}


@pytest.fixture(scope="module")
def shared() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def models(shared: Upstream) -> Iterator[Any]:
    shared.clear()
    shared.shape(strict=True)
    once = types.HttpRetryOptions(attempts=1)
    with genai.Client(api_key="k", http_options=types.HttpOptions(base_url=shared.url, retry_options=once)) as client:
        yield client.models


def ask(models: Any, model: str, history: list[Any], streaming: bool) -> tuple[list[types.Part], Any]:
    request = {"model": model, "contents": history, "config": CONFIG}
    answers = list(models.generate_content_stream(**request)) if streaming else [models.generate_content(**request)]
    return [part for one in answers for part in one.parts or ()], answers[-1]


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("model", ["gemini-3-pro-preview", "gemini-2.5-flash"])
def test_tool_call_and_last_words(shared: Upstream, models: Any, model: str, streaming: bool) -> None:
    shared.shape(thinking=True)
    history = [types.Content(role="user", parts=[types.Part(text="do it")])]
    parts, last = ask(models, model, history, streaming)
    assert "".join(part.text or "" for part in parts if part.thought)
    (called,) = [part for part in parts if part.function_call]
    call: Any = called.function_call
    assert (call.name, call.args) == ("run_shell_command", COMMAND)
    third = model.startswith("gemini-3")
    assert (bool(call.id), bool(called.thought_signature)) == (third, third)
    usage = last.usage_metadata
    counts = (usage.prompt_token_count, usage.cached_content_token_count, usage.candidates_token_count)
    assert counts == (200, 50, 25)
    assert last.candidates[0].finish_reason == types.FinishReason.STOP
    history.append(types.Content(role="model", parts=[called]))
    result = types.FunctionResponse(id=call.id, name=call.name, response={"output": "done"})
    history.append(types.Content(role="user", parts=[types.Part(function_response=result)]))
    parts, _ = ask(models, model, history, streaming)
    assert "".join(part.text or "" for part in parts if not part.thought) == DEFAULT_FINAL
    assert [(call.model, call.step, call.unknown_tool_ids) for call in shared.calls] == [
        (model, "tool", ()),
        (model, "final", ()),
    ]


def test_a_lost_signature_is_refused_only_by_the_models_that_sign(shared: Upstream, models: Any) -> None:
    call = types.FunctionCall(name="run_shell_command", args=COMMAND)
    result = types.FunctionResponse(name="run_shell_command", response={"output": "done"})
    history: list[Any] = [
        types.Content(role="user", parts=[types.Part(text="do it")]),
        types.Content(role="model", parts=[types.Part(function_call=call)]),
        types.Content(role="user", parts=[types.Part(function_response=result)]),
    ]
    assert ask(models, "gemini-2.5-flash", history, False)[0][0].text == DEFAULT_FINAL
    with pytest.raises(errors.ClientError, match="missing a thought_signature"):
        ask(models, "gemini-3-pro-preview", history, False)
    assert shared.calls[-1].refusal
    history[1].parts[0].thought_signature = b"made up"
    with pytest.raises(errors.ClientError, match="signature is not valid"):
        ask(models, "gemini-3-pro-preview", history, False)
    history[1].parts[0].thought_signature = None
    history.append(types.Content(role="user", parts=[types.Part(text="and now?")]))
    assert ask(models, "gemini-3-pro-preview", history, False)[0][0].text, "only the current turn has to be signed"


def test_counts_and_errors(shared: Upstream, models: Any) -> None:
    assert models.count_tokens(model="gemini-2.5-flash", contents="hi").total_tokens >= 1
    assert shared.calls == []
    shared.fault("status", status=429, times=1)
    with pytest.raises(errors.ClientError) as limited:
        models.generate_content(model="gemini-2.5-flash", contents="hi")
    assert (limited.value.code, limited.value.status) == (429, "RESOURCE_EXHAUSTED")
    shared.fault("error_event", message="went wrong", after=1)
    with pytest.raises(errors.ServerError, match="went wrong"):
        list(models.generate_content_stream(model="gemini-2.5-flash", contents="hi"))
