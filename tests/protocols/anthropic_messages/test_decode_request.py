"""gate.protocols.anthropic_messages.decode_request: everything finds its place or stays among the others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.protocols.anthropic_messages import TRANSLATOR
from gate.protocols.canonical.parts import (
    Foreign,
    Media,
    MediaKind,
    Opaque,
    Part,
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
    Role,
    Sampling,
)
from gate.protocols.opaque import pack
from tests.protocols.anthropic_messages.translating import PDF, PNG, decoded, parts

D = Dialect.ANTHROPIC_MESSAGES
CACHE = {"type": "ephemeral", "ttl": "1h"}


def bare(part: Part) -> Part:
    return Text(part.text) if isinstance(part, Text) else part


def test_system_as_one_text_and_as_blocks() -> None:
    assert decoded(system="be brief").messages[0] == Message(Role.SYSTEM, (Text("be brief"),), top=True, path="system")
    block = {"type": "text", "text": "a", "cache_control": CACHE}
    top = decoded(system=[block, {"type": "text", "text": "b"}]).messages[0]
    assert [part.text for part in top.parts if isinstance(part, Text)] == ["a", "b"]
    assert top.parts[0] == Text("a", CACHE, raw=block)
    assert not decoded().messages[0].top
    assert not decoded(system="").messages[0].parts[0].text  # type: ignore[union-attr]


def test_roles_and_places() -> None:
    said = [
        {"role": "user", "content": "a"},
        {"role": "system", "content": "b", "output_config": {"effort": "low"}},
        {"role": "assistant", "content": [{"type": "text", "text": "c"}]},
        {"role": "user"},
    ]
    found = decoded(messages=said).messages
    assert [(message.role, message.path, message.raw) for message in found] == [
        (Role.USER, "messages[0]", said[0]),
        (Role.SYSTEM, "messages[1]", said[1]),
        (Role.ASSISTANT, "messages[2]", said[2]),
        (Role.USER, "messages[3]", said[3]),
    ]
    assert found[3].parts == ()


@pytest.mark.parametrize("role", ["tool", "", None, 5])
def test_a_role_nobody_has_is_named(role: Any) -> None:
    with pytest.raises(GateError) as caught:
        decoded(messages=[{"role": "user", "content": "a"}, {"role": role, "content": "b"}])
    assert caught.value.code is ErrorCode.INVALID_BODY
    assert caught.value.message.startswith("messages[1].role")


def source(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, **members}


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (
            {"type": "image", "source": source("base64", media_type="image/png", data=PNG), "cache_control": CACHE},
            Media(MediaKind.IMAGE, "image/png", data=PNG, cache=CACHE),
        ),
        ({"type": "image", "source": source("url", url="https://a")}, Media(MediaKind.IMAGE, url="https://a")),
        ({"type": "image", "source": source("file", file_id="f")}, Media(MediaKind.IMAGE, file_id="f")),
        (
            {"type": "document", "source": source("base64", media_type="application/pdf", data=PDF), "title": "t"},
            Media(MediaKind.DOCUMENT, "application/pdf", data=PDF, name="t"),
        ),
        (
            {"type": "document", "source": source("text", data="x"), "context": "c", "citations": {"enabled": True}},
            Media(MediaKind.DOCUMENT, "text/plain", text="x", context="c", cite=True),
        ),
        (
            {"type": "document", "source": source("url", url="https://a")},
            Media(MediaKind.DOCUMENT, "application/pdf", url="https://a"),
        ),
        ({"type": "document", "source": source("file", file_id="f")}, Media(MediaKind.DOCUMENT, file_id="f")),
        (
            {"type": "document", "source": source("content", content="x")},
            Media(MediaKind.DOCUMENT, content=(Text("x"),)),
        ),
        ({"type": "redacted_thinking", "data": "d"}, Thinking(opaque=Opaque("anthropic", "redacted", "d"))),
        (
            {"type": "thinking", "thinking": "t", "signature": "s"},
            Thinking("t", Opaque("anthropic", "signature", "s")),
        ),
        ({"type": "thinking", "thinking": "t"}, Thinking("t")),
        (
            {"type": "tool_use", "id": "i", "name": "n", "input": {"a": [1, 2.5, "é"]}},
            ToolCall("i", "n", '{"a":[1,2.5,"é"]}'),
        ),
        ({"type": "tool_use", "id": "i", "name": "n", "input": "{}"}, ToolCall("i", "n", "{}")),
        ({"type": "tool_use", "id": "i", "name": "n"}, ToolCall("i", "n", "{}")),
        ({"type": "tool_result", "tool_use_id": "i"}, ToolResult("i")),
        (
            {"type": "tool_result", "tool_use_id": "i", "content": "x", "is_error": True, "cache_control": CACHE},
            ToolResult("i", (Text("x"),), error=True, cache=CACHE),
        ),
        ({"type": "server_tool_use", "id": "i"}, Foreign(D, "server_tool_use", {}, server=True)),
        ({"type": "web_search_tool_result"}, Foreign(D, "web_search_tool_result", {}, server=True)),
        ({"type": "mcp_tool_result"}, Foreign(D, "mcp_tool_result", {}, server=True)),
        ({"type": "container_upload"}, Foreign(D, "container_upload", {}, server=True)),
        ({"type": "compaction", "content": "short"}, Foreign(D, "compaction", {}, text="short")),
        ({"type": "compaction", "content": None}, Foreign(D, "compaction", {})),
        ({"type": "fallback", "from": {}}, Foreign(D, "fallback", {})),
        (
            {"type": "search_result", "title": "t", "source": "s", "content": [{"type": "text", "text": "x"}]},
            Foreign(D, "search_result", {}, text="t\ns\nx"),
        ),
        ({"type": "tool_reference", "tool_name": "n"}, Foreign(D, "tool_reference", {}, text="Tool found: n")),
        ({"type": "block_of_tomorrow", "x": 1}, Foreign(D, "block_of_tomorrow", {})),
        ({"type": "image", "source": {"type": "hologram"}}, Foreign(D, "image", {})),
        ({"type": "document", "source": "?"}, Foreign(D, "document", {})),
    ],
)
def test_blocks(block: dict[str, Any], expected: Part) -> None:
    from msgspec.structs import replace

    (found,) = parts(block)
    assert found.raw == block
    empty: Any = {} if isinstance(found, Foreign) else None
    assert replace(found, raw=empty) == expected  # type: ignore[type-var]


def test_a_result_with_everything_in_it() -> None:
    inner = [
        {"type": "text", "text": "a"},
        {"type": "image", "source": source("base64", media_type="image/png", data=PNG)},
        {"type": "document", "source": source("text", data="x")},
        {"type": "tool_reference", "tool_name": "n"},
    ]
    (found,) = parts({"type": "tool_result", "tool_use_id": "i", "content": inner})
    assert isinstance(found, ToolResult)
    assert [type(part) for part in found.content] == [Text, Media, Media, Foreign]
    assert [part.raw for part in found.content] == inner


@pytest.mark.parametrize("content", [None, 5, {}, [], [None], [5], [[]], [{}], [{"type": 5}]])
def test_content_of_any_shape_is_survived(content: Any) -> None:
    found = decoded(messages=[{"role": "user", "content": content}]).messages[0]
    assert len(found.parts) == (len(content) if isinstance(content, list) else 0)


def test_citations_of_a_text() -> None:
    web = {"type": "web_search_result_location", "url": "https://a", "title": "t", "cited_text": "c"}
    page = {"type": "page_location", "document_title": "d", "cited_text": "p", "document_index": 0}
    block = {"type": "text", "text": "x", "citations": [web, page]}
    (found,) = parts(block, role="assistant")
    assert isinstance(found, Text)
    assert [(one.url, one.title, one.text, one.raw) for one in found.citations] == [
        ("https://a", "t", "c", web),
        (None, "d", "p", page),
    ]
    assert found.raw == block


def test_envelopes_are_opened_and_never_kept_to_be_sent() -> None:
    opaque = Opaque("google", "thought_signature", "QUJD", "7")
    block = {"type": "thinking", "thinking": "t", "signature": pack(opaque, "anthropic")}
    assert parts(block, role="assistant") == (Thinking("t", opaque),)
    damaged = {**block, "signature": "gate1.!!"}
    (found,) = parts(damaged, role="assistant")
    assert isinstance(found, Thinking)
    assert found.opaque is not None
    assert (found.opaque.origin, found.raw) == ("unknown", None)


def test_a_genuine_token_is_left_alone() -> None:
    block = {"type": "thinking", "thinking": "t", "signature": "EqQBCkYIBxgC=="}
    assert parts(block, role="assistant") == (
        Thinking("t", Opaque("anthropic", "signature", "EqQBCkYIBxgC=="), raw=block),
    )


def test_settings() -> None:
    found = decoded(
        max_tokens=64000,
        temperature=0.5,
        top_p=1,
        top_k=40,
        stop_sequences=["a", "b"],
        metadata={"user_id": "u", "more": 1},
        service_tier="standard_only",
        cache_control=CACHE,
        stream=True,
    )
    assert (found.max_tokens, found.stop, found.stream) == (64000, ("a", "b"), True)
    assert found.sampling == Sampling(0.5, 1, 40)
    assert (found.user, found.metadata, found.service_tier, found.cache) == ("u", {"more": 1}, "standard_only", CACHE)
    assert found.others == {}


def test_what_has_no_place_stays_among_the_others() -> None:
    odd = {
        "container": "c",
        "context_management": {"edits": []},
        "mcp_servers": [{"name": "m"}],
        "betas": ["b"],
        "thread": {"type": "create"},
        "member_of_tomorrow": {"x": None},
    }
    assert decoded(**odd).others == odd


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_tokens", "9"),
        ("temperature", "hot"),
        ("temperature", True),
        ("top_k", 1.5),
        ("stop_sequences", "END"),
        ("stop_sequences", ["a", 5]),
        ("metadata", "u"),
        ("tools", {}),
        ("tool_choice", "auto"),
        ("tool_choice", {"type": "some"}),
        ("thinking", "on"),
        ("output_config", []),
        ("output_format", {"type": "text"}),
        ("service_tier", 5),
        ("cache_control", True),
    ],
)
def test_a_value_of_another_type_stays_as_it_is(name: str, value: Any) -> None:
    assert decoded(**{name: value}).others == {name: value}


@pytest.mark.parametrize(
    "name",
    ["max_tokens", "temperature", "stop_sequences", "metadata", "tools", "thinking", "output_config", "service_tier"],
)
def test_null_is_as_good_as_not_said(name: str) -> None:
    found = decoded(**{name: None})
    assert found.others == {}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, None),
        ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, Reasoning(on=True, budget=2048)),
        (
            {"thinking": {"type": "adaptive", "display": "updates"}},
            Reasoning(on=True, adaptive=True, summary="updates"),
        ),
        ({"thinking": {"type": "disabled"}}, Reasoning(on=False)),
        ({"thinking": {"type": "between_tools"}}, Reasoning(on=False)),
        ({"thinking": {"type": "of_tomorrow"}}, Reasoning()),
        ({"output_config": {"effort": "xhigh"}}, Reasoning(effort=Effort.XHIGH)),
        (
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
            Reasoning(on=True, adaptive=True, effort=Effort.LOW),
        ),
    ],
)
def test_thinking(members: dict[str, Any], expected: Reasoning | None) -> None:
    from msgspec.structs import replace

    found = decoded(**members).reasoning
    assert (None if found is None else replace(found, raw=None)) == expected


def test_an_effort_told_on_the_way_is_the_one_that_counts() -> None:
    said: list[dict[str, Any]] = [
        {"role": "user", "content": "a"},
        {"role": "system", "content": [], "output_config": {"effort": "max"}},
    ]
    found = decoded(messages=said, output_config={"effort": "low"}).reasoning
    assert found is not None
    assert (found.effort, found.raw) == (Effort.MAX, {"effort": "low"})


def test_an_effort_of_tomorrow_stays() -> None:
    assert decoded(output_config={"effort": "ultra", "task_budget": 5}).others == {
        "output_config": {"effort": "ultra", "task_budget": 5}
    }


@pytest.mark.parametrize("name", ["output_config", "output_format"])
def test_output_format(name: str) -> None:
    form = {"type": "json_schema", "schema": {"type": "object"}}
    found = decoded(**{name: {"format": form} if name == "output_config" else form})
    assert found.output == OutputFormat("json_schema", {"type": "object"})
    assert found.others == {}


def test_a_reminder_that_is_to_be_cleared_is_noted() -> None:
    said = [{"role": "user", "content": "a"}, {"role": "system", "content": "b", "clear_at": "next_user_message"}]
    assert decoded(messages=said).others == {"messages[1].clear_at": "next_user_message"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", ErrorCode.INVALID_JSON),
        (b"{", ErrorCode.INVALID_JSON),
        (b"[]", ErrorCode.INVALID_BODY),
        (b'"x"', ErrorCode.INVALID_BODY),
        (b'{"messages":' + b"[" * 50_000 + b"]" * 50_000 + b"}", ErrorCode.TOO_DEEP),
    ],
)
def test_bodies_that_are_none(body: bytes, code: ErrorCode) -> None:
    with pytest.raises(GateError) as caught:
        TRANSLATOR.decode_request(body, model="m", stream=False)
    assert caught.value.code is code


def test_half_an_emoji_and_bytes_that_are_not_utf8_are_read() -> None:
    body = json.dumps({"messages": [{"role": "user", "content": "x"}]}).encode()
    for sent in (b"\\ud83d", b"\xff"):
        found = TRANSLATOR.decode_request(body.replace(b'"x"', b'"a' + sent + b'"'), model="m", stream=False)
        assert found.messages[0].parts == (Text("a�"),)
