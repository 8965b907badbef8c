"""gate.protocols.rewrite: the one change of the raw lane. Its property tests are those of each dialect's request."""

from __future__ import annotations

from gate.protocols.codec import Scanned, Span
from gate.protocols.rewrite import rewrite

BODY = b'{"a":1,"model":"m\\u006f","b":[]}'
SCANNED = Scanned(model="mo", model_at=Span(15, 24), stream=True)


def test_the_model_is_replaced_in_its_place() -> None:
    assert rewrite(BODY, SCANNED, 'x"y') == b'{"a":1,"model":"x\\"y","b":[]}'


def test_the_same_model_keeps_its_spelling() -> None:
    assert rewrite(BODY, SCANNED, "mo") is BODY


def test_usage_is_asked_for_in_front_of_or_after_the_model() -> None:
    for at, expected in ((1, b'{"u":1,"a":1,"model":"x","b":[]}'), (25, b'{"a":1,"model":"x","u":1,"b":[]}')):
        scanned = Scanned("mo", Span(15, 24), stream=True, usage_at=Span(at, at), usage_insert=b'"u":1,')
        assert rewrite(BODY, scanned, "x") == expected
