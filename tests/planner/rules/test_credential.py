"""Whose credential a call would carry."""

from dataclasses import replace

import pytest

from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.inputs import ProviderView
from gate.planner.rules.credential import RULE
from tests.planner.rules.seats import ask, code, seat
from tests.planner.worlds import CHAT, MESSAGES, provider

OFF = reason(ReasonCode.DISABLED)
PLACEHOLDER = reason(ReasonCode.PLACEHOLDER_KEY, provider="anth", variable="ANTH_API_KEY")
VENDOR = provider("anth", owns=[MESSAGES])


@pytest.mark.parametrize(
    ("view", "own", "expected"),
    [
        (provider("anth"), False, None),
        (provider("anth", key=False), False, ReasonCode.NO_CREDENTIAL),
        (replace(VENDOR, unusable=PLACEHOLDER), False, ReasonCode.PLACEHOLDER_KEY),
        (replace(VENDOR, unusable=OFF), False, ReasonCode.DISABLED),
        (VENDOR, True, None),
        (provider("anth", key=False, owns=[CHAT]), True, ReasonCode.NOT_OWN_VENDOR),
        (provider("anth"), True, None),
        (replace(VENDOR, unusable=OFF), True, ReasonCode.DISABLED),
    ],
)
def test_credential(view: ProviderView, own: bool, expected: ReasonCode | None) -> None:
    assert code(RULE, seat(view=view), ask(own_credential=own)) is expected


def test_the_vendors_route_takes_the_clients_own_where_no_key_is_configured() -> None:
    keyless = provider("anth", key=False, owns=[MESSAGES])
    assert code(RULE, replace(seat(view=keyless), own=True), ask(own_credential=True)) is None
    assert code(RULE, seat(view=keyless), ask(own_credential=False)) is ReasonCode.NO_CREDENTIAL


def test_a_provider_nobody_configured_is_out() -> None:
    assert code(RULE, seat(known=False), ask()) is ReasonCode.DISABLED


@pytest.mark.parametrize(
    ("vendors", "text"),
    [
        (("anthropic",), "the client's own credential belongs to anthropic, not to anth"),
        (("eu", "us"), "the client's own credential belongs to eu or us, not to anth"),
        ((), "the client's own credential belongs to no configured provider, not to anth"),
    ],
)
def test_the_reason_names_the_vendor(vendors: tuple[str, ...], text: str) -> None:
    keyless = seat(view=provider("anth", key=False), vendors=vendors)
    found: Reason | None = RULE.check(keyless, ask(own_credential=True))
    assert found is not None
    assert found.text == text
