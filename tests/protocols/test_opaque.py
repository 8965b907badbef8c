"""Envelopes: what only its maker can read comes back to it unchanged, and to nobody else as its own."""

import base64
import re

from hypothesis import given
from hypothesis import strategies as st

from gate.protocols.canonical.parts import Opaque
from gate.protocols.opaque import MARK, pack, read_id, sign_id, unpack

texts = st.text(max_size=60)
opaques = st.builds(
    Opaque, texts.filter(lambda name: name != "anthropic"), texts, texts, st.none() | texts.filter(bool)
)
tokens = st.binary(max_size=80).map(lambda data: base64.b64encode(data).decode()) | texts


@given(opaques)
def test_a_foreign_token_comes_back_as_it_was(opaque: Opaque) -> None:
    packed = pack(opaque, "anthropic")
    assert re.fullmatch(r"gate1\.[A-Za-z0-9_.-]*", packed)
    assert unpack(packed, "anthropic", "signature") == opaque


@given(texts.filter(lambda token: not token.startswith(MARK)))
def test_a_genuine_token_is_never_touched(token: str) -> None:
    opaque = unpack(token, "anthropic", "signature", "id")
    assert opaque == Opaque("anthropic", "signature", token, "id")
    assert pack(opaque, "anthropic") == token


@given(texts)
def test_a_damaged_envelope_belongs_to_nobody(rest: str) -> None:
    found = unpack(MARK + rest.replace(".", ""), "anthropic", "signature")
    assert found.origin == "unknown"


@given(texts, tokens)
def test_a_signature_rides_in_a_tool_id(call_id: str, token: str) -> None:
    signed = sign_id(call_id, Opaque("google", "thought_signature", token))
    assert re.fullmatch(r"[A-Za-z0-9_-]+", signed)
    base, opaque = read_id(signed)
    assert opaque == Opaque("google", "thought_signature", token)
    stripped = re.sub("[^A-Za-z0-9]", "", signed)  # what OpenClaw makes of it
    assert read_id(stripped)[1] == opaque
    assert "gtsig" not in base


@given(st.binary(min_size=8, max_size=80), st.integers(1, 12))
def test_a_cut_id_has_no_signature_but_still_an_id(data: bytes, cut: int) -> None:
    token = base64.b64encode(data).decode()
    signed = sign_id("call_1", Opaque("google", "thought_signature", token))
    assert read_id(signed[:-cut]) == ("call_1", None)


def test_an_id_without_a_signature_is_itself() -> None:
    for call_id in ("call_1", "toolu_01", "", "a gtsi b"):
        assert read_id(call_id) == (call_id, None)
