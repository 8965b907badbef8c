"""`gate routes --signals`: what routes did in the last minutes, of a real Gate."""

import json
from collections.abc import Callable

from tests.cli.running import cli
from tests.e2e.telemetry.world import ask, configuration, environment, fail_three, message
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream

Start = Callable[..., GateProcess]


def test_outcomes_waits_and_times(upstream: Upstream, start_gate: Start) -> None:
    gate = start_gate(configuration(upstream), environment(), admin=True)
    fail_three(upstream)
    for _ in range(3):
        assert ask(gate, message(stream=True)).status == 200
    told = {route["id"]: route for route in json.loads(cli("routes", "--json", "--url", gate.admin_url).stdout)}
    first, fourth = told["first/model-one"]["signals"], told["fourth/model-cheap"]["signals"]
    assert first["outcomes"] == {"rate_limited": 1}, "it said 7 s: the other requests left it alone"
    assert 0 < first["cooling_for_s"] <= 7
    assert fourth["outcomes"] == {"served": 3}
    assert fourth["took_s"]["p95"] >= fourth["first_s"]["p50"] > 0
    done = cli("routes", "--signals", "--url", gate.admin_url)
    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "rate_limited 1" in lines["first/model-one"]
    assert lines["fourth/model-cheap"].split()[1:4] == ["ready", "0", "3"]
