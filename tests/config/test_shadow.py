"""A candidate configuration is found beside the one in force, and its mistakes are said."""

from pathlib import Path

import pytest

from gate.config.compile import compile_config
from gate.config.document import ConfigError
from gate.config.load import load
from gate.config.shadow import shadow_file, with_shadow
from gate.engine.snapshot import Snapshot

ENV = {"ANTHROPIC_API_KEY": "sk-ant-something"}


def read(path: Path) -> Snapshot:
    config = load(path, ENV)
    return with_shadow(compile_config(config, ENV), config, path, ENV)


def test_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gate.yaml"
    path.write_text("policy: {max_attempts: 3}\n")
    snapshot = read(path)
    assert (snapshot.shadow, snapshot.shadow_file) == (None, None)
    assert shadow_file(load(None, ENV), None) is None


def test_it_stands_beside_the_configuration(tmp_path: Path) -> None:
    path, candidate = tmp_path / "gate.yaml", tmp_path / "next.yaml"
    path.write_text("shadow: next.yaml\n")
    candidate.write_text("policy: {translation: 0}\n")
    snapshot = read(path)
    assert snapshot.shadow is not None
    assert snapshot.shadow_file == candidate
    assert snapshot.shadow.world.policy.translation == 0
    assert snapshot.world.policy.translation > 0
    assert snapshot.shadow.version != snapshot.version


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, "cannot be read"),
        ("policy: {max_attempts: many}\n", "policy.max_attempts"),
        ("shadow: other.yaml\n", "no shadow of its own"),
    ],
)
def test_a_mistake_in_it_is_a_mistake_of_the_configuration(tmp_path: Path, text: str | None, found: str) -> None:
    path = tmp_path / "gate.yaml"
    path.write_text("shadow: next.yaml\n")
    if text is not None:
        (tmp_path / "next.yaml").write_text(text)
    with pytest.raises(ConfigError) as error:
        read(path)
    assert found in str(error.value.findings)
    assert "next.yaml" in str(error.value.findings)
