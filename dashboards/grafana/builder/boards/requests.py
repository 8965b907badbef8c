"""Requests: from a figure to the traces behind it, by exemplars and by TraceQL."""

from dashboards.grafana.builder import looks
from dashboards.grafana.builder.board import VARIABLES, Board, Row
from dashboards.grafana.builder.kit import Ask, Column, Kit, Placed, Text
from dashboards.grafana.builder.queries import quantile, rate

_SHOWN = ("gate.decision.id", "gate.client.profile", "gate.intent.name", "gate.serving.route", "gate.outcome")
_NEWEST = f"""{{ name =~ "route .*" && span.gate.client.profile =~ "$client" }}
| select({", ".join(f"span.{name}" for name in _SHOWN)})"""
_EMPTY = "Tempo has no such trace in this time range, or no Tempo data source is chosen."


def board(profile: str) -> Board:
    kit = Kit(profile, VARIABLES)
    rows = (
        Row("What happened?", (_outcomes(kit), _spread(kit))),
        Row(
            "Which requests were not served?",
            (_failing(kit), _found(kit, "failing-requests", _FAILING, 16), _found(kit, "not-ready", _NO_ROUTE, 24)),
        ),
        Row(
            "Which were slow or dear?",
            (_slow(kit), _found(kit, "slow-requests", _SLOW, 16), _found(kit, "high-spend", _DEAR, 24)),
        ),
        Row(
            "Which took another way?",
            (
                _found(kit, "fallback-active", _MOVED, 12),
                _found(kit, "premium-drift", _PREMIUM, 12),
                _found(kit, "downgrades", _LESSER, 12),
                _found(kit, "quota-pressure", _PRESSED, 12),
                _found(kit, "breaker-open", _BREAKER, 24),
            ),
        ),
        Row(
            "Where did rules, sessions and the guard step in?",
            (
                _found(kit, "rules-fired", _RULED, 12),
                _found(kit, "moved-sessions", _LEFT, 12),
                _found(kit, "shadow-disagreement", _OTHERWISE, 12),
                _found(kit, "repeated-turns", _AGAIN, 12),
            ),
        ),
        Row(
            "Which calls and streams failed?",
            (_broken(kit), _found(kit, "broken-streams", _BROKEN, 16), _found(kit, "failing-attempts", _CALLS, 24)),
        ),
        Row(
            "What else went on?",
            (_found(kit, "untracked-catalog", _COST, 12), _found(kit, "limits-hit", _LIMITS, 12), _newest(kit)),
        ),
    )
    about = "From a figure to the traces behind it. Dots on the curves and ids in the tables open a trace."
    return Board("Requests", about, rows, sources=("prometheus", "tempo", "jaeger"), span="now-1h")


_FAILING = "Open one: the attempts under its route span say what each upstream answered."
_NO_ROUTE = "Open one: its plan span has an event for every route with the reason it was out."
_SLOW = "Open one: the longest attempt is whose time it was; gate.time.overhead on the route span is Gate's own."
_DEAR = "Open one: gate.serving.lane and the token counts of its attempts say what made it dear."
_MOVED = "Open one: attempts stand in the order they were tried, each with its relation and its error."
_PREMIUM = "Open one: its plan span says why the cheaper lanes were out."
_LESSER = "Open one: gate.downgrade.reason names what its own lane was left for, its plan span each route that was out."
_PRESSED = "Open one: its plan span says which routes were cooling down or used up, and for how long."
_RULED = (
    "Open one: gate.rule.name on its route span; `gate explain --decision ID` says why the other rules did not fire."
)
_LEFT = "Open one: its plan span says why the session's own route was out; gate.cache_loss.usd what that cost."
_OTHERWISE = "Open one and compare gate.shadow.route with what served it."
_AGAIN = "Open one: gate.turn.repeats says how often the same turn was seen; the client's log says why it asks again."
_BREAKER = "Open one: its plan span names the route whose breaker was open; Providers says why it opened."
_CALLS = "Open one: error.type and the status of the failed attempt; requests may have been served nonetheless."
_BROKEN = "Open one: the chunks that went out and the error that ended the stream."
_COST = "Open one: gate.cost.source and the attempt's tokens say what is missing."
_LIMITS = "Open one: gate.attempt.retry_after says how long the upstream asked to wait."


