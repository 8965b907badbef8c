"""gate.protocols.anthropic_messages.decode_blocks: content blocks read into parts, odd ones too."""

from __future__ import annotations

from typing import Any

import pytest

from gate.protocols.anthropic_messages.decode_blocks import (
    DIALECT,
    citation_of,
    foreign,
    opened,
    read_block,
    read_content,
    sealed,
)
from gate.protocols.canonical.parts import (
    Citation,
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
from gate.protocols.opaque import pack

CACHE = {"type": "ephemeral"}
FOREIGN_TOKEN = Opaque("openai", "encrypted", "tok", "rs_1")
ENVELOPE = pack(FOREIGN_TOKEN, "anthropic")
UNSIGNED = pack(Opaque("gate", "unsigned", ""), "anthropic")


@pytest.mark.parametrize(
    ("block", "members"),
    [
        ({"type": "text", "text": "x", "cache_control": CACHE}, Text("x", CACHE)),
        (
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1.0}},
            ToolCall("toolu_1", "f", '{"a":1.0}'),
        ),
        ({"type": "tool_use", "id": "toolu_1", "name": "f"}, ToolCall("toolu_1", "f", "{}")),
        ({"type": "tool_use", "id": 5, "input": '{"a": 1'}, ToolCall("", "", '{"a": 1')),
        (
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok", "is_error": True},
            ToolResult("toolu_1", (Text("ok"),), error=True),
        ),
        ({"type": "tool_result", "tool_use_id": "toolu_1", "is_error": "yes"}, ToolResult("toolu_1")),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
            Media(MediaKind.IMAGE, "image/png", data="aGk="),
        ),
        (
            {"type": "image", "source": {"type": "url", "url": "https://x.test"}, "cache_control": CACHE},
            Media(MediaKind.IMAGE, url="https://x.test", cache=CACHE),
        ),
        (
            {"type": "document", "source": {"type": "base64", "data": "aGk="}, "title": "T", "context": "C"},
            Media(MediaKind.DOCUMENT, "application/pdf", data="aGk=", name="T", context="C"),
        ),
        (
            {"type": "document", "source": {"type": "text", "data": "hi"}, "citations": {"enabled": True}},
            Media(MediaKind.DOCUMENT, "text/plain", text="hi", cite=True),
        ),
        (
            {"type": "document", "source": {"type": "content", "content": ["a", "b"]}},
            Media(MediaKind.DOCUMENT, content=(Text("a"), Text("b"))),
        ),
        (
            {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
            Media(MediaKind.DOCUMENT, file_id="file_1"),
        ),
    ],
)
def test_known_blocks(block: dict[str, Any], members: Any) -> None:
    expected = {name: getattr(members, name) for name in members.__struct_fields__} | {"raw": block}
    assert read_block(block, opened) == type(members)(**expected)


@pytest.mark.parametrize(
    ("signature", "opaque", "raw_kept"),
    [
        ("EqQB", Opaque("anthropic", "signature", "EqQB"), True),
        (ENVELOPE, FOREIGN_TOKEN, False),
        (UNSIGNED, None, False),
        ("", None, True),
        (None, None, True),
    ],
)
def test_an_envelope_never_stays_in_raw(signature: str | None, opaque: Opaque | None, raw_kept: bool) -> None:
    block = {"type": "thinking", "thinking": "hm", "signature": signature}
    assert read_block(block, opened) == Thinking("hm", opaque, block if raw_kept else None)


def test_an_answers_tokens_are_its_vendors() -> None:
    hidden = {"type": "redacted_thinking", "data": "c2VjcmV0"}
    assert read_block(hidden, sealed("minimax")) == Thinking("", Opaque("minimax", "redacted", "c2VjcmV0"), hidden)
    enveloped = {"type": "redacted_thinking", "data": ENVELOPE}
    assert read_block(enveloped, opened) == Thinking("", FOREIGN_TOKEN)


def test_citations_gate_made_are_taken_out() -> None:
    page = {"type": "page_location", "cited_text": "c", "document_title": "D"}
    web = {"type": "web_search_result_location", "url": "https://x.test", "title": "T", "encrypted_index": "Eo8B"}
    made = {**web, "encrypted_index": ENVELOPE}
    assert citation_of(page) == Citation(DIALECT, page, None, "D", "c")
    assert citation_of(web) == Citation(DIALECT, web, "https://x.test", "T")
    assert citation_of({"source": "s", "title": 5}) == Citation(DIALECT, {"source": "s", "title": 5}, "s")
    genuine = {"type": "text", "text": "x", "citations": [page, web]}
    assert read_block(genuine, opened) == Text("x", None, (citation_of(page), citation_of(web)), genuine)
    mixed = {"type": "text", "text": "x", "citations": [page, made]}
    assert read_block(mixed, opened) == Text("x", None, (citation_of(page),), None)


@pytest.mark.parametrize(
    ("block", "server", "text"),
    [
        ({"type": "server_tool_use", "id": "s", "text": "x"}, True, None),
        ({"type": "tool_of_tomorrow_tool_result", "text": "x"}, True, None),
        ({"type": "block_of_tomorrow", "text": "x"}, False, "x"),
        ({"type": "tool_reference", "tool_name": "f"}, False, "Tool found: f"),
        ({"type": "tool_reference"}, False, None),
        ({"type": "compaction", "content": "sum"}, False, "sum"),
        ({"type": "search_result", "title": "T", "source": "s", "content": [{"text": "a"}, 5]}, False, "T\ns\na"),
        ({"type": "search_result"}, False, None),
        ({"type": "image", "source": {"type": "of_tomorrow"}}, False, None),
        ({"type": "document", "source": "odd"}, False, None),
    ],
)
def test_blocks_of_this_dialect_alone(block: dict[str, Any], server: bool, text: str | None) -> None:
    expected = Foreign(DIALECT, block["type"], block, server, text)
    assert read_block(block, opened) == expected
    assert foreign(block, block["type"]) == expected


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("hi", (Text("hi"),)),
        ("", (Text(""),)),
        (["hi"], (Text("hi"),)),
        (None, ()),
        ({"type": "text"}, ()),
        ([5], (Foreign(DIALECT, "", {}),)),
        ([{"type": ["text"]}], (Foreign(DIALECT, "", {"type": ["text"]}),)),
        ([{"type": "text", "text": None}], (Text("", raw={"type": "text", "text": None}),)),
    ],
)
def test_odd_content_never_raises(content: object, parts: tuple[Part, ...]) -> None:
    assert read_content(content, opened) == parts


@pytest.mark.parametrize("kind", [["base64"], {"a": 1}])
def test_a_document_whose_source_has_an_odd_type_never_raises(kind: object) -> None:
    block = {"type": "document", "source": {"type": kind}}
    assert read_block(block, opened) == Foreign(DIALECT, "document", block)
