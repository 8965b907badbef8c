from pathlib import Path

import pytest

from gate.config import state
from gate.config.compile import compile_config
from gate.config.document import ConfigError
from gate.config.load import load_text
from gate.engine.snapshot import Snapshot, StateSettings

PASSWORD = "a-password-nobody-may-see"


def compiled(text: str, **env: str) -> Snapshot:
    return compile_config(load_text(text, "gate.yaml", env), env)


def settings(text: str, **env: str) -> StateSettings:
    found = compiled(text, **env).state
    assert found is not None
    return found


def findings(text: str, **env: str) -> str:
    with pytest.raises(ConfigError) as caught:
        compiled(text, **env)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


def test_nothing_is_shared_unless_told() -> None:
    assert compiled("").state is None
    assert compiled("state: {url: 'redis://127.0.0.1:6379'}").state is None


def test_an_address_behind_a_variable_with_user_and_password() -> None:
    found = settings("state: {kind: redis, url: '${REDIS_URL}'}", REDIS_URL=f"rediss://me:{PASSWORD}@cache:6380/3")
    assert (found.place, found.database, found.user, found.prefix) == ("cache:6380", 3, "me", "gate")
    assert found.password is not None and found.password.reveal() == PASSWORD
    assert PASSWORD not in repr(found)


def test_a_password_of_its_own(tmp_path: Path) -> None:
    text = "state: {kind: redis, url: 'redis://cache', user: me, key: '${PW}', prefix: blue}"
    found = settings(text, PW=PASSWORD)
    assert (found.place, found.database, found.user, found.prefix) == ("cache:6379", 0, "me", "blue")
    assert found.password is not None and found.password.reveal() == PASSWORD
    (tmp_path / "url").write_text(f"redis://:{PASSWORD}@cache/1\n")
    found = settings(f"state: {{kind: redis, url: 'file:{tmp_path}/url'}}")
    assert found.database == 1 and found.password is not None and found.password.reveal() == PASSWORD


def test_a_socket() -> None:
    assert settings("state: {kind: redis, url: 'unix:///run/redis.sock'}").place == "/run/redis.sock"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{kind: redis}", "needs a url"),
        ("{kind: redis, url: 'http://cache:6379'}", "no address of a Redis"),
        ("{kind: redis, url: 'redis://'}", "no address of a Redis"),
        ("{kind: redis, url: 'redis://cache:99999'}", "no address of a Redis"),
        ("{kind: redis, url: 'redis://cache/zero'}", "no address of a Redis"),
        ("{kind: redis, url: 'redis://cache?ssl_cert_reqs=none'}", "no address of a Redis"),
        ("{kind: redis, url: 'redis://cache', ca_file: ca.pem}", "rediss:// only"),
        (f"{{kind: redis, url: 'redis://me:{PASSWORD}@cache'}}", "a key does not stand in the file itself"),
        (f"{{kind: redis, url: 'redis://cache', key: {PASSWORD}}}", "a key does not stand in the file itself"),
        ("{kind: redis, url: 'redis://:${PW}@cache', key: '${PW}'}", "the url holds a password already"),
        ("{kind: redis, url: 'redis://cache', prefix: 'a b'}", "state.prefix"),
        ("{kind: memcached, url: 'redis://cache'}", "state.kind"),
        ("{kind: redis, url: '${NOT_THERE}'}", "the variable NOT_THERE is not set"),
        ("{kind: redis, url: 'file:/not/there'}", "cannot read the file"),
    ],
)
def test_what_is_refused(text: str, says: str) -> None:
    assert says in findings(f"state: {text}", PW=PASSWORD)


def test_a_password_behind_a_variable_may_stand_in_the_address() -> None:
    found = settings("state: {kind: redis, url: 'redis://me:${PW}@cache'}", PW=PASSWORD)
    assert found.password is not None and found.password.reveal() == PASSWORD


def test_the_environment_is_enough_and_wins() -> None:
    found = settings("", GATE_STATE_URL="redis://cache/1", GATE_STATE_KEY=PASSWORD)
    assert (found.place, found.database) == ("cache:6379", 1)
    assert found.password is not None and found.password.reveal() == PASSWORD
    text = "state: {kind: redis, url: 'redis://other', prefix: blue}"
    found = settings(text, GATE_STATE_URL="redis://cache")
    assert (found.place, found.prefix) == ("cache:6379", "blue")
    assert compiled("", GATE_STATE_URL="", GATE_STATE_KEY="").state is None


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "find_spec", lambda name: None)
    assert "pip install 'otelgate[redis]'" in findings("state: {kind: redis, url: 'redis://cache'}")


def test_the_versions_of_two_replicas_do_not_depend_on_their_passwords() -> None:
    text = "state: {kind: redis, url: '${REDIS_URL}'}"
    one, two = compiled(text, REDIS_URL=f"redis://:{PASSWORD}@cache"), compiled(text, REDIS_URL="redis://other")
    assert one.version == two.version != compiled("").version
