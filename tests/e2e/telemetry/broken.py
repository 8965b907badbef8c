"""Run as a program: Gate with one renderer that tells something wrong, so that a test can see that it is noticed.

    python -m tests.e2e.telemetry.broken RENDERER serve --port 4000

RENDERER: spans, attempt_spans, headers, metrics, log, api, cli; or crash, for an error of Gate's own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from gate.telemetry.attempt_view import AttemptView
from gate.telemetry.view import DecisionView


def lied(view: DecisionView) -> DecisionView:
    """The view with another serving lane."""
    return replace(view, serving_lane="nowhere/at-all")


def spans() -> None:
    import gate.telemetry.spans as module

    honest = module.route_attributes

    def route_attributes(view: DecisionView) -> Any:
        return honest(lied(view))

    module.route_attributes = route_attributes


def attempt_spans() -> None:
    import gate.telemetry.spans as module

    honest = module.attempt_end

    def attempt_end(view: AttemptView, *table: Any) -> Any:
        # A failed attempt reported none, and is left alone.
        return honest(view if view.output_tokens is None else replace(view, output_tokens=1), *table)

    module.attempt_end = attempt_end


def headers() -> None:
    import gate.telemetry.scope as module

    honest = module.response_headers

    def response_headers(view: DecisionView, context: Any) -> Any:
        return honest(lied(view), context)

    module.response_headers = response_headers


def metrics() -> None:
    from gate.telemetry.metrics.record import Recorder

    honest: Any = Recorder.record

    def record(self: Recorder, view: DecisionView, *rest: Any) -> None:
        honest(self, replace(view, relation="primary"), *rest)

    patched: Any = Recorder
    patched.record = record


def log() -> None:
    import gate.telemetry.scope as module

    honest = module.log_request

    def log_request(view: DecisionView, *rest: Any) -> None:
        honest(lied(view), *rest)

    module.log_request = log_request


def api() -> None:
    import gate.answers as module

    honest: Any = module.as_dict

    def as_dict(flat: Any) -> dict[str, Any]:
        return honest(lied(flat))

    module.as_dict = as_dict


def cli() -> None:
    import gate.cli.command_explain as module

    honest = module.ask

    def asked(*given: Any) -> Any:
        answer = honest(*given)
        answer["view"]["serving_lane"] = "nowhere/at-all"
        return answer

    module.ask = asked


def crash() -> None:
    """No renderer: Gate itself meets something unexpected when an upstream has answered."""
    import gate.engine.executor as module

    async def deliver(*given: Any) -> None:
        raise RuntimeError("a quiet little secret")

    module.deliver = deliver


RENDERERS: dict[str, Callable[[], None]] = {
    "spans": spans,
    "attempt_spans": attempt_spans,
    "headers": headers,
    "metrics": metrics,
    "log": log,
    "api": api,
    "cli": cli,
}

if __name__ == "__main__":
    from gate.__main__ import main

    {**RENDERERS, "crash": crash}[sys.argv.pop(1)]()
    sys.exit(main())
