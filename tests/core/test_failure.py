"""The failure table is total, and its rows say what the rest of Gate relies on."""

import pytest

from gate.core.failure import RULES, Failure, FailureKind

REQUEST_FAULTS = {FailureKind.INVALID_REQUEST, FailureKind.CONTEXT_OVERFLOW, FailureKind.REQUEST_TOO_LARGE}


@pytest.mark.parametrize("kind", FailureKind)
def test_every_kind_has_a_rule(kind: FailureKind) -> None:
    assert Failure(kind).rule is RULES[kind]


@pytest.mark.parametrize("kind", FailureKind)
def test_what_may_be_tried_again_here_may_be_tried_elsewhere(kind: FailureKind) -> None:
    rule = RULES[kind]
    assert rule.elsewhere or not rule.again


@pytest.mark.parametrize("kind", sorted(REQUEST_FAULTS))
def test_a_bad_request_is_not_tried_elsewhere_and_blames_nobody_else(kind: FailureKind) -> None:
    assert not RULES[kind].elsewhere
    assert RULES[kind].blame == "request"


@pytest.mark.parametrize("kind", [FailureKind.CLIENT_GONE, FailureKind.CLIENT_STALLED])
def test_a_client_that_left_is_not_the_routes_fault(kind: FailureKind) -> None:
    assert RULES[kind].blame == "client"
