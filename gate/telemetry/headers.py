"""Gate's own response headers, rendered from a view.

`traceresponse` and `server-timing` follow their specifications; the others are in `registry.yaml` (`headers`, and
`view` for their fields). A value never holds a character that a header may not, whatever a model or route is called.
"""

from urllib.parse import quote

from opentelemetry.trace import SpanContext, format_span_id, format_trace_id

from gate.telemetry.names import (
    HEADER_SERVER_TIMING,
    HEADER_TRACERESPONSE,
    HEADER_X_GATE_ATTEMPTS,
    HEADER_X_GATE_DECISION_ID,
    HEADER_X_GATE_DOWNGRADE,
    HEADER_X_GATE_LANE,
    HEADER_X_GATE_ROUTE,
    HEADER_X_GATE_RULE,
    HEADER_X_GATE_TOKEN_COUNT,
)
from gate.telemetry.view import DecisionView

Header = tuple[bytes, bytes]

_TRACERESPONSE = HEADER_TRACERESPONSE.encode()
_DECISION_ID = HEADER_X_GATE_DECISION_ID.encode()
_LANE = HEADER_X_GATE_LANE.encode()
_ROUTE = HEADER_X_GATE_ROUTE.encode()
_ATTEMPTS = HEADER_X_GATE_ATTEMPTS.encode()
_DOWNGRADE = HEADER_X_GATE_DOWNGRADE.encode()
_RULE = HEADER_X_GATE_RULE.encode()
_TOKEN_COUNT = HEADER_X_GATE_TOKEN_COUNT.encode()
_SERVER_TIMING = HEADER_SERVER_TIMING.encode()
_KEPT = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '%"\\')


def response_headers(view: DecisionView, context: SpanContext | None) -> tuple[Header, ...]:
    """All of them, from what is known when the head is sent. context: the SERVER span's, None or invalid when there is
    no trace."""
    headers = [*trace_headers(context), (_DECISION_ID, _value(view.decision_id))]
    if view.serving_lane is not None:
        headers.append((_LANE, _value(view.serving_lane)))
    if view.serving_route is not None:
        headers.append((_ROUTE, _value(view.serving_route)))
    headers.append((_ATTEMPTS, b"%d" % view.attempts))
    if view.downgrade_reason is not None:
        headers.append((_DOWNGRADE, _value(view.downgrade_reason)))
    if view.rule is not None:
        headers.append((_RULE, _value(view.rule)))
    if view.token_count is not None:
        headers.append((_TOKEN_COUNT, _value(view.token_count)))
    timing = server_timing(view)
    if timing:
        headers.append((_SERVER_TIMING, timing))
    return tuple(headers)


def early_headers(decision_id: str, context: SpanContext | None) -> tuple[Header, ...]:
    """Those of a head that is sent before any attempt has answered."""
    return (*trace_headers(context), (_DECISION_ID, _value(decision_id)))


def trace_headers(context: SpanContext | None) -> tuple[Header, ...]:
    """`traceresponse` (W3C Trace Context level 2 draft, version 00) or nothing."""
    if context is None or not context.is_valid:
        return ()
    trace, span = format_trace_id(context.trace_id), format_span_id(context.span_id)
    return ((_TRACERESPONSE, f"00-{trace}-{span}-{context.trace_flags & 0xFF:02x}".encode()),)


def server_timing(view: DecisionView) -> bytes:
    """`gate;dur=1.2, upstream;dur=345.6` in milliseconds; only what is known."""
    parts: list[str] = []
    if view.overhead_s is not None:
        parts.append(f"gate;dur={view.overhead_s * 1e3:.1f}")
    if view.upstream_s is not None:
        parts.append(f"upstream;dur={view.upstream_s * 1e3:.1f}")
    return ", ".join(parts).encode()


def _value(text: str) -> bytes:
    """Visible ASCII as it is, the rest percent-encoded."""
    if text.isascii() and text.isprintable() and not _ODD.intersection(text):
        return text.encode()
    return quote(text, safe=_KEPT, errors="replace").encode()


_ODD = frozenset(' %"\\')
