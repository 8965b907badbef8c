"""The provider without a network: it can be asked in every dialect that Gate serves."""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle
from gate.core.route import RouteType
from gate.providers.simulated import PROFILE


def test_it_answers_all_served_dialects_without_a_key() -> None:
    assert set(PROFILE.endpoints) == set(Dialect)
    assert {end.auth for end in PROFILE.endpoints.values()} == {AuthStyle.NONE}
    assert PROFILE.endpoints[Dialect.ANTHROPIC_MESSAGES].count_tokens_path == "/v1/messages/count_tokens"


def test_it_cannot_be_reached_nor_configured() -> None:
    assert (PROFILE.base_url, PROFILE.key_env, PROFILE.base_url_env) == ("", None, None)
    assert PROFILE.route_type is RouteType.LOCAL
    assert not PROFILE.owns
