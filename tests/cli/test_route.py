"""`gate route test` on a configuration alone: which rule fires, why the others do not, and the plan."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from gate.cli.main import run

CONFIG = r"""
routing:
  use: {think: premium, image: lane:openai/gpt-5}
  rules:
    - {name: words, when: {keywords: {any: [refactor]}}, to: coding-premium}
    - {name: night, when: {time: {days: mon-fri, hours: "22:00-06:00", zone: Europe/Berlin}}, to: eco}
    - {name: team, when: {headers: {x-team: core*}}, to: coding-auto}
    - {name: search, when: {web_search: true, dialect: openai_chat, stream: false}, to: openai/gpt-5}
    - {name: big, when: {tokens: {min: 50000}, tools: true, client: codex}, to: auto, applies_to: all}
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "gate.yaml"
    path.write_text(CONFIG)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key-0123456789abcdef")
    monkeypatch.setenv("OPENAI_API_KEY", "key-0123456789abcdef")
    return path


def gate(*arguments: str | Path) -> int:
    return run(["route", "test", *map(str, arguments)], serve=lambda options: 0)


def fired(config: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str | None:
    assert gate("--config", config, "--json", *arguments) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    named = [rule["rule"] for rule in answer["rules"] if rule["fired"]]
    assert named == ([] if answer["decision"]["rule"] is None else [answer["decision"]["rule"]])
    return answer["decision"]["rule"]


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ("--model auto --at 2026-11-21T12:00", None),
        ("--model auto --thinking --at 2026-11-21T12:00", "think"),
        ("--model auto --image --at 2026-11-21T12:00", "image"),
        ("--model auto --text refactor", "words"),
        ("--model auto --at 2026-11-19T21:30", "night"),
        ("--model auto --at 2026-11-19T21:30+00:00", "night"),
        ("--model auto --at 2026-11-19T21:30+01:00", None),
        ("--model auto --header X-Team=core-7 --at 2026-11-21T12:00", "team"),
        ("--model auto --web-search --no-stream --dialect openai_chat --at 2026-11-21T12:00", "search"),
        ("--model anthropic/x --tools --tokens 50000 --client codex", "big"),
        ("--model anthropic/x --tools --tokens 50000 --header user-agent=codex_cli_rs/0.9", "big"),
        ("--model anthropic/x --tools --tokens 49999 --client codex", None),
    ],
)
def test_what_fires(config: Path, capsys: pytest.CaptureFixture[str], arguments: str, rule: str | None) -> None:
    assert fired(config, capsys, *arguments.split()) == rule


def test_the_text_may_come_from_standard_input(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("so refactor it\n"))
    assert fired(config, capsys, "--model", "auto", "--text", "-") == "words"


def test_in_words(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate("--config", config, "--model", "auto", "--thinking", "--at", "2026-11-21T12:00") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2:10] == [
        "intent     premium: by the routing rule think",
        "rule       think -> premium: every condition holds",
        "           not words -> coding-premium: the last user text does not hold the rule's keywords "
        "(any of refactor) [rule_keywords]",
        "           not night -> eco: sat 13:00 in Europe/Berlin is not within mon, tue, wed, thu, fri 22:00-06:00 "
        "[rule_time]",
        "           not team -> coding-auto: the header x-team is not there, or not like core* [rule_header]",
        "           not search -> openai/gpt-5: web_search is no, the rule wants yes [rule_flag]",
        "           not big -> auto: tools is no, the rule wants yes [rule_flag]",
        "           not image -> lane:openai/gpt-5: images is no, the rule wants yes [rule_flag]",
    ]
    assert lines[10].startswith("lane       anthropic/")


def test_without_rules_it_says_so(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("")
    assert gate("--config", config, "--model", "auto") == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("There are no routing rules")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--header", "x-team"], "gate route: --header x-team: write it as NAME=VALUE"),
        (["--at", "tonight"], "gate route: --at tonight: write it as 2026-11-21T22:00+01:00"),
    ],
)
def test_what_cannot_be_understood(
    config: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert gate("--config", config, "--model", "auto", *arguments) == 1
    assert capsys.readouterr().err.strip() == said


def test_a_configuration_that_is_wrong_is_refused(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("routing: {use: {think: nowhere}}")
    assert gate("--config", config, "--model", "auto") == 1
    assert "routing.use.think: nowhere is neither" in capsys.readouterr().err
