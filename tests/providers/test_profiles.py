"""What holds for every provider, whichever files there are."""

import re

import pytest

from gate.core.dialect import Dialect
from gate.core.profile import Propagate, ProviderProfile
from gate.providers.discover import all_profiles

PROFILES = all_profiles()
VENDORS = [profile for profile in PROFILES.values() if profile.key_env is not None]
DATED = re.compile(r"https://\S+ \(.*read \d{4}-\d{2}-\d{2}\)")


@pytest.mark.parametrize("profile", VENDORS, ids=lambda profile: profile.name)
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
        limits = profile.rate_limits
        names = (limits.requests_limit, limits.requests_remaining, limits.requests_reset)
        more = (limits.tokens_limit, limits.tokens_remaining, limits.tokens_reset)
        assert all(name == name.lower() for name in (*names, *more) if name is not None)
