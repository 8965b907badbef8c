"""A configuration is checked whole, findings point at a line, values are never shown."""

from pathlib import Path

import pytest

from gate.config.document import ConfigError
from gate.config.load import default_text, load, load_text, shipped_default


def findings(text: str, env: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_text(text, "gate.yaml", env or {})
    return caught.value.findings


def test_nothing_written_is_a_whole_configuration() -> None:
    config = load(None, {})
    assert config.listen.host == "127.0.0.1"
    assert {"auto", "eco", "premium", "free", "coding-auto", "coding-fast", "coding-premium"} == set(config.intents)


def test_the_shipped_default_is_commented() -> None:
    assert default_text().lstrip().startswith("#")
    assert shipped_default()["intents"]["premium"]["premium"] is True


def test_an_unknown_key_names_line_and_nearest() -> None:
    assert findings("listen:\n  host: 127.0.0.1\n  prot: 1\n") == [
        "gate.yaml:3: unknown key listen.prot; did you mean port?"
    ]


def test_an_unknown_key_below_a_name_of_the_operators() -> None:
    assert findings("providers:\n  mine:\n    base_ur: http://127.0.0.1:1\n") == [
        "gate.yaml:3: unknown key providers.mine.base_ur; did you mean base_url?"
    ]


def test_every_finding_is_reported_at_once() -> None:
    assert len(findings("listn: {}\npolicy:\n  max_attempts: 0\ntimeouts:\n  idle_s: -1\n")) == 3


@pytest.mark.parametrize("text", ["a: [", "- a\n- b\n", "listen:\n  host: a\n  host: b\n", "\t"])
def test_what_is_not_a_configuration_says_so(text: str) -> None:
    assert all(finding.startswith("gate.yaml") for finding in findings(text))


def test_a_value_is_never_shown() -> None:
    told = findings("providers:\n  a:\n    key: sk-secret\n    propagate: sk-secret\n    pool: {max_idle: sk-secret}\n")
    assert told
    assert "sk-secret" not in " ".join(told)


def test_variables_are_replaced_and_a_missing_one_is_named() -> None:
    text = "providers:\n  a:\n    kind: compatible\n    base_url: ${ADDRESS:-http://127.0.0.1:9}\n    key: ${A_KEY}\n"
    provider = load_text(text, "x", {"A_KEY": "k"}).providers["a"]
    assert (provider.key, provider.base_url) == ("k", "http://127.0.0.1:9")
    assert findings(text) == ["gate.yaml:5: providers.a.key: the variable A_KEY is not set"]


def test_a_key_is_read_from_a_file(tmp_path: Path) -> None:
    held = tmp_path / "key"
    held.write_text("from-file\n")
    assert load_text(f"providers: {{a: {{key: 'file:{held}'}}}}", "x", {}).providers["a"].key == "from-file"
    assert "cannot read the file" in findings("providers: {a: {key: 'file:/does/not/exist'}}")[0]


def test_mappings_merge_lists_are_replaced_and_null_removes() -> None:
    text = "intents:\n  auto: {start: [elite-reasoning]}\n  free: null\n"
    config = load_text(text, "x", {})
    assert config.intents["auto"].start == ("elite-reasoning",)
    assert config.intents["auto"].upgrade_to == ("elite-reasoning",)
    assert "free" not in config.intents
    assert "eco" in config.intents


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "missing.yaml", {})
