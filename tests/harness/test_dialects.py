"""The scripted answers, read by the vendors' own SDKs: an upstream that only our code understands proves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from tests.harness.dialects.messages import SIGNATURE, THINKING
from tests.harness.dialects.responses import ENCRYPTED
from tests.harness.task import DEFAULT_FINAL
from tests.harness.upstream import Upstream

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"command": {"type": "string"}}}
COMMAND = {"command": "printf %s 'hello-from-upstream' > hello.txt"}


@pytest.fixture(scope="module")
def shared() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def messages(shared: Upstream) -> Iterator[Any]:
    shared.clear()
    with anthropic.Anthropic(base_url=shared.url, api_key="k", max_retries=0) as client:
        yield client.messages


@pytest.fixture
def openai_client(shared: Upstream) -> Iterator[Any]:
    shared.clear()
    with openai.OpenAI(base_url=f"{shared.url}/v1", api_key="k", max_retries=0) as client:
        yield client


@pytest.mark.parametrize("streaming", [False, True])
def test_messages_tool_call_and_last_words(shared: Upstream, messages: Any, streaming: bool) -> None:
    shared.shape(thinking=True)
    tool = {"name": "Bash", "input_schema": SCHEMA}
    history: list[dict[str, Any]] = [{"role": "user", "content": "do it"}]

    def ask() -> Any:
        request = {"model": "claude-x", "max_tokens": 99, "messages": history, "tools": [tool]}
        if not streaming:
            return messages.create(**request)
        with messages.stream(**request) as stream:
            return stream.get_final_message()

    answer = ask()
    thought, text, call = answer.content
    assert (thought.thinking, thought.signature) == (THINKING, SIGNATURE)
    assert (text.type, call.name, call.input, answer.stop_reason) == ("text", "Bash", COMMAND, "tool_use")
    usage = answer.usage
    counts = (usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens, usage.output_tokens)
    assert counts == (120, 30, 50, 25)
    history.append({"role": "assistant", "content": [block.model_dump() for block in answer.content]})
    history.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "done"}]})
    answer = ask()
    assert (answer.content[-1].text, answer.stop_reason) == (DEFAULT_FINAL, "end_turn")
    assert [request.unknown_tool_ids for request in shared.calls] == [(), ()]


def test_a_rewritten_tool_id_is_noticed(shared: Upstream, messages: Any) -> None:
    result = [{"type": "tool_result", "tool_use_id": "toolu_other", "content": "done"}]
    messages.create(model="claude-x", max_tokens=9, messages=[{"role": "user", "content": result}])
    assert shared.calls[-1].unknown_tool_ids == ("toolu_other",)


def test_counts_tokens_and_lists_models(messages: Any, openai_client: Any) -> None:
    assert messages.count_tokens(model="m", messages=[{"role": "user", "content": "hi"}]).input_tokens > 1
    assert "gpt-5" in [model.id for model in openai_client.models.list()]
    assert openai_client.models.retrieve("a/b").id == "a/b"


@pytest.mark.parametrize("streaming", [False, True])
def test_chat_tool_call_and_last_words(shared: Upstream, openai_client: Any, streaming: bool) -> None:
    tool = {"type": "function", "function": {"name": "bash", "parameters": SCHEMA}}
    history: list[dict[str, Any]] = [{"role": "user", "content": "do it"}]

    def ask() -> Any:
        request = {"model": "gpt-x", "messages": history, "tools": [tool]}
        if not streaming:
            return openai_client.chat.completions.create(**request)
        with openai_client.chat.completions.stream(**request, stream_options={"include_usage": True}) as stream:
            return stream.get_final_completion()

    answer = ask()
    (choice,) = answer.choices
    (call,) = choice.message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("bash", COMMAND)
    assert choice.finish_reason == "tool_calls"
    assert (answer.usage.prompt_tokens, answer.usage.prompt_tokens_details.cached_tokens) == (200, 50)
    function = {"name": "bash", "arguments": call.function.arguments}
    history.append({"role": "assistant", "tool_calls": [{"id": call.id, "type": "function", "function": function}]})
    history.append({"role": "tool", "tool_call_id": call.id, "content": "done"})
    assert ask().choices[0].message.content == DEFAULT_FINAL
    assert [request.unknown_tool_ids for request in shared.calls] == [(), ()]


@pytest.mark.parametrize("streaming", [False, True])
def test_responses_tool_call_and_last_words(shared: Upstream, openai_client: Any, streaming: bool) -> None:
    shared.shape(thinking=True)
    tool = {"type": "function", "name": "exec_command", "parameters": SCHEMA, "strict": False}
    history: list[dict[str, Any]] = [{"role": "user", "content": "do it"}]

    def ask() -> Any:
        request = {"model": "gpt-x", "input": history, "tools": [tool]}
        if not streaming:
            return openai_client.responses.create(**request)
        with openai_client.responses.stream(**request) as stream:
            return stream.get_final_response()

    answer = ask()
    thought, call = answer.output
    assert (thought.type, thought.encrypted_content) == ("reasoning", ENCRYPTED)
    assert (call.name, json.loads(call.arguments), answer.status) == ("exec_command", COMMAND, "completed")
    assert (answer.usage.input_tokens, answer.usage.input_tokens_details.cached_tokens) == (200, 50)
    history.append({"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments})
    history.append({"type": "function_call_output", "call_id": call.call_id, "output": "done"})
    assert ask().output_text == DEFAULT_FINAL


def test_responses_finds_tools_of_codex(shared: Upstream, openai_client: Any) -> None:
    inside = {"type": "namespace", "name": "ns", "tools": [{"type": "function", "name": "shell", "parameters": SCHEMA}]}
    answer = openai_client.responses.create(model="m", input="x", tools=[inside])
    assert (answer.output[0].name, answer.output[0].to_dict()["namespace"]) == ("shell", "ns")
    extra = {"type": "additional_tools", "tools": [{"type": "custom", "name": "exec"}]}
    answer = openai_client.responses.create(model="m", input=[extra])
    assert answer.output[0].type == "custom_tool_call"
    assert answer.output[0].input.startswith("text(JSON.stringify(await tools.exec_command(")


def test_errors_are_the_vendors_errors(shared: Upstream, messages: Any, openai_client: Any) -> None:
    shared.fault("status", status=529, path="/messages")
    shared.fault("status", status=429)
    with pytest.raises(anthropic.APIStatusError) as overloaded:
        messages.create(model="m", max_tokens=1, messages=[])
    assert overloaded.value.body["error"]["type"] == "overloaded_error"  # pyright: ignore
    with pytest.raises(openai.RateLimitError) as limited:
        openai_client.responses.create(model="m", input="x")
    assert limited.value.code == "rate_limit_exceeded"


def test_mid_stream_errors_are_the_vendors_events(shared: Upstream, messages: Any, openai_client: Any) -> None:
    shared.fault("error_event", message="went wrong", after=2)
    with (
        pytest.raises(anthropic.APIStatusError, match="went wrong"),
        messages.stream(model="m", max_tokens=1, messages=[]) as stream,
    ):
        stream.get_final_message()
    with pytest.raises(openai.APIError, match="went wrong"):
        list(openai_client.chat.completions.create(model="m", messages=[], stream=True))
    *_, last = openai_client.responses.create(model="m", input="x", stream=True)
    assert (last.type, last.response.error.message) == ("response.failed", "went wrong")
