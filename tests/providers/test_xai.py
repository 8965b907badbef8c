"""xAI: responses before chat, no messages."""

from gate.core.dialect import Dialect
from gate.providers.xai import PROFILE


def test_responses_come_before_chat_and_messages_are_gone() -> None:
    assert {dialect: PROFILE.base_url + end.path for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_RESPONSES: "https://api.x.ai/v1/responses",
        Dialect.OPENAI_CHAT: "https://api.x.ai/v1/chat/completions",
    }
    assert next(iter(PROFILE.endpoints)) is Dialect.OPENAI_RESPONSES
    assert PROFILE.gen_ai_name == "x_ai"
    assert not PROFILE.owns


def test_chat_is_spared_what_its_models_refuse() -> None:
    assert PROFILE.endpoints[Dialect.OPENAI_CHAT].quirks.drops == {"presence_penalty", "frequency_penalty", "stop"}
