"""Generated chat traffic and canonical requests, for hypothesis."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import (
    CallKind,
    Foreign,
    Media,
    MediaKind,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from gate.protocols.canonical.request import (
    Effort,
    Message,
    OutputFormat,
    Reasoning,
    Request,
    Role,
    Sampling,
    Tool,
    ToolChoice,
    ToolKind,
)

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
spoken = words.filter(bool)
names = st.sampled_from(["f", "g", "read_file", "a-b"])
ids = st.sampled_from([f"call_{at}" for at in range(6)])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from("abc"), json_values, max_size=2)
arguments = objects.map(json.dumps)


def _member(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.just({}) | values.map(lambda value: {name: value})


def _joined(*members: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*members).map(lambda found: {name: value for one in found for name, value in one.items()})


# Content parts as clients send them.
_text = st.builds(lambda text: {"type": "text", "text": text}, spoken)
_image = st.sampled_from(["data:image/png;base64,QUJD", "https://a/b.png"]).map(
    lambda url: {"type": "image_url", "image_url": {"url": url}}
)
_file = st.just({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"}})
_odd = st.builds(lambda value: {"type": "hologram", "of": value}, json_values)
content = spoken | st.lists(_text | _image | _file | _odd, min_size=1, max_size=3)
calls = st.lists(
    st.builds(
        lambda call_id, name, said: {"id": call_id, "type": "function", "function": {"name": name, "arguments": said}},
        ids,
        names,
        arguments,
    ),
    min_size=1,
    max_size=3,
)
wire_message = st.one_of(
    _joined(st.just({"role": "system"}), st.builds(lambda text: {"content": text}, spoken)),
    _joined(st.just({"role": "user"}), st.builds(lambda value: {"content": value}, content), _member("name", names)),
    _joined(
        st.just({"role": "assistant"}),
        st.builds(lambda text: {"content": text}, spoken),
        _member("reasoning_content", spoken),
        _member("refusal", spoken),
        _member("odd", spoken),
        _member("tool_calls", calls),
    ),
    st.builds(lambda call_id, text: {"role": "tool", "tool_call_id": call_id, "content": text}, ids, content),
)
wire_tool = st.builds(
    lambda name, schema, more: {"type": "function", "function": {"name": name, "parameters": schema}, **more},
    names,
    objects,
    _member("odd", json_values),
)
wire_request = _joined(
    st.just({"model": "m"}),
    st.lists(wire_message, max_size=5).map(lambda said: {"messages": said}),
    _member("tools", st.lists(wire_tool, min_size=1, max_size=2)),
    _member("max_completion_tokens", st.integers(1, 9)),
    _member("temperature", st.sampled_from([0, 0.5, 2])),
    _member("n", st.integers(2, 3)),
    _member("stop", st.lists(spoken, min_size=1, max_size=2)),
    _member("reasoning_effort", st.sampled_from(["none", "low", "max"])),
    _member("reasoning", st.builds(lambda budget: {"max_tokens": budget}, st.integers(1, 9))),
    _member("user", spoken),
    _member("service_tier", st.just("flex")),
    _member("metadata", st.just({"a": "b"})),
    _member("web_search_options", st.just({"search_context_size": "low"})),
    _member("logit_bias", st.just({"1": 2})),
    _member("brand_new", json_values.filter(lambda value: value is not None)),
)

# Pieces of streams: mostly what vendors send, sometimes anything.
_delta = st.one_of(
    _joined(_member("content", words), _member("role", st.just("assistant"))),
    spoken.map(lambda text: {"reasoning_content": text}),
    spoken.map(lambda text: {"reasoning_details": [{"type": "reasoning.text", "text": text, "index": 0}]}),
    spoken.map(lambda text: {"refusal": text}),
    _joined(
        _member("index", st.none() | st.integers(0, 2)),
        _member("id", st.none() | ids),
        st.builds(
            lambda name, said: {"function": {**name, **said}},
            _member("name", st.none() | names),
            _member("arguments", st.none() | words | objects),
        ),
    ).map(lambda call: {"tool_calls": [call]}),
    st.dictionaries(
        st.sampled_from(["content", "tool_calls", "reasoning", "images", "audio", "annotations", "function_call"]),
        json_values,
        max_size=2,
    ),
)
_chunk = st.builds(
    lambda delta, finish, usage, more: {
        "id": "c",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **usage,
        **more,
    },
    _delta,
    st.none() | st.sampled_from(["stop", "length", "tool_calls", ""]),
    _member("usage", st.just({"prompt_tokens": 3, "completion_tokens": 4}) | json_values),
    st.dictionaries(st.sampled_from(["choices", "error", "created", "x_groq"]), json_values, max_size=1).filter(
        lambda more: "error" not in more or more["error"] is None
    ),
)
_event = _chunk.map(lambda chunk: b"data: " + json.dumps(chunk).encode() + b"\n\n") | st.sampled_from(
    [b": OPENROUTER PROCESSING\n\n", b"data: [DONE]\n\n", b"\n\n", b"data: nonsense\n\n", b"event: x\ndata: {}\n\n"]
)
event_streams = st.lists(_event, max_size=8).map(b"".join)

# Canonical requests of other dialects.
opaques = st.builds(Opaque, st.sampled_from(["anthropic", "openai", "google"]), st.just("signature"), spoken)
media = st.one_of(
    st.builds(
        Media, st.sampled_from(list(MediaKind)), st.sampled_from([None, "audio/wav", "image/png"]), st.just("QUJD")
    ),
    st.builds(lambda kind: Media(kind, url="https://a/b"), st.sampled_from(list(MediaKind))),
    st.builds(lambda text, name: Media(MediaKind.DOCUMENT, text=text, name=name), spoken, st.none() | spoken),
)
foreigns = st.builds(
    lambda text, server: Foreign(Dialect.ANTHROPIC_MESSAGES, "x", {}, server, text), st.none() | spoken, st.booleans()
)
user_parts: st.SearchStrategy[Part] = st.one_of(
    st.builds(Text, spoken),
    media,
    foreigns,
    st.builds(ToolResult, ids, st.lists(st.builds(Text, spoken) | media, max_size=2).map(tuple), error=st.booleans()),
)
assistant_parts: st.SearchStrategy[Part] = st.one_of(
    st.builds(Text, spoken),
    st.builds(Refusal, spoken),
    st.builds(Thinking, words, st.none() | opaques),
    st.builds(ToolCall, ids, names, arguments),
    st.builds(lambda call_id, name, said: ToolCall(call_id, name, said, CallKind.CUSTOM), ids, names, words),
    foreigns,
    media,
)


def _messages(turns: list[tuple[Role, list[Part]]]) -> tuple[Message, ...]:
    return tuple(Message(role, tuple(parts), path=f"messages[{at}]") for at, (role, parts) in enumerate(turns))


_turn = st.one_of(
    st.tuples(st.sampled_from([Role.SYSTEM, Role.DEVELOPER]), st.lists(st.builds(Text, spoken), max_size=2)),
    st.tuples(st.just(Role.USER), st.lists(user_parts, min_size=1, max_size=3)),
    st.tuples(st.just(Role.ASSISTANT), st.lists(assistant_parts, min_size=1, max_size=3)),
)
tools = st.lists(
    st.builds(
        Tool, st.sampled_from(list(ToolKind)), names, st.none() | words, st.none() | objects, st.none() | st.booleans()
    ),
    max_size=2,
).map(tuple)
foreign_requests = st.builds(
    Request,
    dialect=st.sampled_from([Dialect.ANTHROPIC_MESSAGES, Dialect.OPENAI_RESPONSES, Dialect.GEMINI]),
    model=st.just("m"),
    messages=st.lists(_turn, max_size=5).map(_messages),
    stream=st.booleans(),
    max_tokens=st.none() | st.integers(1, 9),
    tools=st.none() | tools,
    tool_choice=st.none() | st.sampled_from([ToolChoice("any"), ToolChoice("tool", "f"), ToolChoice(allowed=("f",))]),
    reasoning=st.none()
    | st.builds(Reasoning, st.none() | st.booleans(), effort=st.none() | st.sampled_from(list(Effort))),
    output=st.none()
    | st.builds(OutputFormat, st.sampled_from(["json_schema", "json_object"]), objects, st.none() | words),
    stop=st.lists(spoken, max_size=2).map(tuple),
    sampling=st.builds(Sampling, temperature=st.none() | st.floats(0, 1), top_k=st.none() | st.integers(1, 9)),
    others=st.dictionaries(st.sampled_from(["previous_response_id", "x"]), json_values, max_size=1),
)
