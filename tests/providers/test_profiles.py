"""What holds for every provider, whichever files there are."""

import re

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import NO_RATE_LIMITS, AuthStyle, Propagate, ProviderProfile, Quirks
from gate.core.route import RouteType
from gate.protocols.canonical.request import Effort
from gate.providers.discover import all_profiles

PROFILES = all_profiles()
LOCAL = [PROFILES[name] for name in ("ollama", "vllm", "llamacpp", "lmstudio")]
VENDORS = [profile for profile in PROFILES.values() if profile.key_env is not None]
DATED = re.compile(r"https://\S+ \(.*read \d{4}-\d{2}-\d{2}\)")


@pytest.mark.parametrize("profile", [*VENDORS, *LOCAL], ids=lambda profile: profile.name)
def test_every_fact_has_a_page_and_a_date(profile: ProviderProfile) -> None:
    assert profile.sources
    assert all(DATED.fullmatch(source) for source in profile.sources)
    read = {source.split(" ")[0] for source in profile.sources}
    assert {endpoint.source for endpoint in profile.endpoints.values()} <= read


@pytest.mark.parametrize("profile", VENDORS, ids=lambda profile: profile.name)
def test_variables_follow_one_pattern(profile: ProviderProfile) -> None:
    assert profile.key_env == f"{profile.name.upper()}_API_KEY"
    assert profile.base_url_env == f"GATE_{profile.name.upper()}_BASE_URL"


@pytest.mark.parametrize("profile", VENDORS, ids=lambda profile: profile.name)
def test_vendors_get_no_trace_context_unasked(profile: ProviderProfile) -> None:
    assert profile.propagate is Propagate.NONE


@pytest.mark.parametrize("profile", LOCAL, ids=lambda profile: profile.name)
def test_servers_of_ones_own_need_an_address_and_no_key(profile: ProviderProfile) -> None:
    assert profile.key_env is None
    assert profile.base_url_env == f"GATE_{profile.name.upper()}_BASE_URL"
    assert profile.base_url.startswith("http://127.0.0.1:")
    assert profile.route_type is RouteType.LOCAL
    assert profile.propagate is Propagate.TRACEPARENT
    # Should one ask for a key, there is a place for it.
    assert {end.auth for end in profile.endpoints.values()} == {AuthStyle.BEARER}


QUIRKS = [
    pytest.param(end.quirks, id=f"{profile.name}-{dialect}")
    for profile in PROFILES.values()
    for dialect, end in profile.endpoints.items()
]


@pytest.mark.parametrize("quirks", QUIRKS)
def test_quirks_say_what_can_be_said(quirks: Quirks) -> None:
    assert quirks.max_tokens in ("max_tokens", "max_completion_tokens")
    assert quirks.system_role in ("system", "developer")
    assert quirks.thinking_field in (None, "reasoning", "reasoning_content")
    assert quirks.schema in ("full", "openai_strict", "gemini")
    efforts = [Effort(effort) for effort in quirks.efforts]
    assert efforts == sorted(efforts, key=list(Effort).index)
    assert quirks.stop_most is None or quirks.stop_most > 0
    re.compile(quirks.tool_id or "")
    assert all(pattern == pattern.lower() for pattern in quirks.reasoning_models)
    assert all(isinstance(use, Use) for use in quirks.cannot)


def test_whose_tokens_are_read() -> None:
    """Three vendors' tokens have dialects of their own; every other provider keeps to its own."""
    said = {profile.name: profile.vendor for profile in PROFILES.values() if profile.vendor}
    assert {said[name] for name in ("anthropic", "openai", "gemini")} == {"anthropic", "openai", "google"}
    assert set(said.values()) == {"anthropic", "openai", "google"}
    for name in ("openrouter", "groq", "deepseek", "compatible", "ollama"):
        assert name not in said


def test_the_most_faithful_dialect_stands_first() -> None:
    first = {name: next(iter(profile.endpoints)) for name, profile in PROFILES.items()}
    assert first["openai"] is first["xai"] is Dialect.OPENAI_RESPONSES
    assert first["gemini"] is Dialect.GEMINI
    assert first["deepseek"] is first["openrouter"] is first["fireworks"] is Dialect.OPENAI_CHAT


def test_each_dialect_has_one_owner() -> None:
    owners = {dialect: [p.name for p in PROFILES.values() if dialect in p.owns] for dialect in Dialect}
    assert owners == {
        Dialect.ANTHROPIC_MESSAGES: ["anthropic"],
        Dialect.OPENAI_CHAT: ["openai"],
        Dialect.OPENAI_RESPONSES: ["openai"],
        Dialect.GEMINI: ["gemini"],
    }


def test_limit_header_names_are_lower_case() -> None:
    for profile in PROFILES.values():
        names = [name for _, *columns in profile.rate_limits.rows() for name in columns if name is not None]
        assert all(name == name.lower() for name in names)
        assert len(names) == len(set(names))


def test_who_has_no_limits_is_known_by_identity() -> None:
    """The engine reads no headers of those: what is compared is the object."""
    for profile in PROFILES.values():
        has = any(name for _, *columns in profile.rate_limits.rows() for name in columns)
        assert has is (profile.rate_limits is not NO_RATE_LIMITS)
