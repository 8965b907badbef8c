"""A provider in a package of its own: made from the template, installed with pip, found by its entry point."""

from pathlib import Path

import httpx
import pytest

from tests.harness.gate import ROOT, GateProcess
from tests.harness.upstream import Upstream
from tests.plugins.environment import Environment, made_from

pytestmark = pytest.mark.slow

KEY = {"ZENITH_API_KEY": "key-0123456789"}
CONFIG = {
    "lanes": {"zenith/one": {"cluster": "budget-general"}},
    "routes": [{"provider": "zenith", "model": "one", "lane": "zenith/one"}],
}


def test_all_of_it_is_the_installed_one(installed: Environment) -> None:
    code = "import gate, gate_zenith, gate_laconic as c; print(gate.__file__, gate_zenith.__file__, c.__file__)"
    where = installed.run(installed.python, "-c", code)
    assert where.stdout, where.stderr
    assert all(Path(path).is_relative_to(installed.python.parents[1]) for path in where.stdout.split()), where


def test_check_config_knows_it_by_its_key(installed: Environment) -> None:
    without = installed.run(installed.gate, "check-config")
    assert "providers with a key: none" in without.stdout, without.stderr
    checked = installed.run(installed.gate, "check-config", **KEY)
    assert "providers with a key: zenith" in checked.stdout, checked.stderr


def test_it_serves_and_its_routes_are_listed(installed: Environment, upstream: Upstream) -> None:
    env = {"PYTHONPATH": "", "GATE_ZENITH_BASE_URL": upstream.url, **KEY}
    with GateProcess(CONFIG, env, command=(str(installed.python), "-m", "gate", "serve")) as gate:
        listed = installed.run(installed.gate, "routes", "--url", gate.admin_url)
        assert listed.returncode == 0, listed.stderr
        (route,) = [line for line in listed.stdout.splitlines() if line.startswith("zenith/one ")]
        assert "ready" in route
        body = {"model": "zenith/one", "messages": [{"role": "user", "content": "hello"}]}
        answer = httpx.post(f"{gate.url}/v1/chat/completions", json=body, timeout=30, trust_env=False)
        assert answer.status_code == 200, answer.text
        (request,) = upstream.requests
        assert request.path == "/v1/chat/completions"


def test_without_the_package_there_is_none_and_its_name_must_be_free(tmp_path: Path) -> None:
    environment = Environment(tmp_path / "venv")
    environment.install(ROOT)
    config = tmp_path / "gate.yaml"
    config.write_text("providers: {zenith: {}}")
    refused = environment.run(environment.gate, "check-config", str(config))
    assert refused.returncode == 1
    assert "zenith is no known kind" in refused.stderr

    environment.install(made_from(ROOT / "examples" / "provider-plugin", tmp_path / "gate-groq", acme="groq"))
    refused = environment.run(environment.gate, "check-config")
    assert refused.returncode == 1
    said = "gate-groq 1.0.0 (entry point groq): the provider groq is there already, from Gate itself"
    assert refused.stderr.strip() == said
