"""A provider's file that says too little is refused in words."""

from dataclasses import replace

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint, ProviderProfile
from gate.providers.spec import findings

CHAT = Endpoint(path="/v1/chat/completions", source="https://acme.example/docs")
ACME = ProviderProfile(
    name="acme",
    title="Acme",
    base_url="https://api.acme.example",
    endpoints={Dialect.OPENAI_CHAT: CHAT},
    gen_ai_name="acme",
    key_env="ACME_API_KEY",
    base_url_env="GATE_ACME_BASE_URL",
    key_hint="https://acme.example/keys",
    sources=("https://acme.example/docs (read 2026-11-21)",),
)


def said(**changes: object) -> str:
    return "; ".join(findings(replace(ACME, **changes)))  # pyright: ignore[reportArgumentType]


def test_a_complete_profile_has_no_findings() -> None:
    assert findings(ACME) == ()


def test_each_missing_thing_is_named() -> None:
    assert said(name="Acme/1").startswith("name: ")
    assert said(title="") == "title: is missing"
    assert said(gen_ai_name="") == "gen_ai_name: is missing"
    assert said(endpoints={}) == "endpoints: none"
    assert said(key_hint="") == "key_hint: is missing"
    assert said(sources=()) == "sources: is missing"
    assert said(base_url_env=None) == "base_url_env: is missing"
    assert "https address" in said(base_url="http://api.acme.example")


def test_addresses_and_paths_fit_together() -> None:
    assert "without a final slash" in said(base_url="https://api.acme.example/")
    assert "without /v1" in said(base_url="https://api.acme.example/v1")
    assert "does not start with a slash" in said(endpoints={Dialect.OPENAI_CHAT: replace(CHAT, path="v1/chat")})
    assert "lower case" in said(endpoints={Dialect.OPENAI_CHAT: replace(CHAT, headers=(("X-Acme", "1"),))})


def test_every_endpoint_has_its_page_and_a_way_to_send_the_key() -> None:
    assert "needs the page" in said(endpoints={Dialect.OPENAI_CHAT: replace(CHAT, source="")})
    assert "how the key is sent" in said(endpoints={Dialect.OPENAI_CHAT: replace(CHAT, auth=AuthStyle.NONE)})


def test_what_only_a_configuration_can_name_needs_no_address() -> None:
    bare = Endpoint(path="/v1/chat/completions")
    own = ProviderProfile("own", "Own", "", {Dialect.OPENAI_CHAT: bare}, "own")
    assert findings(own) == ()
