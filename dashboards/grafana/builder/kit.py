"""The parts dashboards are made of. One `Kit` makes the panels of one dashboard in one profile.

Every part asks for a title, a description that ends in what to do when it looks bad, a unit and the words for an empty
panel, so that no panel can go without.
"""

from dataclasses import dataclass

from grafana_foundation_sdk.builders import (
    bargauge,
    nodegraph,
    stat,
    statetimeline,
    table,
    text,
    timeseries,
)
from grafana_foundation_sdk.builders import (
    common as common_build,
)
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import (
    prometheus as prometheus_build,
)
from grafana_foundation_sdk.builders import (
    tempo as tempo_build,
)
from grafana_foundation_sdk.models import common, prometheus, tempo
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import text as text_model

from dashboards.grafana.builder import looks, promql, traceql
from dashboards.grafana.builder.explore import trace_in
from gate.telemetry.registry import Registry, load
from gate.telemetry.scopes import Scope, load_scopes

PROMETHEUS = model.DataSourceRef(type_val="prometheus", uid="${prometheus_datasource}")
TEMPO = model.DataSourceRef(type_val="tempo", uid="${tempo_datasource}")
_REFS = "ABCDEFGH"

AnyPanel = (
    bargauge.Panel | nodegraph.Panel | stat.Panel | statetimeline.Panel | table.Panel | text.Panel | timeseries.Panel
)


@dataclass(frozen=True)
class Ask:
    """One query. legend: Grafana's template of a series' name. exemplars: dots that lead to traces."""

    expr: str
    legend: str
    exemplars: bool = False


@dataclass(frozen=True)
class Text:
    """What every panel says. about: what it shows and what to do when it looks bad. empty: why it may be empty."""

    title: str
    about: str
    empty: str


@dataclass(frozen=True)
class Column:
    """A column of a table, in the order given. link: address opened by a click. unit, words: as of a panel."""

    title: str
    unit: str | None = None
    words: dict[str, tuple[str, str]] | None = None
    link: tuple[str, str] | None = None
    width: int | None = None
    bar: bool = False
    decimals: int | None = None


@dataclass(frozen=True)
class Placed:
    """A panel and the room it takes, in columns of 24 and rows of 30 pixels."""

    panel: AnyPanel
    width: int
    height: int


