"""A provider that goes and comes back: it is looked at by one request at a time, and believed later each time."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

from tests.e2e.scenarios.world import FIRST, OPEN_S, PROOFS, SECOND, Scene, Start, switches
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

PAUSE_S = 0.2


def test_while_it_is_gone_one_request_in_a_while_looks_again(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    scene = Scene(start_gate, upstream, stack)
    answered = [scene.ask()]
    scene.fail(FIRST, status=503)
    begun = time.monotonic()
    while time.monotonic() - begun < 2.5 * OPEN_S:
        answered.append(scene.ask())
        time.sleep(PAUSE_S)
    assert all(one.status == 200 for one in answered), "no client noticed"
    assert scene.calls(FIRST) == 1 + 3 + 2, (
        "three failures open it, then one looks again each time it has been left alone"
    )
    told = scene.tell(answered[-1])
    assert told.walked == [(SECOND, "same_lane_fallback", None)]
    assert re.match(r"breaker_open: the breaker is open for another \d+\.\d s after 5 failures", told.why(FIRST))
    assert switches([one.headers["x-gate-route"] for one in answered]) == 1


def test_one_that_goes_and_comes_back_is_left_alone_for_longer_and_believed_later(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    scene = Scene(start_gate, upstream, stack)
    answered = [scene.ask()]
    for times in (1, 2):
        down = scene.fail(FIRST, status=503)
        answered += [scene.ask() for _ in range(4)]
        scene.heal(down)
        told = scene.tell(answered[-1])
        assert told.walked == [(SECOND, "same_lane_fallback", None)]
        left = re.match(r"breaker_open: the breaker is open for another (\d+\.\d) s after 3 failures", told.why(FIRST))
        assert left
        assert (times - 1) * OPEN_S < float(left[1]) <= times * OPEN_S
        time.sleep(float(left[1]))
        answered.append(scene.ask())
        assert answered[-1].headers["x-gate-route"] == FIRST
        if times == 2:
            assert scene.gate.metric("gate_breaker_state", route=FIRST) == 1, "one answer is not believed any more"
        answered += [scene.ask() for _ in range(PROOFS - 1)]
        assert scene.gate.metric("gate_breaker_state", route=FIRST) == 0
    assert all(one.status == 200 for one in answered), "no client noticed"
    assert switches([one.headers["x-gate-route"] for one in answered]) == 4, "one for each change"


def test_one_trial_at_a_time(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    scene = Scene(start_gate, upstream, stack)
    down = scene.fail(FIRST, status=503)
    for _ in range(3):
        scene.ask()
    scene.heal(down)
    time.sleep(OPEN_S)
    upstream.shape(model=FIRST.partition("/")[2], head_delay=1.0)
    before = scene.calls(FIRST)
    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(scene.ask)
        upstream.wait_requests(len(upstream.requests) + 1)
        meanwhile = [scene.ask() for _ in range(4)]
        assert scene.tell(trial.result()).walked == [(FIRST, "primary", None)]
    assert scene.calls(FIRST) == before + 1
    for told in map(scene.tell, meanwhile):
        assert told.walked == [(SECOND, "same_lane_fallback", None)]
        assert told.why(FIRST) == "breaker_probing: the breaker is half open and its one probe is under way"
