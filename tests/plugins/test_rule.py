"""A routing rule in a package of its own: made from the template, installed with pip, found by its entry point."""

import json
from pathlib import Path

import httpx
import pytest

from tests.harness.gate import ROOT, GateProcess
from tests.harness.upstream import Upstream
from tests.plugins.environment import Environment, made_from

pytestmark = pytest.mark.slow

KEY = {"ANTHROPIC_API_KEY": "key-0123456789abcdef"}
RULE = {"routing": {"rules": [{"name": "mine", "custom": "strata", "when": {"client": "automation"}}]}}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Gate, and the rule `strata`."""
    folder = tmp_path_factory.mktemp("rule")
    made = Environment(folder / "venv")
    made.install(ROOT, made_from(ROOT / "examples" / "rule-plugin", folder / "gate-strata", tiers="strata"))
    return made


def config(folder: Path, text: str | None = None) -> str:
    path = folder / "gate.yaml"
    path.write_text(json.dumps(RULE) if text is None else text)
    return str(path)


def test_a_configuration_can_use_it_and_being_installed_alone_changes_nothing(
    environment: Environment, tmp_path: Path
) -> None:
    ask = (environment.gate, "route", "test", "--model", "auto", "--tokens", "100", "--config")
    used = environment.run(*ask, config(tmp_path), **KEY)
    assert "rule       mine -> eco: every condition holds" in used.stdout.splitlines(), used.stderr
    silent = environment.run(*ask, config(tmp_path), "--tools", **KEY)
    assert "the Python rule strata gave no target [rule_custom_silent]" in silent.stdout, silent.stderr
    unused = environment.run(*ask, config(tmp_path, ""), **KEY)
    assert "There are no routing rules" in unused.stdout, unused.stderr


def test_one_that_is_not_installed_is_refused_with_those_that_are(environment: Environment, tmp_path: Path) -> None:
    other = config(tmp_path, json.dumps({"routing": {"rules": [{"name": "mine", "custom": "tiers"}]}}))
    refused = environment.run(environment.gate, "check-config", other)
    assert refused.returncode == 1
    said = "routing.rules.mine.custom: no installed package brings a rule tiers; there: strata"
    assert refused.stderr.strip() == said


def test_one_that_raises_costs_no_request_is_logged_once_and_named(
    environment: Environment, upstream: Upstream, tmp_path: Path
) -> None:
    """The package is broken under a Gate that serves: the names it reads are not there any more."""
    (source,) = (path for path in environment.python.parents[1].rglob("gate_strata/__init__.py"))
    whole = source.read_text()
    source.write_text(whole.replace("features.tools", "features.tolls"))
    try:
        env = {"PYTHONPATH": "", "GATE_ANTHROPIC_BASE_URL": upstream.url, **KEY}
        with GateProcess(RULE, env, command=(str(environment.python), "-m", "gate", "serve")) as gate:
            for _ in range(3):
                body = {"model": "auto", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
                answer = httpx.post(f"{gate.url}/v1/messages", json=body, timeout=30, trust_env=False)
                assert answer.status_code == 200, answer.text
            decision = answer.headers["x-gate-decision-id"]
            told = httpx.get(f"{gate.admin_url}/gate/v1/decisions/{decision}", timeout=30, trust_env=False).json()
            (verdict,) = told["rules"]
            assert (verdict["rule"], verdict["code"]) == ("mine", "rule_custom_failed")
            assert told["decision"]["resolution"]["intent"] == "auto"
            assert gate.output.count("unexpected error in rule mine") == 1
            assert "AttributeError" in gate.output
    finally:
        source.write_text(whole)


def test_what_is_no_rule_stops_gate_at_its_start(environment: Environment, tmp_path: Path) -> None:
    (source,) = (path for path in environment.python.parents[1].rglob("gate_strata/__init__.py"))
    whole = source.read_text()
    source.write_text(whole.replace("RULE = Strata()", "RULE = Strata"))
    try:
        refused = environment.run(environment.gate, "check-config", config(tmp_path, ""))
        assert refused.returncode == 1
        said = "gate-strata 1.0.0 (entry point strata): is a class: name an object of it"
        assert refused.stderr.strip() == said
    finally:
        source.write_text(whole)
