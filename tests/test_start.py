"""What `gate serve` refuses, and what it says."""

import pytest

from gate.admission.keys import new_key
from gate.cli.command_serve import ServeOptions
from gate.cli.main import Failed
from gate.config.compile import compile_config
from gate.config.load import load_text
from gate.config.schema import Config
from gate.engine.snapshot import Snapshot
from gate.server.application import BoundAddress
from gate.start import banner, check_exposure, listeners, with_options

NOTHING = ServeOptions(config=None, host=None, port=None, admin=None, workers=None, allow_anonymous=False)


def configured(options: ServeOptions = NOTHING, text: str = "", **env: str) -> tuple[Config, Snapshot]:
    config = with_options(load_text(text, "x", env), options, env)
    return config, compile_config(config, env)


def options(**said: object) -> ServeOptions:
    return ServeOptions(**{**{name: getattr(NOTHING, name) for name in ServeOptions.__slots__}, **said})  # type: ignore[arg-type]


def test_the_command_line_wins_over_the_environment_and_that_over_the_file() -> None:
    text = "listen: {host: 127.0.0.2, port: 1}"
    assert configured(text=text)[0].listen.port == 1
    assert configured(text=text, GATE_PORT="2")[0].listen.port == 2
    assert configured(options(port=3), text, GATE_PORT="2", GATE_HOST="127.0.0.3")[0].listen.port == 3
    with pytest.raises(Failed, match="GATE_PORT"):
        configured(GATE_PORT="many")


def test_strangers_are_not_served_by_accident(capsys: pytest.CaptureFixture[str]) -> None:
    config, snapshot = configured(options(host="0.0.0.0"))
    with pytest.raises(Failed, match="no client keys"):
        check_exposure(config.listen, snapshot)
    config, snapshot = configured(options(host="0.0.0.0", allow_anonymous=True))
    check_exposure(config.listen, snapshot)
    assert "WARNING" in capsys.readouterr().err
    key, _ = new_key(bytes(32))
    config, snapshot = configured(options(host="0.0.0.0"), GATE_CLIENT_KEY=key)
    check_exposure(config.listen, snapshot)
    assert capsys.readouterr().err == ""


def test_the_operators_listener() -> None:
    config, _ = configured(options(admin="127.0.0.1:9090"))
    assert [(one.host, one.port, one.role) for one in listeners(config.listen)] == [
        ("127.0.0.1", 4000, "public"),
        ("127.0.0.1", 9090, "admin"),
    ]
    with pytest.raises(Failed, match="--admin"):
        listeners(configured(options(admin="nonsense"))[0].listen)


def test_the_banner_says_where_to_look() -> None:
    _, snapshot = configured()
    lines = "\n".join(banner((BoundAddress("127.0.0.1", 4711, "public"),), snapshot, {}))
    for expected in ("http://127.0.0.1:4711", "/metrics", "simulated", "curl ", "ANTHROPIC_AUTH_TOKEN=gate-", "OTEL_"):
        assert expected in lines
    _, snapshot = configured(ANTHROPIC_API_KEY="sk-secret-key")
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://user:secret@collector:4318"}
    lines = "\n".join(banner((BoundAddress("0.0.0.0", 4711, "public"),), snapshot, env))
    assert "anthropic" in lines
    assert "secret" not in lines
