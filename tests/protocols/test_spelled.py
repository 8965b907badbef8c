"""gate.protocols.spelled: every dialect's own word, and the canonical one where there is no other."""

from __future__ import annotations

import pytest

from gate.core.dialect import Dialect
from gate.protocols.spelled import spelled


@pytest.mark.parametrize(
    ("dialect", "word"),
    [
        (Dialect.ANTHROPIC_MESSAGES, "stop_sequences"),
        (Dialect.OPENAI_CHAT, "stop"),
        (Dialect.OPENAI_RESPONSES, "stop"),
        (Dialect.GEMINI, "generationConfig.stopSequences"),
    ],
)
def test_the_clients_own_word(dialect: Dialect, word: str) -> None:
    assert spelled(dialect, "stop") == word
    assert spelled(dialect, "brand_new") == "brand_new"
