from __future__ import annotations

from typing import Any

from gate.cli.text import Style
from gate.cli.trace_model import Trace, from_otlp, trace_of
from gate.cli.trace_tree import incomplete, lines, of_decision, texts
from tests.cli import traces
from tests.cli.running import too_wide


def read(document: dict[str, Any]) -> Trace:
    trace = trace_of(traces.TRACE, from_otlp(document))
    assert trace is not None
    return trace


def drawn(trace: Trace, width: int = 80) -> str:
    return "\n".join(lines(trace, Style(False), width))


PICTURE = """\
trace 0af7651916cd43dd8448eb211c80319c: 5 spans, 102 ms
  decision   gd-0-0123456789abcdef0123
  asked      claude-test?[2J by claude, intent working (pattern_mapping)
  outcome    served, HTTP 200, by second/model-two (downgrade), in 90 ms, of
             which 3 ms in Gate
  tried      first/model-one > second/model-two
  downgrade  rate_limited: from home/mid to cheap/fast
  cost       at least $0.0012 (partial)

(its parent span ffffffffffffffff is not here: not sent, or not yet)
task                                               102 ms |====================|
│  · service agent
└─ POST /v1/messages                                95 ms |=================== |
   └─ route working                                 93 ms | ================== |
      │  · lane home/mid > cheap/fast
      ├─ chat model-one      ERROR rate_limited     30 ms | ======             |
      │     · primary, first/model-one, lane home/mid, HTTP 429
      │     · the upstream answered 429
      └─ chat model-two                  served     58 ms |       ===========  |
            · downgrade, second/model-two, lane cheap/fast, HTTP 200
            · lane left because rate_limited, tokens unknown in, 25 out, cost
              unknown
"""


def test_the_picture() -> None:
    assert drawn(read(traces.whole())) + "\n" == PICTURE
    assert too_wide(PICTURE) == []


def test_colours_are_never_the_only_sign() -> None:
    coloured = "\n".join(lines(read(traces.whole()), Style(True), 80))
    assert "\x1b[31;1mERROR rate_limited\x1b[0m" in coloured
    assert "\x1b[2J" not in coloured
    plain = drawn(read(traces.whole()))
    assert "ERROR rate_limited" in plain
    assert "served" in plain


def test_narrow_terminals_are_honoured() -> None:
    assert too_wide(drawn(read(traces.whole()), 60), 60) == []


def test_what_is_missing_is_said() -> None:
    assert incomplete(read(traces.whole())) is None
    late = read(traces.otlp(gate=traces.gate_spans(attempts=3)))
    assert incomplete(late) == "2 of 3 attempts have arrived; ask again in a few seconds"
    assert "incomplete: 2 of 3" in drawn(late)
    assert "no decision of Gate" in (incomplete(read(traces.otlp(agent=traces.client_spans()))) or "")


def test_of_a_trace_with_several_decisions_only_one_is_shown() -> None:
    other = traces.span("9" * 16, traces.CLIENT, "POST /v1/messages", 2, 101, 102, {})
    route = traces.span(
        "8" * 16, "9" * 16, "route other", 1, 101, 102, {"gate.intent.name": "x", "gate.decision.id": "gd-1"}
    )
    trace = read(traces.otlp(gate=[*traces.gate_spans(), other, route], agent=traces.client_spans()))
    about = of_decision(trace, traces.DECISION)
    assert {span.span_id for span in about.spans} == {
        traces.CLIENT,
        traces.SERVER,
        traces.ROUTE,
        traces.FAILED,
        traces.SERVED,
    }
    assert of_decision(trace, "gd-unheard-of") is trace


def test_lists_come_in_two_forms() -> None:
    assert texts(["a", 1]) == ["a", "1"]
    assert texts('["a", "b"]') == ["a", "b"]
    assert texts("[not json") == ["[not json"]
    assert texts("word") == ["word"]
    assert texts(None) == []
