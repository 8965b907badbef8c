"""gate.protocols.openai_responses.translator: what the registry finds, and the counting of tokens."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings

from gate.core.dialect import Dialect
from gate.core.loss import Feature
from gate.protocols.canonical.request import Request
from gate.protocols.openai_responses import TRANSLATOR
from gate.protocols.registry import translator
from tests.protocols.openai_responses.canonical import AIM, requests

EXEMPT = {Feature.SAMPLING, Feature.PARAMETERS, Feature.TOOL_CHOICE, Feature.OTHER}


def test_the_registry_finds_it() -> None:
    assert translator(Dialect.OPENAI_RESPONSES) is TRANSLATOR


@settings(max_examples=100, deadline=None)
@given(requests)
def test_every_loss_that_hurts_is_of_a_feature_it_cannot_carry(request: Request) -> None:
    foreseen = {use.feature for use, action in TRANSLATOR.cannot.items() if action.hurts} | EXEMPT
    losses = TRANSLATOR.encode_request(request, AIM).losses
    assert {loss.feature for loss in losses if loss.action.hurts} <= foreseen


def test_the_count_of_tokens() -> None:
    assert TRANSLATOR.decode_count(b'{"object":"response.input_tokens","input_tokens":12}') == 12
    assert TRANSLATOR.decode_count(TRANSLATOR.encode_count_answer(7)) == 7
    assert json.loads(TRANSLATOR.encode_count_answer(7)) == {"object": "response.input_tokens", "input_tokens": 7}


@pytest.mark.parametrize(
    "body", [b"", b"5", b"{}", b'{"input_tokens":-1}', b'{"input_tokens":"x"}', b'{"input_tokens":true}']
)
def test_what_is_no_count(body: bytes) -> None:
    with pytest.raises(ValueError, match="count"):
        TRANSLATOR.decode_count(body)


@pytest.mark.parametrize(
    ("call_id", "taken"),
    [
        ("call_1", True),
        ("toolu_01:x.y", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("", False),
        ("a b", False),
        ("é", False),
    ],
)
def test_ids_of_calls(call_id: str, taken: bool) -> None:
    assert bool(re.fullmatch(TRANSLATOR.tools.call_id, call_id)) is taken
