"""Clients that an operator describes are recognised before the built-in ones are tried."""

import pytest

from gate.config.clients import profiles_of
from gate.config.compile import compile_config
from gate.config.document import ConfigError
from gate.config.load import load
from gate.core.request import ClientProfile


def write(tmp_path, text: str):
    path = tmp_path / "gate.yaml"
    path.write_text(text)
    return path


def test_own_rules_come_first_and_the_built_in_ones_stay(tmp_path) -> None:
    path = write(
        tmp_path,
        "clients:\n  codex:\n    - headers: {User-Agent: Claude-CLI/, x-team: ''}\n      version_after: cli/\n",
    )
    profiles = compile_config(load(path, {}), {}).profiles
    agent = (b"user-agent", b"claude-cli/2.1.3 (x)")
    ours = profiles.recognise([agent, (b"x-team", b"search")])
    assert (ours.profile, ours.version) == (ClientProfile.CODEX, "2.1.3")
    assert profiles.recognise([agent]).profile is ClientProfile.CLAUDE
    assert profiles_of({}).recognise([agent]).profile is ClientProfile.CLAUDE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clients: {claud: []}", "claude"),
        ("clients: {claude: [{headers: {}}]}", "headers"),
        ("clients: {claude: [{header: {a: b}}]}", "did you mean headers"),
        ("clients: {claude: [{headers: {'a b': c}}]}", "headers"),
    ],
)
def test_a_wrong_rule_is_named(tmp_path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(write(tmp_path, text), {})
    assert said in str(refused.value)
