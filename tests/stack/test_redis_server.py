"""Where the tests take a Redis from, and what is said when there is none. Nothing is unpacked or pulled here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stack import backends, redis_server
from tests.stack.backends import StackUnavailable
from tests.stack.redis_server import RedisServer, program


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without a Redis and a container engine."""
    for name in ("CI", "GATE_STACK_BUILD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATE_STACK", str(tmp_path / "stack"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(backends, "_engine_problem", lambda: "no Docker engine answers")
    return tmp_path


def put(file: Path, text: str = "#!/bin/sh\n") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


def test_an_installed_one_is_used_before_an_unpacked_one(machine: Path) -> None:
    unpacked = put(machine / "stack" / "redis" / "usr" / "bin" / "redis-server")
    assert program() == unpacked
    valkey = put(machine / "path" / "valkey-server")
    assert program() == valkey


def test_without_any_it_says_what_would_help_and_skips(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StackUnavailable, match=r"tests/stack/redis.sh unpacks one.*no Docker engine"):
        program()
    with pytest.raises(pytest.skip.Exception):
        RedisServer()
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(redis_server, "SCRIPT", put(machine / "redis.sh", "#!/bin/sh\necho no apt >&2\nexit 1\n"))
    with pytest.raises(pytest.fail.Exception, match="no apt"):
        RedisServer()


def test_one_is_unpacked_only_where_that_was_asked_for(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_server, "SCRIPT", put(machine / "redis.sh", "#!/bin/sh\necho /there/redis-server\n"))
    with pytest.raises(StackUnavailable):
        program()
    monkeypatch.setenv("GATE_STACK_BUILD", "1")
    assert program() == Path("/there/redis-server")


def test_a_container_is_the_last_resort(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_engine_problem", lambda: None)
    assert program() is None


def test_it_is_what_it_says() -> None:
    with RedisServer() as server:
        with server.client() as client:
            client.set("name", "value")
        assert "value" in server.everything()
        server.kill()
        server.start()
        assert server.everything() == ""