def _outcomes(kit: Kit) -> Placed:
    return kit.lines(
        Text(
            "Requests per second, by outcome",
            "Every dot is a request with a trace: click it. Anything but served that grows: the tables below list "
            "them.",
            "No request ended in this time range.",
        ),
        Ask(rate("gate_requests_total", "outcome"), "{{outcome}}", exemplars=True),
        unit="reqps",
        colours=looks.colours_of(kit.registry.attributes["gate.outcome"].values or ()),
    )


def _spread(kit: Kit) -> Placed:
    return kit.lines(
        Text(
            "Seconds to the end of the answer",
            "Half, 95 and 99 of 100 requests take at most this long. Click a dot high above the others to see the "
            "trace of a slow one.",
            "No request ended in this time range.",
        ),
        Ask(quantile(0.5, "gate_request_duration_seconds"), "half", exemplars=True),
        Ask(quantile(0.95, "gate_request_duration_seconds"), "95 of 100"),
        Ask(quantile(0.99, "gate_request_duration_seconds"), "99 of 100"),
        unit="s",
        colours={"half": looks.BLUE, "95 of 100": looks.ORANGE, "99 of 100": looks.PURPLE},
    )


def _failing(kit: Kit) -> Placed:
    scope = kit.scope("failing-requests")
    return kit.table(
        Text(
            scope.title,
            f"{scope.about} upstream_error: every attempt failed, see Providers. no_route: nothing could serve, see "
            "Overview. rejected: what the client asked for is not allowed. Saved scope failing-requests.",
            "Every request of the last hour was served.",
        ),
        {"requests": scope.promql or ""},
        {
            "intent": Column("Intent"),
            "outcome": Column("Outcome"),
            "requests": Column("Requests, last hour", unit="none", decimals=0, bar=True),
        },
        width=8,
        sort="requests",
    )


def _slow(kit: Kit) -> Placed:
    scope = kit.scope("slow-requests")
    return kit.table(
        Text(
            scope.title,
            f"{scope.about} One client alone: its answers are long. All of them: see Providers. Saved scope "
            "slow-requests.",
            "No request ended in the last hour.",
        ),
        {"seconds": scope.promql or ""},
        {"client_profile": Column("Client"), "seconds": Column("95 of 100 within", unit="s", decimals=1, bar=True)},
        width=8,
        sort="seconds",
    )


def _broken(kit: Kit) -> Placed:
    scope = kit.scope("broken-streams")
    return kit.table(
        Text(
            scope.title,
            f"{scope.about} The client got a part of its answer. Again and again from one provider: report it, or rank "
            "its routes lower. Saved scope broken-streams.",
            "No stream of the last hour broke.",
        ),
        {"streams": scope.promql or ""},
        {
            "provider": Column("Provider"),
            "error_type": Column("Failure"),
            "streams": Column("Streams, last hour", unit="none", decimals=0, bar=True),
        },
        width=8,
    )


def _found(kit: Kit, name: str, hint: str, width: int) -> Placed:
    """The traces of a saved scope."""
    scope = kit.scope(name)
    words = Text(f"{scope.title}: traces", f"{scope.about} {hint} Saved scope {name}.", _EMPTY)
    return kit.traces(words, scope.traceql or "", width=width)


def _newest(kit: Kit) -> Placed:
    words = Text(
        "Newest route traces",
        "The newest requests of the clients chosen above, whatever became of them. Empty although there is traffic: "
        "traces do not reach Tempo, see Internals for drops.",
        _EMPTY,
    )
    return kit.traces(words, _NEWEST)
