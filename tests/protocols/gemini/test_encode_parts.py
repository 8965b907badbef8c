"""gate.protocols.gemini.encode_parts: thoughts, signatures and calls."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.parts import Opaque, ToolCall
from gate.protocols.gemini.encode_parts import function_call, merge_signature, thought
from gate.protocols.gemini.thoughts import write_token

OWN = Opaque("google", "thought_signature", "c2ln")
OTHER = Opaque("anthropic", "signature", "eHh4")


@pytest.mark.parametrize(
    ("token", "part"),
    [
        ("", {"text": "hm", "thought": True}),
        ("c2ln", {"text": "hm", "thought": True, "thoughtSignature": "c2ln"}),
    ],
)
def test_thoughts(token: str, part: dict[str, Any]) -> None:
    assert thought("hm", token) == part


@pytest.mark.parametrize(
    ("last", "merged", "after"),
    [
        ({"text": "a"}, True, {"text": "a", "thoughtSignature": "new"}),
        ({"text": "a", "thought": False}, True, {"text": "a", "thought": False, "thoughtSignature": "new"}),
        ({"text": "a", "thoughtSignature": "new"}, True, {"text": "a", "thoughtSignature": "new"}),
        ({"text": "a", "thought_signature": "new"}, True, {"text": "a", "thought_signature": "new"}),
        ({"text": "a", "thought_signature": "old"}, False, {"text": "a", "thought_signature": "old"}),
        ({"text": "a", "thought": True}, False, {"text": "a", "thought": True}),
        ({"functionCall": {"name": "f"}}, False, {"functionCall": {"name": "f"}}),
    ],
)
def test_a_signature_goes_back_on_the_last_text(last: dict[str, Any], merged: bool, after: dict[str, Any]) -> None:
    before, first = dict(last), {"text": "first"}
    parts: list[Any] = [first, last]
    assert merge_signature(parts, "new") is merged
    assert parts == [{"text": "first"}, after]
    assert last == before, "the part may be a client's own object"


def test_a_signature_without_a_part_before_it() -> None:
    parts: list[Any] = []
    assert merge_signature(parts, "new") is False
    assert parts == []


@pytest.mark.parametrize(
    ("opaque", "vendor", "token"),
    [
        (OWN, "google", "c2ln"),
        (OWN, "anthropic", None),
        (OTHER, "google", None),
        (OTHER, None, write_token(OTHER)),
        (Opaque("google", "thought_signature", ""), None, None),
        (None, None, None),
    ],
)
def test_whose_signature_goes_with_a_call(opaque: Opaque | None, vendor: str | None, token: str | None) -> None:
    losses: list[Loss] = []
    signed = {} if token is None else {"thoughtSignature": token}
    call = ToolCall("1", "f", '{"a":[1,null]}', opaque=opaque)
    assert function_call(call, "p", losses, vendor) == {
        "functionCall": {"name": "f", "args": {"a": [1, None]}, "id": "1"},
        **signed,
    }
    assert losses == []


@pytest.mark.parametrize(
    ("arguments", "args", "moved"),
    [
        ("", {}, False),
        (" \n", {}, False),
        ("[1]", {"arguments": [1]}, True),
        ("null", {"arguments": None}, True),
        ('{"a": 1', {"arguments": '{"a": 1'}, True),
        ("ls -la", {"arguments": "ls -la"}, True),
        ("\ud83d ls", {"arguments": "? ls"}, True),
        ('{"a": "x\ud83d"}', {"a": "x?"}, False),
    ],
)
def test_arguments_that_are_no_object(arguments: str, args: dict[str, Any], moved: bool) -> None:
    """A call without an id has none either."""
    losses: list[Loss] = []
    made = function_call(ToolCall("", "f", arguments), "p", losses, "google")
    assert made == {"functionCall": {"name": "f", "args": args}}
    assert losses == ([Loss(Feature.OTHER, "p.arguments", LossAction.MOVED)] if moved else [])
