"""Answers to operators: one worker's decisions, routes, models and metrics, and those of its siblings."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gate.admission.credentials import admin_key_name
from gate.core.decision import RouteDecision
from gate.core.execution import Execution
from gate.core.ids import worker_of
from gate.core.money import PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION, Price
from gate.core.route import Route
from gate.engine.explain import explain_text
from gate.engine.explain_rules import rules_of, rules_told
from gate.engine.gateway import Gateway
from gate.engine.health_book import HealthBook
from gate.engine.mock import Mock, explained, features_of_mock
from gate.health.signals import signals_of
from gate.health.sli import route_readiness
from gate.planner.serialise import decision_to, execution_to
from gate.server.application import WorkerContext
from gate.server.peers import Handler, ask, ask_all
from gate.store.decisions import Decisions
from gate.telemetry.metrics.record import HttpFacts
from gate.telemetry.setup import WorkerTelemetry
from gate.telemetry.view import as_dict, view

PEER_TIMEOUT_S = 2.0


class Answers:
    """`engine.admin.Admin` for one worker. Whatever is asked of it is answered for all workers."""

    def __init__(
        self,
        gateway: Gateway,
        health: HealthBook,
        store: Decisions,
        telemetry: WorkerTelemetry,
        context: WorkerContext,
    ) -> None:
        self._gateway = gateway
        self._health = health
        self._store = store
        self._telemetry = telemetry
        self._context = context
        self._since = datetime.fromtimestamp(int(context.started_at), UTC)

    def for_peers(self) -> Mapping[str, Handler]:
        """What the other workers may ask this one."""
        return {"decision": self._peer_decision, "latest": self._peer_latest}

    def ready(self) -> tuple[bool, str]:
        draining = self._gateway.entries.draining
        return not draining, "draining" if draining else ""

    def models(self) -> Sequence[dict[str, Any]]:
        """`created` is when this Gate was started: the names are its own."""
        return [
            {
                "id": name,
                "object": "model",
                "type": "model",
                "display_name": title,
                "created": int(self._since.timestamp()),
                "created_at": self._since.isoformat().replace("+00:00", "Z"),
                "owned_by": "gate",
            }
            for name, title in self._gateway.snapshot.publish.items()
        ]

    def explain(self, mock: Mock) -> dict[str, Any]:
        features = features_of_mock(mock, self._gateway.snapshot, self._telemetry.crash)
        gateway = self._gateway
        decision = gateway.plan(features, mock.at_ns, mock.suppose)
        real = gateway.plan(features, mock.at_ns) if mock.suppose else None
        return explained(decision, gateway.snapshot, real)

    async def decision(self, decision_id: str) -> dict[str, Any] | None:
        worker = worker_of(decision_id)
        if worker is None:
            return None
        if worker == self._context.index:
            told = self._told(decision_id)
        else:
            found = await ask(self._context.runtime_dir, worker, "decision", {"id": decision_id}, PEER_TIMEOUT_S)
            told = None if found is None else found.get("found")
        if told is None:
            # Too old for a ring, or of a worker that has ended since.
            stored = await self._store.stored(decision_id)
            told = None if stored is None else self._shown(*stored)
        return told

    async def latest(self, count: int) -> list[dict[str, Any]]:
        context = self._context
        params = {"count": count}
        told = self._latest(count)
        answers = await ask_all(
            context.runtime_dir, context.workers, "latest", params, PEER_TIMEOUT_S, but=context.index
        )
        for answer in answers.values():
            told += answer["latest"]
        told.sort(key=_when, reverse=True)
        return told[:count]

    def routes(self) -> list[dict[str, Any]]:
        now = time.monotonic()
        return [self._route(route, now) for route in self._gateway.snapshot.routes.values()]

    async def metrics(self, accept: str) -> tuple[str, bytes]:
        self._telemetry.refresh(self._gateway.snapshot, self._health, time.monotonic())
        return await asyncio.to_thread(self._telemetry.exposition, accept)

    def answered(self, method: str, route: str | None, scheme: str, status: int, seconds: float) -> None:
        self._telemetry.recorder.http(HttpFacts(method, route, scheme), status, seconds)

    def admin_key_ok(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        return admin_key_name(list(headers), self._gateway.snapshot.admin_keys) is not None

    @property
    def admin_keys_configured(self) -> bool:
        return bool(self._gateway.snapshot.admin_keys)

    def _told(self, decision_id: str) -> dict[str, Any] | None:
        kept = self._store.ring.get(decision_id)
        return None if kept is None else self._shown(*kept)

    def _shown(self, decision: RouteDecision, execution: Execution) -> dict[str, Any]:
        rules = rules_of(decision, self._gateway.snapshot.world)
        return {
            "decision": decision_to(decision),
            "execution": execution_to(execution),
            "view": as_dict(self._view(decision, execution)),
            "rules": None if rules is None else rules_told(rules),
            "text": explain_text(decision, execution, rules),
        }

    def _view(self, decision: RouteDecision, execution: Execution) -> Any:
        return view(decision, execution, self._telemetry.view_settings)

    def _latest(self, count: int) -> list[dict[str, Any]]:
        return [
            {"now_ns": decision.now_ns, **as_dict(self._view(decision, execution))}
            for decision, execution in self._store.ring.latest(count)
        ]

    def _peer_decision(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"found": self._told(str(params.get("id", "")))}

    def _peer_latest(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"latest": self._latest(int(params.get("count", 0)))}

    def _route(self, route: Route, now: float) -> dict[str, Any]:
        snapshot = self._gateway.snapshot
        provider = snapshot.world.providers.get(route.provider)
        lane = snapshot.world.lanes.get(route.lane)
        health = self._health.of(route.id)
        unusable = provider.unusable if provider is not None else None
        return {
            "id": route.id,
            "provider": route.provider,
            "model": route.model,
            "lane": route.lane,
            "family": lane.family if lane is not None else None,
            "cluster": lane.cluster.value if lane is not None else None,
            "type": route.type.value,
            "billing": route.billing.value,
            "dialects": sorted(dialect.value for dialect in route.dialects),
            "transformers": list(snapshot.transformers.of(route.id, route.provider).names),
            "readiness": route_readiness(unusable, health, now).value,
            "why": None if unusable is None else unusable.text,
            "context_window": route.context_window,
            "max_output_tokens": route.max_output_tokens,
            "input_usd_per_million": _usd(route.prices.input),
            "output_usd_per_million": _usd(route.prices.output),
            "price_source": route.prices.output.source if route.prices.output is not None else None,
            "quota_group": route.quota_group,
            "headroom": {kind.value: left for kind, left in self._health.headroom(route.id, now).items()},
            "signals": signals_of(health, now),
        }


def _when(entry: dict[str, Any]) -> int:
    return entry["now_ns"]


def _usd(price: Price | None) -> float | None:
    return None if price is None else price.pico_per_token / PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION
