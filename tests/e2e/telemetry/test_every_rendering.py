"""One request, told by Jaeger, response headers, `/metrics`, the log, the command line and the API: every field of the
view the same everywhere. And a renderer that tells something else is noticed."""

import sys
from collections.abc import Sequence

import pytest

from gate.telemetry.registry import load
from tests.e2e.telemetry.broken import RENDERERS
from tests.e2e.telemetry.evidence import GATE, Evidence, gather
from tests.e2e.telemetry.world import Start, configuration, environment, fail_three, message
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

# What this request has no value for: no reasoning is billed apart, no other dialect was involved, nothing was refused.
NEVER = {"reasoning_tokens", "losses", "token_count", "error_code"}
# Nor is there a second attempt beside one, a candidate policy, or a session whose cache is elsewhere; and where it goes
# is a rule's word and not a pattern's.
NEVER |= {"hedges", "shadow", "shadow_route", "cache_loss_usd", "mapping"}
RULE = {"name": "quiet", "when": {"keywords": {"any": ["quiet"]}}, "to": "working"}
USED = {
    "tools": [{"name": "look", "input_schema": {"type": "object"}}],
    "system": [{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral"}}],
}


def one_request(
    start_gate: Start, upstream: Upstream, stack: Stack, stream: bool = False, program: Sequence[str] = GATE
) -> Evidence:
    config = configuration(upstream, routing={"rules": [RULE]})
    gate = start_gate(config, environment(stack), command=(*program, "serve"))
    fail_three(upstream)
    return gather(gate, stack, message(stream, **USED), spans=11, command=program)


@pytest.mark.parametrize("stream", [False, True])
def test_all_tell_the_same(start_gate: Start, upstream: Upstream, stack: Stack, stream: bool) -> None:
    evidence = one_request(start_gate, upstream, stack, stream)
    assert evidence.disagreements() == []
    view = evidence.told["view"]
    # The comparison is only worth something where there is something to compare.
    absent = {name for name in load().view if view[name] in (None, [])}
    assert absent == NEVER | (set() if stream else {"first_chunk_s"})
    assert evidence.told["view"].keys() == load().view.keys()
    assert view["cost_usd"] > 0
    assert evidence.log["trace_id"] == evidence.answered.trace_id
    assert evidence.log["span_id"] == evidence.trace.root.span_id
    assert evidence.answered.headers["traceresponse"].split("-")[2] == evidence.trace.root.span_id
    # The header is older than the end of the body, and closer to the moment of the first byte.
    timing = dict(part.split(";dur=") for part in evidence.answered.headers["server-timing"].split(", "))
    assert 0 < float(timing["upstream"]) <= view["upstream_s"] * 1e3 + 0.1
    assert 0 <= float(timing["gate"]) <= view["duration_s"] * 1e3


@pytest.mark.parametrize("renderer", sorted(RENDERERS))
def test_a_broken_renderer_is_noticed(start_gate: Start, upstream: Upstream, stack: Stack, renderer: str) -> None:
    program = (sys.executable, "-m", "tests.e2e.telemetry.broken", renderer)
    evidence = one_request(start_gate, upstream, stack, program=program)
    found = evidence.disagreements()
    accused = {one.rendering for one in found}
    fields = {one.field for one in found}
    expected = {"attempt_spans": ({"spans"}, "output_tokens"), "metrics": ({"metrics"}, "relation")}
    # The API is what the others are compared with: when it is wrong, all others are another opinion.
    expected["api"] = ({"spans", "headers", "log", "metrics"}, "serving_lane")
    renderings, field = expected.get(renderer, ({renderer}, "serving_lane"))
    assert accused == renderings
    assert fields == {field}
