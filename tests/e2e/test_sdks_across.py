"""The vendors' own Python SDKs through Gate, with their helpers, on upstreams of every dialect: stream helpers, typed
answers, tool runners, counting, and the asynchronous clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import anthropic
import openai
import pydantic
import pytest
from google import genai
from google.genai import types

from tests.harness.gate import GateProcess
from tests.harness.says import Says
from tests.harness.task import ToolCall
from tests.harness.upstream import Upstream
from tests.interop.heard import HEARD
from tests.interop.matrix import ENVIRONMENT, KEY, PROVIDERS, configuration, model_of
from tests.interop.neutral import Heard

SAID = "One line.\nAnother, with ü and 😀."
CALL = ToolCall("read_file", {"path": "a/b.txt"})
THOUGHT = "First the file."
HELLO: list[Any] = [{"role": "user", "content": "Hello."}]


class City(pydantic.BaseModel):
    name: str
    people: int


KOELN = City(name="Köln", people=1_090_000)
AS_JSON = json.dumps(KOELN.model_dump())


@dataclass(frozen=True)
class World:
    url: str
    upstream: Upstream

    def says(self, answer: Says, after_results: Says | None = None) -> None:
        """What the upstream answers from now on, and what once tools have returned something."""
        self.upstream.clear()
        self.upstream.shape(strict=True, says=answer)
        if after_results:
            self.upstream.shape(step="final", says=after_results)

    def heard(self, target: str) -> Heard:
        """The last request that arrived."""
        return HEARD[target](self.upstream.calls[-1].json)

    def anthropic(self) -> anthropic.Anthropic:
        return anthropic.Anthropic(base_url=self.url, api_key=KEY, max_retries=0)

    def openai(self) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=KEY, max_retries=0)

    def google(self) -> genai.Client:
        return genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=self.url))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Upstream() as upstream, GateProcess(configuration(upstream.url), ENVIRONMENT) as gate:
        yield World(gate.url, upstream)


every_upstream = pytest.mark.parametrize("target", PROVIDERS)


# Anthropic.


@every_upstream
def test_anthropic_streams_with_its_helpers(world: World, target: str) -> None:
    world.says(Says(thought=THOUGHT, text=SAID, calls=(CALL, CALL)))
    with world.anthropic() as sdk:
        thinking: Any = {"type": "enabled", "budget_tokens": 2048}
        with sdk.messages.stream(
            model=model_of(target), max_tokens=4096, messages=HELLO, tools=[ANTHROPIC_TOOL], thinking=thinking
        ) as stream:
            events = list(stream)
            final = stream.get_final_message()
    texts = [event.text for event in events if event.type == "text"]
    assert "".join(texts) == SAID and len(texts) > 1
    assert "".join(event.thinking for event in events if event.type == "thinking") == THOUGHT
    stopped = [event.content_block for event in events if event.type == "content_block_stop"]
    assert [block.type for block in stopped] == ["thinking", "text", "tool_use", "tool_use"]
    assert [block.input for block in stopped if block.type == "tool_use"] == [CALL.arguments, CALL.arguments]
    assert final.stop_reason == "tool_use"
    assert final.usage.output_tokens == 25


ANTHROPIC_TOOL: Any = {
    "name": "read_file",
    "description": "Reads.",
    "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
}


@every_upstream
def test_anthropic_parses_into_a_model(world: World, target: str) -> None:
    world.says(Says(text=AS_JSON))
    with world.anthropic() as sdk:
        whole = sdk.messages.parse(model=model_of(target), max_tokens=99, messages=HELLO, output_format=City)
        with sdk.messages.stream(model=model_of(target), max_tokens=99, messages=HELLO, output_format=City) as stream:
            streamed = stream.get_final_message()
    assert (whole.parsed_output, streamed.parsed_output) == (KOELN, KOELN)
    schema = world.heard(target).schema
    assert schema is not None and set(schema["properties"]) == {"name", "people"}


@every_upstream
@pytest.mark.parametrize("stream", [False, True])
def test_anthropic_runs_tools(world: World, target: str, stream: bool) -> None:
    asked: list[str] = []

    @anthropic.beta_tool
    def read_file(path: str) -> str:
        """Reads a file.

        Args:
            path: Where it is.
        """
        asked.append(path)
        return f"the content of {path}"

    world.says(Says(text="Let me see.", calls=(CALL,)), Says(text=SAID))
    with world.anthropic() as sdk:
        runner = sdk.beta.messages.tool_runner(
            model=model_of(target), max_tokens=99, messages=HELLO, tools=[read_file], stream=stream
        )
        final = runner.until_done()
    assert asked == ["a/b.txt"]
    assert "".join(block.text for block in final.content if block.type == "text") == SAID
    assert [item[2] for item in world.heard(target).items("result")] == ["the content of a/b.txt"]


@every_upstream
def test_anthropic_counts_and_runs_asynchronously(world: World, target: str) -> None:
    world.says(Says(text=SAID))

    async def ask() -> tuple[int, str]:
        async with anthropic.AsyncAnthropic(base_url=world.url, api_key=KEY, max_retries=0) as sdk:
            count = await sdk.messages.count_tokens(model=model_of(target), messages=HELLO)
            async with sdk.messages.stream(model=model_of(target), max_tokens=9, messages=HELLO) as stream:
                return count.input_tokens, await stream.get_final_text()

    count, text = asyncio.run(ask())
    assert count > 0
    assert text == SAID


# OpenAI.


@every_upstream
def test_openai_chat_streams_with_its_helpers(world: World, target: str) -> None:
    # The SDK's helper takes the calls of a stream one after the other; Gate gives them so on every other upstream.
    world.says(Says(text=SAID, calls=(CALL, CALL), calls_in_turn=target == "openai_chat"))
    with (
        world.openai() as sdk,
        sdk.chat.completions.stream(
            model=model_of(target),
            messages=HELLO,
            tools=[openai.pydantic_function_tool(ReadFile, name="read_file")],
            stream_options={"include_usage": True},
        ) as stream,
    ):
        events = list(stream)
        final = stream.get_final_completion()
    assert "".join(event.delta for event in events if event.type == "content.delta") == SAID
    done = [event for event in events if event.type == "tool_calls.function.arguments.done"]
    assert [event.parsed_arguments for event in done] == [ReadFile(path="a/b.txt")] * 2
    assert final.choices[0].finish_reason == "tool_calls"
    assert final.usage is not None and (final.usage.prompt_tokens, final.usage.completion_tokens) == (200, 25)


class ReadFile(pydantic.BaseModel):
    """Reads a file."""

    path: str


@every_upstream
def test_openai_chat_parses_into_a_model(world: World, target: str) -> None:
    world.says(Says(text=AS_JSON))
    with world.openai() as sdk:
        whole = sdk.chat.completions.parse(model=model_of(target), messages=HELLO, response_format=City)
        with sdk.chat.completions.stream(model=model_of(target), messages=HELLO, response_format=City) as stream:
            streamed = stream.get_final_completion()
    assert whole.choices[0].message.parsed == streamed.choices[0].message.parsed == KOELN


@every_upstream
def test_openai_responses_streams_with_its_helpers(world: World, target: str) -> None:
    world.says(Says(thought=THOUGHT, text=SAID, calls=(CALL, CALL)))
    tool = openai.pydantic_function_tool(ReadFile, name="read_file")["function"]
    with (
        world.openai() as sdk,
        sdk.responses.stream(
            model=model_of(target),
            input=HELLO,
            tools=[{"type": "function", **tool}],  # pyright: ignore
            reasoning={"effort": "medium", "summary": "auto"},
        ) as stream,
    ):
        events = list(stream)
        final = stream.get_final_response()
    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == SAID
    thought = [event.delta for event in events if event.type == "response.reasoning_summary_text.delta"]
    assert "".join(thought) == THOUGHT
    assert final.output_text == SAID
    calls = [item for item in final.output if item.type == "function_call"]
    assert [call.parsed_arguments for call in calls] == [CALL.arguments] * 2
    done = [event for event in events if event.type == "response.output_item.done"]
    assert [event.item.id for event in done] == [item.id for item in final.output]


@every_upstream
def test_openai_responses_parses_into_a_model(world: World, target: str) -> None:
    world.says(Says(text=AS_JSON))
    with world.openai() as sdk:
        whole = sdk.responses.parse(model=model_of(target), input="Which?", text_format=City)
        with sdk.responses.stream(model=model_of(target), input="Which?", text_format=City) as stream:
            streamed = stream.get_final_response()
    assert whole.output_parsed == streamed.output_parsed == KOELN


@every_upstream
def test_openai_counts_and_runs_asynchronously(world: World, target: str) -> None:
    world.says(Says(text=SAID))

    async def ask() -> tuple[int, str, str]:
        async with openai.AsyncOpenAI(base_url=f"{world.url}/v1", api_key=KEY, max_retries=0) as sdk:
            count = await sdk.responses.input_tokens.count(model=model_of(target), input="Hello.")
            async with sdk.responses.stream(model=model_of(target), input="Hello.") as stream:
                final = await stream.get_final_response()
            chat = await sdk.chat.completions.create(model=model_of(target), messages=HELLO)
            return count.input_tokens, final.output_text, chat.choices[0].message.content or ""

    count, response, chat = asyncio.run(ask())
    assert count > 0
    assert (response, chat) == (SAID, SAID)


# Google.


@every_upstream
def test_google_streams_in_a_chat(world: World, target: str) -> None:
    world.says(Says(thought=THOUGHT, text=SAID))
    with world.google() as sdk:
        config = types.GenerateContentConfig(thinking_config=types.ThinkingConfig(include_thoughts=True))
        chat = sdk.chats.create(model=model_of(target), config=config)
        for _ in range(2):
            chunks = list(chat.send_message_stream("Hello."))
            parts = [part for chunk in chunks for part in (chunk.parts or ())]
            assert "".join(part.text or "" for part in parts if not part.thought) == SAID
            assert "".join(part.text or "" for part in parts if part.thought) == THOUGHT
    turns = world.heard(target).turns
    assert [role for role, _ in turns] == ["user", "assistant", "user"]
    assert "".join(item[1] for item in turns[1][1] if item[0] == "text") == SAID


@every_upstream
def test_google_runs_functions(world: World, target: str) -> None:
    asked: list[str] = []

    def read_file(path: str) -> str:
        """Reads a file."""
        asked.append(path)
        return f"the content of {path}"

    world.says(Says(calls=(CALL,)), Says(text=SAID))
    with world.google() as sdk:
        config = types.GenerateContentConfig(tools=[read_file])
        answer = sdk.models.generate_content(model=model_of(target), contents="Read it.", config=config)
    assert asked == ["a/b.txt"]
    assert answer.text == SAID
    (result,) = world.heard(target).items("result")
    assert "the content of a/b.txt" in result[2]


@every_upstream
def test_google_parses_into_a_model_and_counts(world: World, target: str) -> None:
    world.says(Says(text=AS_JSON))
    with world.google() as sdk:
        config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=City)
        answer = sdk.models.generate_content(model=model_of(target), contents="Which?", config=config)
        count = sdk.models.count_tokens(model=model_of(target), contents="Which?")
    assert answer.parsed == KOELN
    assert (count.total_tokens or 0) > 0
