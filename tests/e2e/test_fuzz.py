"""10,000 generated requests over several connections: none breaks Gate, none is lost, each is one root span."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.e2e.serving import DIALECTS, MESSAGES, Spoken, Start, client, environment, error_of
from tests.e2e.sink import Sink, eventually
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream

REQUESTS = 10_000
CONNECTIONS = 4
SEED = 20261121
NAMES = (
    "x-odd",
    "anthropic-beta",
    "anthropic-version",
    "traceparent",
    "tracestate",
    "baggage",
    "accept",
    "accept-encoding",
    "user-agent",
    "content-encoding",
    "content-type",
    "via",
    "connection",
    "forwarded",
    "x-gate-intent",
    "x-claude-code-session-id",
    "x-request-id",
    "x-api-key",
    "authorization",
)
VALUES = ("gzip", "identity", "1.1 gate-00000000", "close, x-odd", "00-" + "0" * 32 + "-" + "0" * 16 + "-00", "a=b,,c")
ODD: tuple[Any, ...] = (None, True, -1, 1e308, "", "\ud800", "\x00", [], {}, [[]], {"type": []}, "x" * 5_000, 10**40)
MEMBERS = (
    "model",
    "messages",
    "input",
    "tools",
    "stream",
    "system",
    "max_tokens",
    "thinking",
    "metadata",
    "tool_choice",
)


def headers(chance: random.Random) -> list[tuple[bytes, bytes]]:
    """Up to five odd headers; some come twice."""
    chosen = chance.choices(NAMES, k=chance.randrange(6))
    return [(name.encode(), value(chance)) for name in chosen]


def value(chance: random.Random) -> bytes:
    if chance.random() < 0.4:
        return chance.choice(VALUES).encode()
    return bytes(chance.choice((*range(0x21, 0x7F), *range(0x80, 0x100))) for _ in range(chance.randrange(1, 60)))


def body(chance: random.Random, spoken: Spoken) -> bytes:
    """A body of the dialect with odd members, or with bytes changed, cut or put in."""
    made = spoken.body(stream=chance.random() < 0.2)
    for _ in range(chance.randrange(3)):
        made[chance.choice(MEMBERS)] = chance.choice(ODD)
    if chance.random() < 0.3:
        made["messages"] = [{"role": chance.choice(ODD), "content": chance.choice(ODD)} for _ in range(3)]
    raw = bytearray(json.dumps(made).encode())
    for _ in range(chance.choice((0, 0, 1, 3))):
        at = chance.randrange(len(raw) + 1)
        match chance.randrange(3):
            case 0:
                raw[at : at + 1] = chance.randbytes(1)
            case 1:
                del raw[at : at + chance.randrange(1, 9)]
            case _:
                raw[at:at] = chance.randbytes(chance.randrange(1, 5))
    return bytes(raw)


def send(gate: GateProcess, seed: int, count: int) -> list[str]:
    """What was wrong with the answers to that many requests, one after the other."""
    chance = random.Random(seed)
    wrong: list[str] = []
    with client(gate) as ask:
        for number in range(count):
            spoken = chance.choice(DIALECTS)
            path = spoken.path + ("/count_tokens" if spoken is MESSAGES and chance.random() < 0.1 else "")
            answer = ask.post(path, content=body(chance, spoken), headers=headers(chance))
            # 508 says that `via` names this very Gate, which no generated one does.
            if answer.status_code >= 500:
                wrong.append(f"{seed}/{number} {path} {answer.status_code} {answer.text[:200]}")
            elif answer.status_code >= 400:
                error_of(spoken, answer)
    return wrong


def test_ten_thousand_generated_requests(start_gate: Start, upstream: Upstream) -> None:
    with Sink() as sink:
        gate = start_gate({}, environment(upstream, **sink.environment()))
        share = REQUESTS // CONNECTIONS
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            told = [pool.submit(send, gate, SEED + at, share) for at in range(CONNECTIONS)]
        wrong = [one for some in told for one in some.result()]
        assert not wrong, wrong[:5]
        assert REQUESTS / 20 < len(upstream.calls) < REQUESTS, "good ones and bad ones"
        assert eventually(lambda: gate.metric("gate_in_flight_requests") == 0)
        assert gate.metric("gate_requests_total") == REQUESTS
        assert eventually(lambda: len(sink.servers()) >= REQUESTS)
        assert gate.stop().code == 0
        servers = sink.servers()
        assert len(servers) == REQUESTS
        assert len({span.span_id for span in servers}) == REQUESTS
        assert not [span for span in sink.spans() if span.kind == Span.SPAN_KIND_UNSPECIFIED]
        assert "Traceback" not in gate.output
        assert not [line for line in gate.log if line.get("level") in ("error", "ERROR", "critical")]
