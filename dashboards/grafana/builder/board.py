"""A dashboard as a list of questions, and what all dashboards have in common: variables, links, the grid."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

from dashboards.grafana.builder import promql
from dashboards.grafana.builder.kit import PROMETHEUS, Placed
from gate.telemetry.registry import load

COLUMNS = 24
UIDS = {
    "Overview": "gate-overview",
    "Providers": "gate-providers",
    "Clients": "gate-clients",
    "Routes": "gate-routes",
    "Analytics": "gate-analytics",
    "Requests": "gate-requests",
    "Cost truth": "gate-cost-truth",
    "Internals": "gate-internals",
}
"""Every dashboard in the order in which an operator asks, and its uid: the same in every profile, so that links and
bookmarks survive a change of profile."""

VARIABLES = ("job", "instance", "provider", "lane", "client")
"""On every dashboard."""
_VALUES = {
    "job": ("gate_build_info", "job"),
    "instance": ("gate_build_info", "instance"),
    "provider": ("gate_route_info", "provider"),
    "lane": ("gate_route_info", "lane"),
    "client": ("gate_client_request_duration_seconds_count", "client_profile"),
    "intent": ("gate_requests_total", "intent"),
    "route": ("gate_route_info", "route"),
}
"""Variable -> the label that has its values, and a metric with that label."""
_SOURCES = {"prometheus": "Prometheus data source", "tempo": "Tempo data source", "jaeger": "Jaeger data source"}


@dataclass(frozen=True)
class Row:
    """One question and the panels that answer it, left to right."""

    question: str
    panels: Sequence[Placed]


@dataclass(frozen=True)
class Board:
    """title: a key of UIDS. about: what the dashboard is for. sources: the kinds of data source it reads."""

    title: str
    about: str
    rows: Sequence[Row]
    variables: tuple[str, ...] = VARIABLES
    sources: tuple[str, ...] = ("prometheus",)
    span: str = "now-6h"

    @property
    def file(self) -> str:
        return UIDS[self.title].removeprefix("gate-") + ".json"


def link_to(title: str, *, keep: Sequence[str] = VARIABLES, **chosen: str) -> str:
    """Address of another dashboard with the time range, the data sources and the variables of this one; `chosen` ones
    replaced by Grafana's templates."""
    kept = [f"${{{name}:queryparam}}" for name in ("prometheus_datasource", *keep) if name not in chosen]
    parts = ["${__url_time_range}", *kept, *(f"var-{name}={value}" for name, value in chosen.items())]
    return f"/d/{UIDS[title]}?{'&'.join(parts)}"


def render(board: Board, profile: str) -> model.Dashboard:
    """The dashboard as the SDK's model."""
    dashboard = (
        build.Dashboard(f"Gate · {board.title}")
        .uid(UIDS[board.title])
        .description(f"{board.about} Names: semantic-convention profile {profile}.")
        .tags(["gate", "llm", "opentelemetry"])
        .readonly()
        .refresh("1m")
        .time(board.span, "now")
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
    )
    for kind in board.sources:
        dashboard.with_variable(_source(kind))
    for name in board.variables:
        dashboard.with_variable(_variable(name, profile))
    for title, uid in UIDS.items():
        if title != board.title:
            link = build.DashboardLink(title).type(model.DashboardLinkType.LINK).url(f"/d/{uid}").icon("dashboard")
            dashboard.link(link.keep_time(True).include_vars(True).tooltip(f"{title}, same time range and choices"))
    _lay_out(dashboard, board.rows)
    return dashboard.build()


def _lay_out(dashboard: build.Dashboard, rows: Sequence[Row]) -> None:
    """Row by row from the top; panels side by side until the 24 columns are full. Ids count up in that order."""
    number, y = 0, 0
    for row in rows:
        number += 1
        dashboard.with_row(build.Row(row.question).id(number).grid_pos(model.GridPos(h=1, w=COLUMNS, x=0, y=y)))
        y += 1
        x = tallest = 0
        for placed in row.panels:
            if x + placed.width > COLUMNS:
                x, y, tallest = 0, y + tallest, 0
            number += 1
            place = model.GridPos(h=placed.height, w=placed.width, x=x, y=y)
            dashboard.with_panel(placed.panel.id(number).grid_pos(place))
            x, tallest = x + placed.width, max(tallest, placed.height)
        y += tallest


def _source(kind: str) -> build.DatasourceVariable:
    variable = build.DatasourceVariable(f"{kind}_datasource").label(_SOURCES[kind]).type(kind)
    return variable.multi(False).include_all(False).allow_custom_value(False)


def _variable(name: str, profile: str) -> build.QueryVariable:
    """The values in the chosen jobs and instances. Raises QueryError for a name the registry does not have."""
    metric, label = _VALUES[name]
    before = {"job": (), "instance": ("job",)}.get(name, ("job", "instance"))
    names = promql.Names.of(load(), profile, before)
    if label not in names.labels(metric):
        raise promql.QueryError(f"{metric} has no label {label!r}")
    selector = promql.complete(metric, names).removesuffix("{}")
    return (
        build.QueryVariable(name)
        .label(name.title())
        .datasource(PROMETHEUS)
        .query(f"label_values({selector}, {label})")
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".+")
        .current(model.VariableOption(text="All", value="$__all", selected=True))
    )
