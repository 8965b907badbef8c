"""Where decisions are kept, by the configuration and the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from gate.config.document import ConfigError
from gate.config.load import load_text
from gate.config.store import StoreSection, default_path, store_settings


@pytest.mark.parametrize(
    ("env", "path"),
    [
        ({"HOME": "/home/me"}, Path("/home/me/.local/state/gate/decisions.sqlite")),
        ({"HOME": "/home/me", "XDG_STATE_HOME": "/var/state"}, Path("/var/state/gate/decisions.sqlite")),
        ({"HOME": "/home/me", "XDG_STATE_HOME": "relative"}, Path("/home/me/.local/state/gate/decisions.sqlite")),
        ({"HOME": "/home/me", "XDG_STATE_HOME": ""}, Path("/home/me/.local/state/gate/decisions.sqlite")),
        ({"XDG_STATE_HOME": "relative"}, None),
        ({}, None),
    ],
)
def test_the_default_place(env: dict[str, str], path: Path | None) -> None:
    assert default_path(env) == path
    settings = store_settings(StoreSection(), env)
    assert (settings.path, settings.by_default) == (path, True)


def test_a_named_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    section = StoreSection(path="~/decisions.sqlite", keep_days=1, keep_decisions=5, max_bytes=1 << 20)
    settings = store_settings(section, {"HOME": "/home/me"})
    assert (settings.path, settings.by_default) == (Path("/home/me/decisions.sqlite"), False)
    assert (settings.keep_days, settings.keep_decisions, settings.max_bytes) == (1, 5, 1 << 20)
    by_variable = store_settings(section, {"GATE_STORE_PATH": "/data/decisions.sqlite"})
    assert (by_variable.path, by_variable.by_default) == (Path("/data/decisions.sqlite"), False)


def test_memory_only() -> None:
    for env in ({}, {"GATE_STORE_PATH": "/data/decisions.sqlite"}):
        settings = store_settings(StoreSection(kind="memory"), env)
        assert (settings.path, settings.by_default) == (None, False)


@pytest.mark.parametrize("text", ["kind: postgres", "keep_days: 0", "keep_decisions: 0", "max_bytes: 5", "path: ''"])
def test_what_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"gate.yaml:2: store\."):
        load_text(f"store:\n  {text}\n", "gate.yaml", {})
