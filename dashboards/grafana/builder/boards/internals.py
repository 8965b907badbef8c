"""Internals: is the time Gate's own, does it refuse work, does its telemetry arrive, what is running."""

from dashboards.grafana.builder import looks
from dashboards.grafana.builder.board import VARIABLES, Board, Row
from dashboards.grafana.builder.kit import Ask, Column, Kit, Text
from dashboards.grafana.builder.queries import quantile, rate, total


def board(profile: str) -> Board:
    kit = Kit(profile, VARIABLES)
    about = "Gate itself: its own time, its load, its telemetry, its configuration."
    return Board("Internals", about, (_time(kit), _load(kit), _telemetry(kit), _memory(kit), _running(kit)))


def _time(kit: Kit) -> Row:
    return Row(
        "Is the time Gate's own?",
        (
            kit.lines(
                Text(
                    "Seconds of a request without an upstream call",
                    "Gate's own share of a request. Above the dashed line (0.05): workers are out of processor; see "
                    "requests under way, then add workers or instances. Click a dot for a trace.",
                    "No request ended in this time range.",
                ),
                Ask(quantile(0.5, "gate_overhead_seconds"), "half", exemplars=True),
                Ask(quantile(0.99, "gate_overhead_seconds"), "99 of 100"),
                unit="s",
                limits=looks.steps((0.05, looks.WARN)),
                colours=_TWO,
            ),
            kit.lines(
                Text(
                    "Seconds to make a decision",
                    "Time of the planner. It grows with the number of routes; above the dashed line (0.005) with few "
                    "routes, workers are out of processor.",
                    "No decision was made in this time range.",
                ),
                Ask(quantile(0.5, "gate_plan_duration_seconds"), "half"),
                Ask(quantile(0.99, "gate_plan_duration_seconds"), "99 of 100"),
                unit="s",
                limits=looks.steps((0.005, looks.WARN)),
                colours=_TWO,
            ),
            kit.lines(
                Text(
                    "How far token estimates are off",
                    "Gate's calibrated estimate of input tokens against what providers reported, either way. It is "
                    "what count_tokens answers where nobody counts. Above 0.2: a tokenizer it does not know yet; "
                    "prefer routes that count.",
                    "No estimate was compared in this time range.",
                ),
                Ask(quantile(0.5, "gate_token_estimate_error"), "half"),
                Ask(quantile(0.9, "gate_token_estimate_error"), "9 of 10"),
                unit="percentunit",
            ),
        ),
    )


_TWO = {"half": looks.BLUE, "99 of 100": looks.ORANGE}


def _load(kit: Kit) -> Row:
    return Row(
        "Is it overloaded, does it fail?",
        (
            kit.lines(
                Text(
                    "Requests under way, by instance",
                    "Open requests, streams included. Near limits.in_flight times the workers, requests queue and are "
                    "then refused: add workers or instances.",
                    "No Gate is scraped: check the job and the scrape of /metrics.",
                ),
                Ask("sum by (instance) (gate_in_flight_requests)", "{{instance}}"),
                unit="none",
            ),
            kit.lines(
                Text(
                    "Requests refused per second, by reason",
                    "overloaded: more in flight than limits allow; add capacity. draining: an instance is stopping; "
                    "the load balancer should have moved on.",
                    "No request was refused in this time range.",
                ),
                Ask(rate("gate_overload_rejections_total", "reason"), "{{reason}}"),
                unit="reqps",
                colours=looks.colours_of(kit.registry.attributes["gate.overload.reason"].values or ()),
            ),
            kit.lines(
                Text(
                    "Errors of Gate's own per second, by code",
                    "What Gate itself answered with; docs/reference/failures-and-reasons.md explains each code. "
                    "internal_error is a defect: report it with the log line of its decision.",
                    "Gate answered no error of its own in this time range.",
                ),
                Ask(rate("gate_errors_total", "code"), "{{code}}"),
                unit="ops",
            ),
            kit.lines(
                Text(
                    "HTTP answers per second, by route and status",
                    "Every answer, health checks and metrics included. 401 and 403 that grow: a client with a wrong "
                    "key. 5xx: see Requests.",
                    "No HTTP request ended in this time range.",
                ),
                Ask(
                    rate("http_server_request_duration_seconds_count", "http_route, http_response_status_code"),
                    "{{http_route}} {{http_response_status_code}}",
                ),
                unit="reqps",
            ),
        ),
    )


