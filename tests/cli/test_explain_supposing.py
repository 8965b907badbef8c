"""`gate explain --suppose`: where a request would go if a route were in another state, asked of a running Gate."""

import json
from collections.abc import Callable

from tests.cli.running import cli
from tests.e2e.telemetry.world import configuration, environment
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream

Start = Callable[..., GateProcess]


def test_what_would_change_is_said_and_nothing_is_sent(upstream: Upstream, start_gate: Start) -> None:
    gate = start_gate(configuration(upstream), environment(), admin=True)
    real = json.loads(cli("explain", "auto", "--json", "--url", gate.admin_url).stdout)
    home = real["decision"]["attempts"][0]["route"]
    assert real["changes"] == []

    done = cli("explain", "auto", "--suppose", f"{home}=breaker_open", "--url", gate.admin_url)
    assert done.returncode == 0, done.stderr
    assert f"differs    {home}: in -> breaker_open" in done.stdout
    assert "differs    attempts: " in done.stdout
    told = json.loads(
        cli("explain", "auto", "--json", "--suppose", f"{home}=quota_exhausted", "--url", gate.admin_url).stdout
    )
    assert told["decision"]["attempts"][0]["route"] != home
    assert {"what": home, "before": "in", "after": "quota_exhausted"} in told["changes"]
    assert upstream.requests == []
    again = json.loads(cli("explain", "auto", "--json", "--url", gate.admin_url).stdout)
    assert again["decision"]["attempts"] == real["decision"]["attempts"], "nothing real has changed"


def test_a_supposition_that_changes_nothing_says_so(upstream: Upstream, start_gate: Start) -> None:
    gate = start_gate(configuration(upstream), environment(), admin=True)
    done = cli("explain", "auto", "--suppose", "no/body=healthy", "--url", gate.admin_url)
    assert done.stdout.rstrip().endswith("differs    in nothing from the decision as things are")


def test_a_state_that_does_not_exist_is_refused_with_those_that_do(upstream: Upstream, start_gate: Start) -> None:
    done = cli("explain", "auto", "--suppose", "first/a=on-fire")
    assert done.returncode != 0
    assert "ROUTE=STATE" in done.stderr
    assert "breaker_open" in done.stderr
