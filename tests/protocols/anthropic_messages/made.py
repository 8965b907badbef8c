"""Generated messages traffic and canonical requests, for hypothesis."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import (
    Citation,
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
from tests.protocols.anthropic_messages.shapes import PING, STOP, THINKING, TOOL, block, ending, sse, start, text
from tests.protocols.anthropic_messages.translating import PDF, PNG

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10)
spoken = words.filter(lambda text: bool(text.strip()))
names = st.sampled_from(["f", "g", "read_file", "a-b"])
ids = st.sampled_from([f"toolu_{at}" for at in range(5)])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from("abc"), json_values, max_size=2)
cache = st.none() | st.just({"type": "ephemeral"})


def _block(kind: str, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"type": st.just(kind), **members}, optional={"cache_control": cache, "odd": json_values}
    )


# Blocks as clients send them, with what nobody has foreseen.
_source = st.sampled_from(
    [
        {"type": "base64", "media_type": "image/png", "data": PNG},
        {"type": "url", "url": "https://a/b.png"},
        {"type": "file", "file_id": "file_1"},
        {"type": "of_tomorrow"},
    ]
)
_text = _block("text", text=words)
_inner = st.one_of(_text, _block("image", source=_source), _block("tool_reference", tool_name=names))
blocks = st.one_of(
    _text,
    _block("image", source=_source),
    _block("document", source=_source, title=st.none() | words),
    _block("thinking", thinking=words, signature=st.sampled_from(["", "EqQB"])),
    _block("redacted_thinking", data=words),
    _block("tool_use", id=ids, name=names, input=objects),
    _block("tool_result", tool_use_id=ids, content=words | st.lists(_inner, max_size=2)),
    _block("server_tool_use", id=ids, name=names, input=objects),
    _block("web_search_tool_result", content=json_values),
    _block("compaction", content=st.none() | words),
    _block("block_of_tomorrow", deep=json_values),
)
_said = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system"]), "content": words | st.lists(blocks, max_size=4)},
    optional={"output_config": st.just({"effort": "low"}), "odd": json_values},
)
_tool = st.one_of(
    st.fixed_dictionaries(
        {"name": names, "input_schema": objects}, optional={"strict": st.booleans(), "odd": json_values}
    ),
    st.sampled_from([{"type": "bash_20250124", "name": "bash"}, {"type": "web_search_20250305", "name": "web_search"}]),
)
bodies = st.fixed_dictionaries(
    {"model": st.just("m"), "max_tokens": st.integers(1, 9), "messages": st.lists(_said, max_size=5)},
    optional={
        "system": spoken | st.lists(_block("text", text=words), min_size=1, max_size=2),
        "tools": st.lists(_tool, max_size=2),
        "tool_choice": st.sampled_from([{"type": "auto"}, {"type": "tool", "name": "f"}, {"type": "odd"}, "auto"]),
        "thinking": st.sampled_from(
            [{"type": "adaptive", "display": "updates"}, {"type": "disabled"}, {"type": "odd"}]
        ),
        "output_config": st.fixed_dictionaries(
            {}, optional={"effort": st.sampled_from(["low", "odd"]), "x": words}
        ).filter(bool),
        "temperature": st.integers(0, 2) | st.just("hot"),
        "stop_sequences": st.lists(words, min_size=1, max_size=2),
        "metadata": st.just({"user_id": "u", "more": 1}),
        "context_management": json_values.filter(lambda value: value is not None),
        "member_of_tomorrow": json_values,
    },
)

# Pieces of streams: mostly what vendors send, sometimes anything.
_piece = st.one_of(
    st.sampled_from([start(input_tokens=3), PING, STOP, THINKING, TOOL, ending(), ending("tool_use", output_tokens=5)]),
    st.builds(text, st.integers(0, 3), words, words),
    st.builds(lambda index, opened: block(index, opened), st.integers(0, 3), blocks),
    st.builds(
        lambda kind, members: sse(kind, **members),
        st.sampled_from(
            [
                "message_start",
                "content_block_start",
                "content_block_delta",
                "content_block_stop",
                "message_delta",
                "error",
            ]
        ),
        st.dictionaries(
            st.sampled_from(["index", "delta", "content_block", "message", "usage", "error"]), json_values, max_size=3
        ),
    ),
    st.sampled_from([b": comment\n\n", b"data: nonsense\n\n", b"event: x\ndata: {}\n\n", b"\n\n", b"data: [1]\n\n"]),
)
streams = st.lists(_piece, max_size=9).map(b"".join)

# Canonical requests of other dialects.
_opaques = st.builds(
    Opaque, st.sampled_from(["anthropic", "openai", "google"]), st.sampled_from(["signature", "redacted", "x"]), spoken
)
_media = st.one_of(
    st.builds(
        Media, st.sampled_from(list(MediaKind)), st.sampled_from([None, "image/heic"]), st.sampled_from([PNG, PDF])
    ),
    st.builds(lambda kind: Media(kind, url="https://a/b"), st.sampled_from(list(MediaKind))),
    st.builds(lambda said, name: Media(MediaKind.DOCUMENT, text=said, name=name), words, st.none() | spoken),
    st.builds(lambda inner: Media(MediaKind.DOCUMENT, content=(Text(inner),)), words),
)
_foreigns = st.builds(
    lambda said, server: Foreign(Dialect.OPENAI_CHAT, "x", {}, server, said), st.none() | words, st.booleans()
)
_texts = st.builds(Text, words, cache, st.just(()) | st.just((Citation(Dialect.OPENAI_CHAT, {}, "https://a"),)))
_user: st.SearchStrategy[Part] = st.one_of(
    _texts,
    _media,
    _foreigns,
    st.builds(ToolResult, ids, st.lists(_texts | _media, max_size=2).map(tuple), error=st.booleans()),
)
_assistant: st.SearchStrategy[Part] = st.one_of(
    _texts,
    _media,
    _foreigns,
    st.builds(Refusal, words),
    st.builds(Thinking, words, st.none() | _opaques),
    st.builds(ToolCall, ids, names, objects.map(json.dumps) | words),
)
_turn = st.one_of(
    st.tuples(st.sampled_from([Role.SYSTEM, Role.DEVELOPER]), st.lists(_texts, max_size=2)),
    st.tuples(st.just(Role.USER), st.lists(_user, max_size=3)),
    st.tuples(st.just(Role.ASSISTANT), st.lists(_assistant, max_size=3)),
)


def _messages(turns: list[tuple[Role, list[Part]]]) -> tuple[Message, ...]:
    return tuple(Message(role, tuple(parts), path=f"messages[{at}]") for at, (role, parts) in enumerate(turns))


_tools = st.lists(
    st.builds(
        Tool,
        st.sampled_from([ToolKind.FUNCTION, ToolKind.VENDOR, ToolKind.WEB_SEARCH, ToolKind.SERVER]),
        names,
        st.none() | words,
        st.none() | st.just({"type": "object", "properties": {"a": {"type": "string", "minLength": 2}}}),
        st.none() | st.booleans(),
        path=st.just("tools[0]"),
    ),
    max_size=3,
    unique_by=lambda tool: tool.name,
).map(tuple)
requests = st.builds(
    Request,
    dialect=st.sampled_from([Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.GEMINI]),
    model=st.just("m"),
    messages=st.lists(_turn, max_size=6).map(_messages),
    stream=st.booleans(),
    max_tokens=st.none() | st.integers(1, 40_000),
    tools=st.none() | _tools,
    tool_choice=st.none()
    | st.sampled_from([ToolChoice("any"), ToolChoice("none"), ToolChoice("tool", "f"), ToolChoice(allowed=("f",))]),
    reasoning=st.none()
    | st.builds(
        Reasoning,
        st.none() | st.booleans(),
        budget=st.none() | st.integers(-1, 40_000),
        effort=st.none() | st.sampled_from(list(Effort)),
        summary=st.none() | st.just("auto"),
    ),
    output=st.none()
    | st.builds(
        OutputFormat,
        st.sampled_from(["json_schema", "json_object"]),
        st.none() | st.just({"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}),
    ),
    stop=st.lists(words, max_size=2).map(tuple),
    sampling=st.builds(
        Sampling,
        st.none() | st.floats(0, 2),
        st.none() | st.floats(0, 1),
        st.none() | st.integers(1, 9),
        seed=st.none() | st.integers(0, 9),
    ),
    user=st.none() | spoken,
    others=st.dictionaries(st.sampled_from(["previous_response_id", "prompt_cache_key", "x"]), json_values, max_size=2),
)
models = st.sampled_from(
    [
        "claude-opus-4-0",
        "claude-sonnet-4-5",
        "claude-sonnet-4-6",
        "claude-opus-4-8",
        "claude-opus-5",
        "claude-sonnet-5-5",
    ]
)
