"""W3C trace context, in and out: what a client's headers say, and what a provider is told.

Promises: reading never fails and follows the recommendation where the SDK does not (two `traceparent` lines restart the
trace, `tracestate` lines are joined, keys by the grammar of level 2, a key twice counts once); writing puts Gate's own
span into exactly one `traceparent`, sampled or not, and says no more than the provider's policy allows.
Source: https://www.w3.org/TR/trace-context-2/ and https://www.w3.org/TR/baggage/
"""

import re
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from opentelemetry.context import Context, create_key, get_value, set_value
from opentelemetry.propagators.textmap import (
    CarrierT,
    Getter,
    Setter,
    TextMapPropagator,
    default_getter,
    default_setter,
)
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    TraceState,
    format_span_id,
    format_trace_id,
    get_current_span,
    set_span_in_context,
)

from gate.core.profile import Propagate

FIELDS = ("traceparent", "tracestate", "baggage")
MAX_MEMBERS = 32
MAX_STATE = 4096
"""Characters of a `tracestate` that is carried on; the recommendation asks for 512 at least. Longer ones are dropped
whole: they would travel with every span of the trace."""
MAX_BAGGAGE = 8192
"""Bytes; the limit of the baggage recommendation."""

# Version ff is forbidden; what follows the flags of a later version is unknown, but set off by a dash.
_PARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_MEMBER = re.compile(
    r"([a-z0-9][a-z0-9_\-*/@]{0,255})=([\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e])"
)
_PRINTABLE = re.compile(r"[\t\x20-\x7e]*")
_KNOWN_FLAGS = TraceFlags.SAMPLED | TraceFlags.RANDOM_TRACE_ID
_FLAGS = [TraceFlags(value) for value in range(4)]
_LENGTHS = frozenset(len(name) for name in FIELDS)
_ZERO_TRACE = b"0" * 32
_ZERO_SPAN = b"0" * 16
_SETTER: Any = default_setter
_GETTER: Any = default_getter
_POLICY = create_key("gate-propagation")