def _telemetry(kit: Kit) -> Row:
    signals = looks.colours_of(kit.registry.attributes["gate.signal"].values or ())
    scope = kit.scope("telemetry-loss")
    return Row(
        "Does its telemetry arrive?",
        (
            kit.lines(
                Text(
                    "Delivered per second, by signal",
                    "Spans, log records and data points that a collector took. Zero with traffic: no endpoint is set "
                    "or the collector is down.",
                    "Nothing was sent over OTLP: no endpoint is set (docs/how-to/telemetry.md).",
                ),
                Ask(rate("gate_telemetry_exported_total", "signal"), "{{signal}}"),
                unit="ops",
                width=8,
                colours=signals,
            ),
            kit.lines(
                Text(
                    "Waiting for export, by signal",
                    "Items in the bounded queues. Growing: the collector is slow or down; when the queue is full, "
                    "items are dropped.",
                    "Nothing waits: no endpoint is set, or no Gate is scraped.",
                ),
                Ask("sum by (signal) (gate_telemetry_queued)", "{{signal}}"),
                unit="none",
                width=8,
                colours=signals,
            ),
            kit.lines(
                Text(
                    "Given up per second, by signal and reason",
                    "Telemetry that was lost; requests are not touched. queue_full, export_failed: look at the "
                    "collector. rejected: what it answered is in Gate's log.",
                    "No telemetry was lost in this time range.",
                ),
                Ask(rate("gate_telemetry_dropped_total", "signal, reason"), "{{signal}} {{reason}}"),
                unit="ops",
                width=8,
            ),
            kit.table(
                Text(
                    scope.title,
                    f"{scope.about} Saved scope telemetry-loss.",
                    "No telemetry was lost in the last hour.",
                ),
                {"items": scope.promql or ""},
                {
                    "signal": Column("Signal"),
                    "reason": Column("Why"),
                    "items": Column("Items, last hour", unit="none", decimals=0, bar=True),
                },
                width=12,
                height=6,
            ),
            kit.table(
                Text(
                    "Metrics that are full",
                    "Metrics that had all the series they may have, and how many updates were counted under `other` "
                    "since. Raise the bound in the registry only if the names are really needed.",
                    "No metric has reached its bound of series.",
                ),
                {"updates": f"{total('gate_metric_overflows_total', 'metric')} > 0"},
                {"metric": Column("Metric"), "updates": Column("Updates", unit="none", decimals=0, bar=True)},
                width=12,
                height=6,
            ),
        ),
    )


def _memory(kit: Kit) -> Row:
    return Row(
        "Do replicas share what they know, and are decisions kept?",
        (
            kit.states(
                Text(
                    "Shared state, by worker",
                    "Whether each worker reaches the shared state. A worker that goes on alone serves as before and "
                    "learns of outages by itself: look at Redis and the way to it; Gate comes back without help.",
                    "No shared state is configured: each worker keeps its own (state in the configuration).",
                ),
                Ask("min by (instance, worker) (gate_state_up)", "{{instance}} worker {{worker}}"),
                looks.SHARED_STATE,
                height=6,
            ),
            kit.lines(
                Text(
                    "Failed operations on the shared state per second",
                    "connect: it is not reached. publish, read, write: it is reached and refuses; its own log says "
                    "why. Requests are not touched.",
                    "No operation on a shared state failed in this time range.",
                ),
                Ask(rate("gate_state_errors_total", "operation"), "{{operation}}"),
                unit="ops",
                height=6,
                colours=looks.colours_of(kit.registry.attributes["gate.state.operation"].values or ()),
            ),
            kit.lines(
                Text(
                    "Decisions given to the store per second, by result",
                    "dropped: the store is slower than the traffic. failed: it does not take them, see its disk. Both "
                    "are missing from `gate explain` and `gate diff`; requests are not touched.",
                    "No decision was given to a store in this time range.",
                ),
                Ask(rate("gate_store_decisions_total", "result"), "{{result}}"),
                unit="ops",
                height=6,
                stacked=True,
                colours=looks.colours_of(kit.registry.attributes["gate.store.result"].values or ()),
            ),
            kit.lines(
                Text(
                    "Decisions kept, by instance",
                    "How many decisions each instance's store has. It levels out at the retention that is configured; "
                    "falling to zero after a restart: the store is not on a disk that lasts.",
                    "No store has reported its size yet.",
                ),
                Ask("max by (instance) (gate_store_size)", "{{instance}}"),
                unit="none",
                height=6,
            ),
        ),
    )


def _running(kit: Kit) -> Row:
    return Row(
        "What is running?",
        (
            kit.table(
                Text(
                    "Versions and configurations",
                    "Every instance with its version and the configuration in force. Two configurations for longer "
                    "than a roll-out: an instance refused the new one; its log says why.",
                    "No Gate is scraped: check the job and the scrape of /metrics.",
                ),
                {
                    "gates": "max by (instance, version, python) (gate_build_info)",
                },
                {
                    "instance": Column("Instance"),
                    "version": Column("Gate"),
                    "python": Column("Python"),
                    "gates": Column("Running", unit="none", decimals=0),
                },
                width=8,
                height=7,
            ),
            kit.table(
                Text(
                    "Configuration in force, by instance",
                    "The version is a digest of the whole configuration. Instances that differ for longer than a "
                    "roll-out: one refused the new one; its log says why.",
                    "No Gate is scraped: check the job and the scrape of /metrics.",
                ),
                {"gates": "max by (instance, version) (gate_config_info)"},
                {
                    "instance": Column("Instance"),
                    "version": Column("Configuration"),
                    "gates": Column("In force", unit="none", decimals=0),
                },
                width=8,
                height=7,
            ),
            kit.lines(
                Text(
                    "Age of the workers",
                    "Seconds since each worker started. A line that falls to zero again and again: the worker dies; "
                    "its log says why.",
                    "No Gate is scraped: check the job and the scrape of /metrics.",
                ),
                Ask(
                    "time() - max by (instance, worker) (gate_worker_started_seconds)", "{{instance}} worker {{worker}}"
                ),
                unit="dtdurations",
                width=8,
                height=7,
            ),
            kit.lines(
                Text(
                    "Configurations read per second, by result",
                    "refused: the file in place is not in force; `gate check-config FILE` says what is wrong with it.",
                    "No configuration was read since the start.",
                ),
                Ask(rate("gate_config_reloads_total", "result"), "{{result}}"),
                unit="ops",
                width=24,
                height=6,
                colours=looks.colours_of(kit.registry.attributes["gate.reload.result"].values or ()),
            ),
        ),
    )
