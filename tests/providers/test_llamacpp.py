"""llama.cpp, on this machine: the usual paths at its usual port."""

from gate.core.dialect import Dialect
from gate.providers.llamacpp import PROFILE


def test_it_is_at_its_usual_port_with_the_usual_paths() -> None:
    assert {dialect: PROFILE.base_url + end.path for dialect, end in PROFILE.endpoints.items()} == {
        Dialect.OPENAI_CHAT: "http://127.0.0.1:9931/v1/chat/completions",
        Dialect.ANTHROPIC_MESSAGES: "http://127.0.0.1:9931/v1/messages",
        Dialect.OPENAI_RESPONSES: "http://127.0.0.1:9931/v1/responses",
    }


def test_which_dialects_can_count() -> None:
    paths = {dialect: end.count_tokens_path for dialect, end in PROFILE.endpoints.items()}
    assert {dialect: path for dialect, path in paths.items() if path} == {
        Dialect.ANTHROPIC_MESSAGES: "/v1/messages/count_tokens",
        Dialect.OPENAI_RESPONSES: "/v1/responses/input_tokens",
    }
