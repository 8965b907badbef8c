from gate.core.secret import Secret
from gate.engine.snapshot import StateSettings
from gate.store.redis_state_wire import MESSAGE_BYTES, decode_binding, decode_marks, decode_news, names_of


def settings(**more: object) -> StateSettings:
    return StateSettings(Secret("redis://x"), "x", **more)  # type: ignore[arg-type]


def test_names_are_those_of_the_prefix_and_hide_what_they_name() -> None:
    names = names_of(settings(prefix="blue", database=3))
    assert (names.health, names.channel) == ("blue:health", "blue:3:news")
    session = names.session("user-1:auto")
    assert session.startswith("blue:s:") and "user" not in session
    assert names.turn(b"\x00\xff") == "blue:t:00ff"
    names.session("\ud800 a lone surrogate")


def test_the_same_password_is_the_same_secret_whatever_the_address() -> None:
    one = names_of(settings(password=Secret("p")))
    other = names_of(StateSettings(Secret("rediss://elsewhere"), "elsewhere", password=Secret("p")))
    assert one == other
    for different in (settings(), settings(password=Secret("q")), settings(password=Secret("p"), prefix="blue")):
        assert names_of(different).session("s") != one.session("s")
        assert names_of(different).secret != one.secret


def test_what_is_none_is_none() -> None:
    for data in (b"", b"\xff", b"[]", b'{"route": 1}', b'{"route": "a", "lane": "b"}', b"1" * (MESSAGE_BYTES + 1)):
        assert decode_binding(data, 0.0) is None
        assert decode_news(data) is None
        assert decode_marks(data) is None
    assert decode_marks(b'{"breaker": {"at": "5"}}') is None
    assert decode_marks(b'{"breaker": {"at": 1e999}}') is None


def test_what_a_later_version_adds_is_no_reason_to_refuse() -> None:
    found = decode_marks(b'{"colour": {"at": 5, "shade": "dark"}}')
    assert found is not None and found["colour"].at == 5.0
