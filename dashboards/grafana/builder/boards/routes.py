"""Routes: which lane and route was taken, whether it was the one that was wanted, and why not."""

from dashboards.grafana.builder import looks
from dashboards.grafana.builder.board import VARIABLES, Board, Row, link_to
from dashboards.grafana.builder.boards.routes_adaptive import policy, sessions
from dashboards.grafana.builder.kit import Ask, Column, Kit, Text
from dashboards.grafana.builder.queries import SERVED, rate, ratio, total

_VARIABLES = (*VARIABLES, "intent", "route")


def board(profile: str) -> Board:
    kit = Kit(profile, _VARIABLES)
    rows = (_share(kit), _taken(kit), _reasons(kit), sessions(kit), policy(kit), _translated(kit), _requests(kit))
    about = "Which lane and route was taken, whether it was the one that was wanted, and why not."
    return Board("Routes", about, rows, variables=_VARIABLES, sources=("prometheus", "tempo", "jaeger"))


def _share(kit: Kit) -> Row:
    served = total("gate_requests_total", where=SERVED)

    def part(relations: str) -> str:
        return ratio(total("gate_requests_total", where=f'{SERVED}, relation=~"{relations}"'), served)

    return Row(
        "Did requests get what was planned for them?",
        (
            kit.number(
                Text(
                    "By the first choice",
                    "Share of served requests that the first planned route served. When it falls, the next two say "
                    "whether it hurts.",
                    "No request was served in this time range.",
                ),
                part("primary|retry"),
                unit="percentunit",
                decimals=1,
            ),
            kit.number(
                Text(
                    "By another route of the same lane",
                    "Share served by a same-lane fallback: same quality, perhaps another price. High: the first route "
                    "is unwell, see Providers.",
                    "No request was served in this time range.",
                ),
                part("same_lane_fallback"),
                unit="percentunit",
                decimals=1,
                link=link_to("Providers"),
            ),
            kit.number(
                Text(
                    "By a lesser lane",
                    "Share served by a downgrade or a last resort: the client got less than was planned. Above one in "
                    "a hundred: see why below.",
                    "No request was served in this time range.",
                ),
                part("downgrade|last_resort"),
                unit="percentunit",
                decimals=1,
                limits=looks.steps((0.01, looks.WARN), (0.1, looks.BAD)),
                none="none",
            ),
            kit.number(
                Text(
                    "By a better lane",
                    "Share served by an upgrade: it cost more than planned. When it is not zero, nothing cheaper "
                    "could serve: Clients names who got premium lanes.",
                    "No request was served in this time range.",
                ),
                part("upgrade"),
                unit="percentunit",
                decimals=1,
                limits=looks.steps((0.01, looks.WARN), (0.1, looks.BAD)),
                none="none",
                link=link_to("Clients"),
            ),
            kit.lines(
                Text(
                    "Served requests per second, by relation to the first choice",
                    "primary is the plan; same_lane_fallback keeps the quality; downgrade and last_resort do not. "
                    "Click a dot for a trace.",
                    "No request was served in this time range.",
                ),
                Ask(rate("gate_requests_total", "relation", SERVED), "{{relation}}", exemplars=True),
                unit="reqps",
                stacked=True,
                colours=looks.RELATIONS,
            ),
            kit.lines(
                Text(
                    "Same-lane fallbacks against downgrades, per second",
                    "Attempts that were not the first choice. Downgrades that grow while same-lane fallbacks do not: "
                    "the lane has no second route; add one.",
                    "No attempt was other than the first choice in this time range.",
                ),
                Ask(rate("gate_fallbacks_total", "relation"), "{{relation}}", exemplars=True),
                unit="ops",
                colours=looks.RELATIONS,
            ),
        ),
    )


def _taken(kit: Kit) -> Row:
    return Row(
        "Which lane and route was taken?",
        (
            kit.graph(
                Text(
                    "Route map",
                    "From intents to lanes to routes: requests served in this time range. Between lanes: attempts "
                    "that left one for another; the shorter the dashes, the further down (dotted: downgrade; long "
                    "dashes: substitution; long and short: upgrade). A lane with many dotted lines out of it needs "
                    "another route. Click a line for its figures.",
                    "No request was served in this time range.",
                ),
                _edges(),
                unit="requests",
            ),
            kit.table(
                Text(
                    "Requests by intent, lane and route",
                    "What was asked for and what served it. none: nothing served. A route nobody takes: `gate "
                    "explain` says why.",
                    "No request ended in this time range.",
                ),
                {"requests": f"{total('gate_requests_total', 'intent, lane, route, relation, outcome')} > 0"},
                {
                    "intent": Column("Intent"),
                    "lane": Column("Lane"),
                    "route": Column("Route"),
                    "relation": Column("Relation"),
                    "outcome": Column("Outcome"),
                    "requests": Column("Requests", unit="none", decimals=0, bar=True),
                },
                sort="requests",
            ),
        ),
    )


