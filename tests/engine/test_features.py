"""What requests of one session have in common, and no others."""

import itertools

from gate.core.request import NO_SESSION, Session
from gate.engine.features import sticky_key

MAIN, SUB = Session("session-1"), Session("session-1", "agent-7", None)


def test_a_request_that_tells_nothing_belongs_to_no_session() -> None:
    assert sticky_key("team", NO_SESSION, None) is None
    assert sticky_key("team", Session(agent="agent-7"), None) is None


def test_headers_come_before_the_body() -> None:
    assert sticky_key(None, MAIN, "k") == sticky_key(None, MAIN, None)
    assert sticky_key(None, NO_SESSION, "k") is not None


def test_nobody_shares_a_key() -> None:
    keys = [
        sticky_key(client, session, body)
        for client, session, body in (
            (None, MAIN, None),
            (None, SUB, None),
            (None, Session("session-2"), None),
            ("a", MAIN, None),
            ("b", MAIN, None),
            (None, NO_SESSION, "session-1"),
            (None, Session(agent="agent-7"), "session-1"),
            ("a", NO_SESSION, "session-1"),
        )
    ]
    assert all(one != two for one, two in itertools.combinations(keys, 2))


def test_no_name_can_be_read_from_it() -> None:
    key = sticky_key("team", NO_SESSION, "somebody@example.org\ud800")
    assert key is not None
    assert len(key) == 24
    assert set(key) <= set("0123456789abcdef")