class Kit:
    """profile: whose names queries may use. variables: those of the dashboard."""

    def __init__(self, profile: str, variables: tuple[str, ...]) -> None:
        self.registry: Registry = load()
        self.profile = profile
        self.variables = variables
        self._names = promql.Names.of(self.registry, profile, variables)

    def has(self, metric: str) -> bool:
        """Whether the profile has a metric, by its OpenTelemetry name."""
        found = self.registry.metrics.get(metric)
        return found is not None and self.registry.has(self.profile, found)

    def scope(self, name: str) -> Scope:
        return load_scopes()[name]

    def expr(self, query: str) -> str:
        return promql.complete(query, self._names)

    # -- panels

    def number(
        self,
        words: Text,
        query: str,
        *,
        unit: str,
        width: int = 6,
        height: int = 4,
        decimals: int | None = None,
        limits: build.ThresholdsConfig | None = None,
        none: str | None = None,
        trend: bool = False,
        link: str | None = None,
    ) -> Placed:
        """One value in large type. none: the word for zero."""
        reduce = common_build.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)
        panel = (
            stat.Panel()
            .reduce_options(reduce)
            .color_mode(common.BigValueColorMode.NONE if limits is None else common.BigValueColorMode.VALUE)
            .graph_mode(common.BigValueGraphMode.AREA if trend else common.BigValueGraphMode.NONE)
            .text_mode(common.BigValueTextMode.VALUE)
        )
        mappings: list[model.ValueMapping] = [] if none is None else [looks.words({"0": (f"✔ {none}", looks.GOOD)})]
        if decimals is not None:
            panel.decimals(decimals)
        if mappings:
            panel.mappings(mappings)
        if link is not None:
            panel.links([build.DashboardLink("Look closer").type(model.DashboardLinkType.LINK).url(link)])
        self._dress(panel, words, unit, limits or looks.plain())
        return Placed(panel.with_target(self._query(Ask(query, words.title), 0, instant=not trend)), width, height)

    def lines(
        self,
        words: Text,
        *asks: Ask,
        unit: str,
        width: int = 12,
        height: int = 8,
        stacked: bool = False,
        limits: build.ThresholdsConfig | None = None,
        colours: dict[str, str] | None = None,
        top: float | None = None,
    ) -> Placed:
        """Values over time. limits are drawn as dashed lines. colours: by series name."""
        legend = (
            common_build.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.TABLE)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs(["lastNotNull", "max"])
        )
        tooltip = (
            common_build.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
        )
        panel = (
            timeseries.Panel().legend(legend).tooltip(tooltip).min(0).line_width(2).fill_opacity(25 if stacked else 0)
        )
        panel.show_points(common.VisibilityMode.AUTO).span_nulls(False)
        panel.color_scheme(build.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        if stacked:
            panel.stacking(common_build.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
        if limits is not None:
            panel.thresholds_style(
                common_build.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
            )
        if top is not None:
            panel.max(top)
        for name, color in (colours or {}).items():
            panel.override_by_name(name, [looks.fixed(color)])
        self._dress(panel, words, unit, limits or looks.plain())
        for index, ask in enumerate(asks):
            panel.with_target(self._query(ask, index, instant=False))
        return Placed(panel, width, height)

    def bars(
        self,
        words: Text,
        ask: Ask,
        *,
        unit: str,
        width: int = 8,
        height: int = 8,
        decimals: int | None = None,
        colours: dict[str, str] | None = None,
    ) -> Placed:
        """One bar for each series, longest first in the query; the length says it, the colour only names."""
        panel = (
            bargauge.Panel()
            .orientation(common.VizOrientation.HORIZONTAL)
            .display_mode(common.BarGaugeDisplayMode.BASIC)
        )
        panel.reduce_options(common_build.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)).min(0)
        panel.value_mode(common.BarGaugeValueMode.TEXT).show_unfilled(False)
        panel.color_scheme(build.FieldColor().mode(model.FieldColorModeId.FIXED).fixed_color(looks.BLUE))
        for name, color in (colours or {}).items():
            panel.override_by_name(name, [looks.fixed(color)])
        if decimals is not None:
            panel.decimals(decimals)
        self._dress(panel, words, unit, looks.plain())
        return Placed(panel.with_target(self._query(ask, 0, instant=True)), width, height)

    def states(
        self, words: Text, ask: Ask, meanings: dict[str, tuple[str, str]], *, width: int = 12, height: int = 8
    ) -> Placed:
        """What state something was in over time; the state's word stands in the bar."""
        legend = common_build.VizLegendOptions().show_legend(True).placement(common.LegendPlacement.BOTTOM)
        legend.display_mode(common.LegendDisplayMode.LIST)
        panel = statetimeline.Panel().show_value(common.VisibilityMode.ALWAYS).merge_values(True).legend(legend)
        panel.row_height(0.8).line_width(0).fill_opacity(80).mappings([looks.words(meanings)])
        self._dress(panel, words, "none", looks.plain())
        return Placed(panel.with_target(self._query(ask, 0, instant=False)), width, height)

    def table(
        self,
        words: Text,
        queries: dict[str, str],
        columns: dict[str, Column],
        *,
        width: int = 24,
        height: int = 8,
        sort: str = "",
    ) -> Placed:
        """Rows of labels and values. queries: by the column their value goes to. columns: label or value -> how it is
        shown, in order; labels that are not named stay hidden. Several queries are joined by their common labels."""
        panel = table.Panel().show_header(True).cell_height(common.TableCellHeight.SM).filterable(True)
        value_of = {f"Value #{_REFS[index]}": name for index, name in enumerate(queries)}
        if len(queries) == 1:
            value_of["Value"] = next(iter(queries))
        shown = {source: columns[name].title for source, name in value_of.items()}
        shown |= {name: column.title for name, column in columns.items() if name not in queries}
        place = {name: index for index, name in enumerate(columns)}
        index_of = {source: place[value_of.get(source, source)] for source in shown}
        panel.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
        keep = {"include": {"names": list(shown)}}
        panel.with_transformation(model.DataTransformerConfig(id_val="filterFieldsByName", options=keep))
        arrange = {"excludeByName": {}, "indexByName": index_of, "renameByName": shown}
        panel.with_transformation(model.DataTransformerConfig(id_val="organize", options=arrange))
        for column in columns.values():
            if properties := _column(column):
                panel.override_by_name(column.title, properties)
        if sort:
            panel.sort_by([common_build.TableSortByFieldState().display_name(columns[sort].title).desc(True)])
        self._dress(panel, words, "none", looks.plain())
        for index, (name, query) in enumerate(queries.items()):
            panel.with_target(self._query(Ask(query, columns[name].title), index, instant=True, table=True))
        return Placed(panel, width, height)

    def graph(self, words: Text, query: str, *, unit: str, width: int = 24, height: int = 14) -> Placed:
        """A node graph of edges: the query makes labels id, source, target, color and strokedasharray. The value
        becomes the field `mainstat` by a calculation, because the panel looks fields up by name and a rename only
        changes what is displayed."""
        sum_row = {"mode": "reduceRow", "alias": "mainstat", "reduce": {"reducer": "sum"}, "replaceFields": False}
        panel = nodegraph.Panel().with_transformation(
            model.DataTransformerConfig(id_val="calculateField", options=sum_row)
        )
        panel.nodes(nodegraph.NodeOptions().main_stat_unit(unit)).edges(nodegraph.EdgeOptions().main_stat_unit(unit))
        self._dress(panel, words, unit, looks.plain())
        return Placed(
            panel.with_target(self._query(Ask(query, words.title), 0, instant=True, table=True)), width, height
        )

    def traces(self, words: Text, query: str, *, width: int = 24, height: int = 8) -> Placed:
        """Spans found by TraceQL, with the attributes the query names; a click on an id opens the trace."""
        panel = table.Panel().show_header(True).cell_height(common.TableCellHeight.SM).filterable(True)
        open_in = {"Open the trace in Tempo": trace_in("tempo"), "Open the trace in Jaeger": trace_in("jaeger")}
        links = [{"title": title, "url": url, "targetBlank": True} for title, url in open_in.items()]
        panel.override_by_name("Span ID", [model.DynamicConfigValue(id_val="links", value=links)])
        for name in traceql.attributes(query):
            title, unit = traceql.COLUMNS[name]
            panel.override_by_name(name, _column(Column(title, unit=unit), named=True))
        self._dress(panel, words, "none", looks.plain())
        asked = traceql.checked(query, self.registry, self.profile)
        target = tempo_build.TempoQuery().ref_id("A").query_type("traceql").query(asked).limit(20).spss(5)
        target.table_type(tempo.SearchTableType.SPANS).datasource(TEMPO)
        return Placed(panel.datasource(TEMPO).with_target(target), width, height)

    def note(self, title: str, about: str, markdown: str, *, width: int = 24, height: int = 6) -> Placed:
        panel = text.Panel().mode(text_model.TextMode.MARKDOWN).content(markdown)
        return Placed(panel.title(title).description(about), width, height)

    # -- inside

    def _dress(self, panel: AnyPanel, words: Text, unit: str, limits: build.ThresholdsConfig) -> None:
        panel.title(words.title).description(words.about).no_value(words.empty).unit(unit).thresholds(
            limits
        ).datasource(PROMETHEUS)

    def _query(self, ask: Ask, index: int, *, instant: bool, table: bool = False) -> prometheus_build.Dataquery:
        query = prometheus_build.Dataquery().ref_id(_REFS[index]).expr(self.expr(ask.expr)).legend_format(ask.legend)
        query = query.datasource(PROMETHEUS).exemplar(ask.exemplars).editor_mode(prometheus.QueryEditorMode.CODE)
        query = query.instant() if instant else query.range()
        return query.format(prometheus.PromQueryFormat.TABLE if table else prometheus.PromQueryFormat.TIME_SERIES)


def _column(column: Column, *, named: bool = False) -> list[model.DynamicConfigValue]:
    """Overrides of a column. named: also its title, where no transformation has given it."""

    def value(name: str, content: object) -> model.DynamicConfigValue:
        return model.DynamicConfigValue(id_val=name, value=content)

    found: list[model.DynamicConfigValue] = [value("displayName", column.title)] if named else []
    if column.unit is not None:
        found.append(value("unit", column.unit))
    if column.decimals is not None:
        found.append(value("decimals", column.decimals))
    if column.words is not None:
        found.append(value("mappings", [looks.words(column.words)]))
        found.append(value("custom.cellOptions", {"type": "color-text"}))
    if column.link is not None:
        title, url = column.link
        found.append(value("links", [{"title": title, "url": url, "targetBlank": False}]))
    if column.width is not None:
        found.append(value("custom.width", column.width))
    if column.bar:
        found.append(value("custom.cellOptions", {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}))
        found.append(value("color", {"mode": "fixed", "fixedColor": looks.BLUE}))
        found.append(value("min", 0))
    return found