class LevelTwoState(TraceState):
    """A `tracestate` with keys that the SDK's grammar does not know (level 2 allows `@` anywhere). Pairs are valid."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self._dict: dict[str, str] = dict(pairs)

    def add(self, key: str, value: str) -> TraceState:
        return self if key in self else self.update(key, value)

    def update(self, key: str, value: str) -> TraceState:
        """With that member in front; unchanged when it is not valid, or one too many."""
        if not _MEMBER.fullmatch(f"{key}={value}") or (key not in self and len(self) >= MAX_MEMBERS):
            return self
        return LevelTwoState([(key, value), *((name, held) for name, held in self.items() if name != key)])

    def delete(self, key: str) -> TraceState:
        return LevelTwoState((name, held) for name, held in self.items() if name != key)


@dataclass(frozen=True, slots=True)
class RemoteContext:
    """What a client sent. span_context: its span, None without a valid `traceparent`. baggage: as it came."""

    span_context: SpanContext | None
    baggage: str | None = None


def extract(headers: Sequence[tuple[bytes, bytes]]) -> RemoteContext | None:
    """From raw header pairs, names in any case. None when they say nothing that can be used."""
    found = [pair for pair in headers if len(pair[0]) in _LENGTHS]
    parents: list[bytes] = []
    states: list[bytes] = []
    baggage: list[bytes] = []
    for name, value in found:
        lowered = name.lower()
        if lowered == b"traceparent":
            parents.append(value)
        elif lowered == b"tracestate":
            states.append(value)
        elif lowered == b"baggage":
            baggage.append(value)
    if not parents and not baggage:
        return None
    # Two lines cannot both be the parent: the trace starts anew.
    context = _span_context(parents[0], states) if len(parents) == 1 else None
    carried = _baggage(baggage) if baggage else None
    return None if context is None and carried is None else RemoteContext(context, carried)


def _span_context(parent: bytes, states: list[bytes]) -> SpanContext | None:
    match = _PARENT.fullmatch(parent.strip(b" \t"))
    if match is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    if trace_id == _ZERO_TRACE or span_id == _ZERO_SPAN or version == b"ff" or (rest is not None and version == b"00"):
        return None
    # Flags that this version does not know must not be passed on.
    known = _FLAGS[int(flags, 16) & _KNOWN_FLAGS]
    return SpanContext(int(trace_id, 16), int(span_id, 16), True, known, _state(states) if states else None)


def _state(lines: list[bytes]) -> TraceState | None:
    """All members in their order, the first of those with the same key; None when one is malformed or there are too
    many."""
    joined = b",".join(lines)
    if len(joined) > MAX_STATE:
        return None
    pairs: dict[str, str] = {}
    count = 0
    for part in joined.decode("latin-1").split(","):
        member = part.strip(" \t")
        if not member:
            continue
        count += 1
        match = _MEMBER.fullmatch(member)
        if match is None or count > MAX_MEMBERS:
            return None
        pairs.setdefault(match[1], match[2])
    return LevelTwoState(pairs.items()) if pairs else None


def _baggage(lines: list[bytes]) -> str | None:
    joined = b",".join(lines).strip(b" \t,")
    if not joined or len(joined) > MAX_BAGGAGE:
        return None
    text = joined.decode("latin-1")
    return text if _PRINTABLE.fullmatch(text) else None


def remote_context(remote: RemoteContext, context: Context | None = None) -> Context:
    """A context in which the client's span is the current one: the parent of what is started in it. Without a
    `traceparent` it is the context that was given, or an empty one."""
    base = Context() if context is None else context
    if remote.span_context is None:
        return base
    return set_span_in_context(NonRecordingSpan(remote.span_context), base)


def with_policy(context: Context | None, policy: Propagate | str, inbound: RemoteContext | None = None) -> Context:
    """A context in which `PolicyPropagator` tells a provider what `policy` allows.

    inbound: of a trusted client, for its baggage. Raises ValueError for a policy that there is not.
    """
    return set_value(_POLICY, (Propagate(policy), None if inbound is None else inbound.baggage), context)


class PolicyPropagator(TextMapPropagator):
    """Writes by the policy of the current context; without one it writes nothing.

    none: nothing. traceparent: Gate's own span. full: that, the trace's `tracestate` and the client's baggage.
    What is there already under these names is replaced; what the policy leaves out is taken away where the carrier is a
    mutable mapping (the engine never forwards these headers in the first place).
    """

    def inject(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        setter: Setter[CarrierT] = _SETTER,
    ) -> None:
        said = cast("tuple[Propagate, str | None] | None", get_value(_POLICY, context))
        policy, baggage = (Propagate.NONE, None) if said is None else said
        own = get_current_span(context).get_span_context()
        values: list[str | None] = [None, None, None]
        # A remote span is the caller's: Gate never passes another's id on as its own.
        if policy is not Propagate.NONE and own.is_valid and not own.is_remote:
            values[0] = traceparent(own)
            if policy is Propagate.FULL:
                values[1] = own.trace_state.to_header() or None
                values[2] = baggage
        anything: Any = carrier
        removable = cast("MutableMapping[str, Any] | None", anything if isinstance(anything, MutableMapping) else None)
        for name, value in zip(FIELDS, values, strict=True):
            if value is not None:
                setter.set(carrier, name, value)
            elif removable is not None:
                removable.pop(name, None)

    def extract(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        getter: Getter[CarrierT] = _GETTER,
    ) -> Context:
        """For libraries that call it; Gate itself reads raw headers with `extract`."""
        base = Context() if context is None else context
        pairs: list[tuple[bytes, bytes]] = []
        for name in FIELDS:
            for value in getter.get(carrier, name) or ():
                pairs.append((name.encode(), value.encode("latin-1", "replace")))
        remote = extract(pairs)
        return base if remote is None else remote_context(remote, base)

    @property
    def fields(self) -> set[str]:
        return set(FIELDS)


def traceparent(context: SpanContext) -> str:
    """Version 00, of a valid span context. Also the value of the `traceresponse` header (level 2 draft)."""
    trace_id, span_id = format_trace_id(context.trace_id), format_span_id(context.span_id)
    return f"00-{trace_id}-{span_id}-{context.trace_flags & _KNOWN_FLAGS:02x}"


def traceresponse_header(context: SpanContext) -> bytes:
    """The value of `traceresponse` for the span that served a request. Raises ValueError for an invalid context."""
    if not context.is_valid:
        raise ValueError("there is no trace to answer with")
    return traceparent(context).encode("ascii")