def _edges() -> str:
    """One table of edges: id, source, target, color, strokedasharray and detail__relation."""
    served = [
        _edge(total("gate_requests_total", f"{left}, {right}", SERVED), (left, left), (right, right))
        for left, right in (("intent", "lane"), ("lane", "route"))
    ]
    planned = [_drawn(edges, looks.BLUE, "0", "served") for edges in served]
    moved = [
        _drawn(
            _edge(
                total("gate_fallbacks_total", "from_lane, to_lane", f'relation="{relation}"'),
                ("lane", "from_lane"),
                ("lane", "to_lane"),
            ),
            looks.RELATIONS[relation],
            dashes,
            relation,
        )
        for relation, dashes in looks.DASHES.items()
        if relation != "same_lane_fallback"  # it stays where it is: no edge between lanes
    ]
    parts = " or ".join([*planned, *moved])
    return f"round(sum by (id, source, target, color, strokedasharray, detail__relation) ({parts})) > 0"


def _edge(rows: str, source: tuple[str, str], target: tuple[str, str]) -> str:
    """Rows with the labels `source` and `target`. Each: what a node is, and the label with its name."""
    for name, (what, label) in (("source", source), ("target", target)):
        rows = f'label_join(label_replace({rows}, "what", "{what}", "", ""), "{name}", " ", "what", "{label}")'
    return rows


def _drawn(edges: str, color: str, dashes: str, relation: str) -> str:
    for name, value in (("color", color), ("strokedasharray", dashes), ("detail__relation", relation)):
        edges = f'label_replace({edges}, "{name}", "{value}", "", "")'
    return f'label_join({edges}, "id", " > ", "source", "target", "detail__relation")'


def _reasons(kit: Kit) -> Row:
    scope = kit.scope("downgrades")
    return Row(
        "Why was a lane left?",
        (
            kit.table(
                Text(
                    scope.title,
                    f"{scope.about} rate_limited, quota_exhausted: more limit or another account. provider_error, "
                    "timeout, breaker_open: see Providers. context_too_long, no_capable_route: the lane has no route "
                    "that fits. Saved scope downgrades.",
                    "No request of the last hour was downgraded.",
                ),
                {"attempts": scope.promql or ""},
                {
                    "from_lane": Column("From lane"),
                    "to_lane": Column("To lane"),
                    "reason": Column("Why"),
                    "attempts": Column("Attempts, last hour", unit="none", decimals=0, bar=True),
                },
                width=12,
                sort="attempts",
            ),
            kit.lines(
                Text(
                    "Attempts that left their first choice per second, by reason",
                    "Which kind of trouble moves requests. One reason alone points at one cause; click a dot for a "
                    "trace.",
                    "No attempt was other than the first choice in this time range.",
                ),
                Ask(rate("gate_fallbacks_total", "reason"), "{{reason}}", exemplars=True),
                unit="ops",
                stacked=True,
                colours=looks.colours_of(kit.registry.attributes["gate.downgrade.reason"].values or ()),
            ),
        ),
    )


def _translated(kit: Kit) -> Row:
    return Row(
        "What was put into another dialect, and what did it cost?",
        (
            kit.lines(
                Text(
                    "Translated attempts per second, by pair of dialects",
                    "Upstream calls in another dialect than the client's. Where a route in the client's own dialect "
                    "exists, translation is a fallback; when it grows, see why that route was left.",
                    "No attempt was translated in this time range.",
                ),
                Ask(
                    rate("gate_translations_total", "client_dialect, upstream_dialect"),
                    "{{client_dialect}} to {{upstream_dialect}}",
                    exemplars=True,
                ),
                unit="ops",
                stacked=True,
            ),
            kit.table(
                Text(
                    "What could not be carried",
                    "Each feature once per attempt, with what was done. dropped and replaced: the model learned less "
                    "than the client said; policy.fidelity decides which of these keep a route out.",
                    "Nothing was lost in translation in this time range.",
                ),
                {"attempts": f"{total('gate_losses_total', 'client_dialect, upstream_dialect, feature, action')} > 0"},
                {
                    "client_dialect": Column("Client"),
                    "upstream_dialect": Column("Upstream"),
                    "feature": Column("Feature"),
                    "action": Column("What was done"),
                    "attempts": Column("Attempts", unit="none", decimals=0, bar=True),
                },
                width=12,
                sort="attempts",
            ),
        ),
    )


def _requests(kit: Kit) -> Row:
    scope = kit.scope("downgrades")
    return Row(
        "Which requests?",
        (
            kit.traces(
                Text(
                    f"{scope.title}: traces",
                    "The newest traces whose serving attempt was a downgrade or a last resort. Open one: its plan "
                    "span says why each better route was out. Saved scope downgrades.",
                    "Tempo has no such trace in this time range, or no Tempo data source is chosen.",
                ),
                scope.traceql or "",
            ),
        ),
    )
