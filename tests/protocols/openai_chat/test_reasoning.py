"""gate.protocols.openai_chat.reasoning: thinking in each vendor's member, OpenRouter's details back as they came."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Foreign, Opaque, Part, Thinking
from gate.protocols.openai_chat.reasoning import (
    KIND,
    detail_text,
    read_details,
    read_thinking,
    token_of,
    write_detail,
)

TEXT = {"type": "reasoning.text", "text": "hm", "signature": "s", "index": 0}
SUMMARY = {"type": "reasoning.summary", "summary": "short"}
ENCRYPTED = {"type": "reasoning.encrypted", "data": "xyz", "id": "r1"}
CALL = {"type": "reasoning.server_tool_call", "name": "search"}


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({"content": "hi"}, []),
        ({"reasoning_content": "a"}, [Thinking("a", raw={"reasoning_content": "a"})]),
        (
            {"reasoning": "b", "reasoning_content": "a"},
            [Thinking("a", raw={"reasoning": "b", "reasoning_content": "a"})],
        ),
        (
            {"reasoning": [{"text": "a"}, {"text": "b"}]},
            [Thinking("ab", raw={"reasoning": [{"text": "a"}, {"text": "b"}]})],
        ),
        ({"reasoning": "", "reasoning_content": None, "reasoning_details": None}, []),
        ({"reasoning": 5, "reasoning_details": "x"}, []),
    ],
)
def test_plain_thinking(message: dict[str, Any], parts: list[Part]) -> None:
    assert read_thinking(message, "openrouter") == parts


def test_the_text_of_details_is_told_once() -> None:
    (only,) = read_thinking({"reasoning": "hm", "reasoning_details": [TEXT]}, "openrouter")
    assert only == Thinking("hm", token_of(TEXT, "openrouter"), {"reasoning": "hm", "reasoning_details": [TEXT]})


def test_plain_text_stands_before_details_that_have_none() -> None:
    found = read_thinking({"reasoning": "hm", "reasoning_details": [ENCRYPTED]}, "xai")
    sealed = Thinking("", token_of(ENCRYPTED, "xai"), {"reasoning_details": [ENCRYPTED]})
    assert found == [Thinking("hm", raw={"reasoning": "hm"}), sealed]


def test_each_entry_is_a_part_and_odd_ones_are_left_out() -> None:
    token = Opaque("openrouter", KIND, '{"type":"reasoning.summary"}')
    assert read_details(["x", None, {}, {"type": 5}, SUMMARY, CALL], "openrouter") == [
        Thinking("short", token, {"reasoning_details": [SUMMARY]}),
        Foreign(Dialect.OPENAI_CHAT, "reasoning.server_tool_call", {"reasoning_details": [CALL]}, server=True),
    ]


@pytest.mark.parametrize(
    ("detail", "text"),
    [(TEXT, "hm"), (SUMMARY, "short"), (ENCRYPTED, ""), ({"type": "reasoning.new", "text": "x"}, "")],
    ids=["text", "summary", "encrypted", "unknown"],
)
def test_an_entry_goes_back_as_it_came(detail: dict[str, Any], text: str) -> None:
    assert detail_text(detail) == text
    assert write_detail(Thinking(detail_text(detail), token_of(detail, "openrouter"))) == detail


@pytest.mark.parametrize(
    "opaque",
    [
        None,
        Opaque("anthropic", "signature", '{"type":"reasoning.text"}'),
        Opaque("openrouter", KIND, "no JSON"),
        Opaque("openrouter", KIND, "[]"),
        Opaque("openrouter", KIND, '"\udc80"'),
    ],
    ids=["none", "signature", "no_json", "array", "surrogate"],
)
def test_what_was_no_entry_is_not_written(opaque: Opaque | None) -> None:
    assert write_detail(Thinking("hm", opaque)) is None
