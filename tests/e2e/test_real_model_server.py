"""A model server nobody here wrote (llama.cpp's, with random weights) behind Gate, for clients of every dialect.

It answers chat, messages and responses. With temperature 0 the model always says the same, so what a client is told
through Gate, in whatever dialect, can be compared with what the server says without it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from tests.harness.gate import GateProcess
from tests.harness.missing import missing_part
from tests.harness.model_server import CONTEXT, MODEL, ModelServer, ModelServerUnavailable
from tests.interop.matrix import CLIENTS, ENVIRONMENT, KEY, KEY_VARIABLE, model_of
from tests.interop.neutral import Ask, Conversation, Refused, Told
from tests.interop.scenarios import KINDS
from tests.interop.trial import overflow_numbers

pytestmark = pytest.mark.slow  # the first time it is installed

UPSTREAMS = ("anthropic_messages", "openai_chat", "openai_responses")
ASK = Ask(prompt=(("text", "hi"),), max_tokens=400, temperature=0)
SCHEMA = {
    "type": "object",
    "properties": {"size": {"enum": ["small", "large"]}, "sure": {"type": "boolean"}},
    "required": ["size", "sure"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class World:
    server: ModelServer
    gate: GateProcess

    def through(self, client: str, upstream: str, ask: Ask) -> Conversation:
        return CLIENTS[client](self.gate.url, KEY, model_of(upstream), ask)

    def straight(self, dialect: str, ask: Ask) -> Conversation:
        return CLIENTS[dialect](self.server.url, KEY, MODEL, ask)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory: Path = tmp_path_factory.mktemp("model-server")
    try:
        server = ModelServer(directory)
    except ModelServerUnavailable as error:
        missing_part(str(error))
    providers = {
        f"in-{one}": {
            "kind": "compatible",
            "base_url": server.url,
            "key": f"${{{KEY_VARIABLE}}}",
            "dialects": [one],
            "catalog": False,
        }
        for one in UPSTREAMS
    }
    config = {
        "providers": providers,
        "lanes": {"tiny": {"cluster": "budget-general"}},
        "routes": [{"provider": name, "model": MODEL, "lane": "tiny"} for name in providers],
        "models": {model_of(one): f"in-{one}/{MODEL}" for one in UPSTREAMS},
        "policy": {"max_attempts": 1, "fidelity": {"parameters": "allow"}},
    }
    with server, GateProcess(config, ENVIRONMENT) as gate:
        yield World(server, gate)


def send(conversation: Conversation, stream: bool) -> Told:
    try:
        return conversation.send(stream)
    finally:
        conversation.close()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("upstream", UPSTREAMS)
@pytest.mark.parametrize("client", CLIENTS)
def test_the_same_words_in_every_dialect(world: World, client: str, upstream: str, stream: bool) -> None:
    if stream and client == upstream == "openai_responses":
        pytest.skip("the raw lane hands on what the server says, and OpenAI's SDK cannot read events without an index")
    wanted = send(world.straight("openai_chat", ASK), False)
    assert wanted.text
    assert wanted.stop == "end", "its responses endpoint does not tell when the limit was met"
    told = send(world.through(client, upstream, ASK), stream)
    assert (told.text, told.stop) == (wanted.text, wanted.stop)
    assert (told.counts.input, told.counts.output) == (wanted.counts.input, wanted.counts.output)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("upstream", ["anthropic_messages", "openai_chat"])
@pytest.mark.parametrize("client", CLIENTS)
def test_the_limit_is_told(world: World, client: str, upstream: str, stream: bool) -> None:
    told = send(world.through(client, upstream, replace(ASK, max_tokens=5)), stream)
    assert (told.stop, told.counts.output) == ("length", 5)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("client", CLIENTS)
def test_a_schema_binds_the_model(world: World, client: str, stream: bool) -> None:
    told = send(world.through(client, "openai_chat", replace(ASK, schema=SCHEMA, max_tokens=400)), stream)
    answer = json.loads(told.text)
    assert answer["size"] in ("small", "large") and isinstance(answer["sure"], bool)


@pytest.mark.parametrize("upstream", UPSTREAMS)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_prompt_that_is_too_long(world: World, client: str, upstream: str) -> None:
    ask = replace(ASK, prompt=(("text", "a" * (CONTEXT + 1000)),))
    with pytest.raises(Refused) as seen:
        send(world.through(client, upstream, ask), True)
    assert seen.value.status == 400
    if client == upstream:
        return  # the server's own words, as they are
    if client == "anthropic_messages":
        assert overflow_numbers(seen.value.message)[1:] == (str(CONTEXT),)
    elif client == "gemini":
        assert seen.value.kind in KINDS["gemini"][400]
    else:
        assert seen.value.code == "context_length_exceeded"


def test_tokens_are_counted(world: World) -> None:
    body = {"model": model_of("anthropic_messages"), "messages": [{"role": "user", "content": "Who are you?"}]}
    headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
    path = "/v1/messages/count_tokens"
    with httpx.Client(trust_env=False) as http:
        wanted = http.post(world.server.url + path, json={**body, "model": MODEL}).raise_for_status().json()
        counted = http.post(world.gate.url + path, json=body, headers=headers).raise_for_status().json()
    assert counted["input_tokens"] > 0
    assert abs(counted["input_tokens"] - wanted["input_tokens"]) <= wanted["input_tokens"]
