"""gate.protocols.gemini.thoughts and models: tokens in the place of signatures, and what generations differ in."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.engine.passage import holds_envelope
from gate.protocols.canonical.parts import Opaque
from gate.protocols.gemini.models import Traits, traits
from gate.protocols.gemini.thoughts import FOREIGN_CALL, is_envelope, read_token, write_token
from gate.protocols.opaque import MARK64

words = st.text(st.characters(codec="utf-8"), max_size=40)


def test_googles_own_are_untouched() -> None:
    own = Opaque("google", "thought_signature", "CiQB+/w==")
    assert write_token(own) == own.data
    assert read_token(own.data) == own
    assert not is_envelope(own.data)


@given(st.sampled_from(["anthropic", "openai", "deepseek"]), words, words, st.none() | st.text("ab_", min_size=1))
def test_others_travel_as_base64_and_come_back(origin: str, kind: str, data: str, item: str | None) -> None:
    token = write_token(Opaque(origin, kind, data, item))
    base64.b64decode(token, validate=True)
    assert token == base64.urlsafe_b64encode(base64.b64decode(token)).decode(), "the same in both alphabets"
    assert is_envelope(token)
    assert read_token(token) == Opaque(origin, kind, data, item)


def test_an_envelope_is_seen_in_a_body() -> None:
    """Such a body does not take the raw lane."""
    token = write_token(Opaque("anthropic", "signature", "x"))
    assert holds_envelope(f'{{"contents":[{{"parts":[{{"thoughtSignature":"{token}"}}]}}]}}'.encode())
    assert not holds_envelope(b'{"contents":[{"parts":[{"thoughtSignature":"CiQB"}]}]}')


@pytest.mark.parametrize(
    "token",
    [None, "", 3, FOREIGN_CALL, FOREIGN_CALL.replace("_", "/"), base64.b64encode(FOREIGN_CALL.encode()).decode()],
)
def test_what_is_no_token(token: object) -> None:
    assert read_token(token) is None


@given(st.text("ABCgate1.=-_/+", max_size=30))
def test_a_damaged_envelope_never_passes_for_googles(rest: str) -> None:
    found = read_token(MARK64 + rest)
    assert found is not None
    assert found.origin != "google" or rest == ""


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gemini-3.8-flash", Traits(levels=True)),
        ("models/gemini-4-argon", Traits(levels=True)),
        ("GEMINI-PRO-LATEST", Traits(levels=True)),
        ("gemini-3-pro-preview", Traits(levels=True, medium=False)),
        (
            "publishers/google/models/gemini-2.5-pro",
            Traits(budget=(128, 32768), may_stop=False, mixes_tools=False, media_results=False),
        ),
        ("gemini-2.5-flash-lite-preview", Traits(budget=(512, 24576), mixes_tools=False, media_results=False)),
        ("gemini-2.0-flash", Traits(mixes_tools=False, media_results=False)),
        ("gemma-4-26b-a4b-it", Traits(media_results=False)),
        ("", Traits(media_results=False)),
    ],
)
def test_generations(model: str, expected: Traits) -> None:
    assert traits(model) == expected
