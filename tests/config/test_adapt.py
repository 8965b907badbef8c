"""Any compatible endpoint, by configuration alone."""

import pytest

from gate.config.adapt import QuirksSection
from gate.config.compile import compile_config
from gate.config.document import ConfigError
from gate.config.load import load_text
from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import AuthStyle, Endpoint, Quirks
from gate.engine.snapshot import Target


def target(text: str, name: str = "mine", **env: str) -> Target:
    return compile_config(load_text(f"providers: {{{name}: {text}}}", "gate.yaml", env), env).targets[name]


def endpoint(text: str, dialect: Dialect) -> Endpoint:
    return target(text).profile.endpoints[dialect]


def test_a_dialect_elsewhere() -> None:
    found = endpoint(
        "{kind: compatible, base_url: 'https://acme.example/paas/v4', paths: {openai_chat: /chat/completions}}",
        Dialect.OPENAI_CHAT,
    )
    assert found.path == "/chat/completions"
    assert found.auth is AuthStyle.BEARER


def test_what_is_beside_a_path_moves_along() -> None:
    moved = endpoint("{kind: anthropic, paths: {anthropic_messages: /claude/messages}}", Dialect.ANTHROPIC_MESSAGES)
    assert moved.count_tokens_path == "/claude/messages/count_tokens"
    gemini = endpoint(
        "{kind: gemini, key: '${K:-k}', paths: {gemini: '/x/{model}:generateContent'}}",
        Dialect.GEMINI,
    )
    assert gemini.stream_path == "/x/{model}:streamGenerateContent?alt=sse"
    assert gemini.count_tokens_path == "/x/{model}:countTokens"
    odd = endpoint("{kind: gemini, key: '${K:-k}', paths: {gemini: /generate}}", Dialect.GEMINI)
    assert (odd.stream_path, odd.count_tokens_path) == (None, None)


def test_a_key_sent_otherwise() -> None:
    found = target("{kind: compatible, base_url: 'https://acme.example', auth: x-api-key}").profile.endpoints
    assert {end.auth for end in found.values()} == {AuthStyle.X_API_KEY}


def test_quirks_over_those_of_the_kind() -> None:
    text = "{kind: compatible, base_url: 'https://acme.example', quirks: {%s}}"
    plain = endpoint(text % "", Dialect.OPENAI_CHAT).quirks
    said = endpoint(
        text % "max_tokens: max_completion_tokens, cannot: [image_url], drops: [seed], json_schema: openai_strict",
        Dialect.OPENAI_CHAT,
    ).quirks
    assert said.max_tokens == "max_completion_tokens"
    assert said.cannot == {Use.IMAGE_URL}
    assert said.drops == {"seed"}
    assert said.schema == "openai_strict"
    assert said.system_role == plain.system_role


def test_every_quirk_can_be_said() -> None:
    said = {name.replace("json_schema", "schema") for name in QuirksSection.model_fields}
    assert said == set(Quirks.__dataclass_fields__)


def test_whose_tokens_it_reads() -> None:
    assert target("{kind: anthropic}").profile.vendor == "anthropic"
    assert target("{kind: groq}").profile.vendor == "groq"
    # Two servers of one kind have nothing in common.
    assert target("{kind: compatible, base_url: 'https://acme.example'}").profile.vendor == "mine"
    said = target("{kind: compatible, base_url: 'https://acme.example', vendor: anthropic}")
    assert said.profile.vendor == "anthropic"


@pytest.mark.parametrize("text", ["dialects: [gemini]", "paths: {gemini: /x}"])
def test_a_dialect_its_kind_does_not_speak(text: str) -> None:
    with pytest.raises(ConfigError, match=r"providers\.groq: groq does not speak gemini"):
        target(f"{{{text}}}", "groq")


LOCAL = ("ollama", "vllm", "llamacpp", "lmstudio")


def test_a_local_server_is_not_there_unless_it_is_configured() -> None:
    world = compile_config(load_text("", "gate.yaml", {}), {}).world
    assert not world.providers.keys() & set(LOCAL)
    with_key = {"GROQ_API_KEY": "k"}
    world = compile_config(load_text("", "gate.yaml", with_key), with_key).world
    assert not world.providers.keys() & set(LOCAL)


@pytest.mark.parametrize("name", LOCAL)
def test_a_local_server_needs_a_word_or_its_address(name: str) -> None:
    snapshot = compile_config(load_text(f"providers: {{{name}: {{}}}}", "gate.yaml", {}), {})
    assert snapshot.world.providers[name].unusable is None
    assert snapshot.targets[name].base_url.startswith("http://127.0.0.1:")
    assert snapshot.targets[name].key is None
    env = {f"GATE_{name.upper()}_BASE_URL": "http://10.0.0.7:9000/v1"}
    snapshot = compile_config(load_text("", "gate.yaml", env), env)
    assert snapshot.targets[name].base_url == "http://10.0.0.7:9000"
    assert snapshot.world.providers[name].unusable is None
    assert snapshot.simulated is None
