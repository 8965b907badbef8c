"""Chooses the passage of an attempt, and holds the policy to its word on losses.

What an attempt will lose is predicted when it is planned; what the encoder then really reports decides. A loss of a
feature the policy excludes fails the attempt before anything is sent, and the next route is tried.
"""

from dataclasses import replace

from gate.core.dialect import Operation
from gate.core.errors import GateError
from gate.core.failure import Failure, FailureKind
from gate.core.loss import Fidelity
from gate.core.profile import Endpoint
from gate.engine.exchange import Draft, Exchange
from gate.engine.passage import Passage, RawPassage, TranslatedPassage, holds_envelope
from gate.engine.ports import TransportFailure
from gate.engine.snapshot import Target
from gate.protocols.crossing import Crossing
from gate.protocols.registry import translator, translators
from gate.protocols.translation import Aim, Mint


def passage_of(x: Exchange, draft: Draft, target: Target) -> Passage:
    """The way of one attempt. Raises TransportFailure `untranslatable`."""
    planned = draft.planned
    client = x.codec.dialect
    dialect = planned.dialect or client
    transformers = x.snapshot.transformers.of(planned.route, planned.provider)
    if dialect is client and not transformers and not (client in translators() and holds_envelope(x.body)):
        scanned = x.scanned
        if "stream_options" in target.profile.endpoints[client].quirks.drops:
            scanned = replace(scanned, usage_insert=None)  # some refuse to be asked for usage, and report it anyway
        body = x.codec.rewrite(x.body, scanned, planned.model)
        return RawPassage(x.codec, scanned, x.inbound.operation, body)
    try:
        crossing = Crossing(
            translator(client),
            translator(dialect),
            x.request(),
            _aim(x, draft, target, target.profile.endpoints[dialect]),
            Mint(x.request_id.rpartition(b"_")[2].decode("ascii"), x.decision.now_ns // 1_000_000_000),
            transformers,
            counting=x.inbound.operation is Operation.COUNT_TOKENS,
        )
    except GateError as error:
        raise TransportFailure(
            Failure(FailureKind.UNTRANSLATABLE, f"cannot be asked in {dialect.value}: {error.message}")
        ) from None
    _hold_to_policy(x, crossing)
    return TranslatedPassage(crossing, dialect, dialect is not client, x.inbound.operation)


def _aim(x: Exchange, draft: Draft, target: Target, endpoint: Endpoint) -> Aim:
    profile = target.profile
    route = x.snapshot.routes.get(draft.planned.route)
    return Aim(
        model=draft.planned.model,
        vendor=profile.vendor or profile.name,
        quirks=endpoint.quirks,
        max_output_tokens=None if route is None else route.max_output_tokens,
        thinks=None if route is None else route.capabilities.thinking,
    )


def _hold_to_policy(x: Exchange, crossing: Crossing) -> None:
    fidelity = x.snapshot.world.policy.fidelity
    for loss in crossing.losses:
        if loss.action.hurts and fidelity.get(loss.feature) is Fidelity.EXCLUDE:
            raise TransportFailure(
                Failure(FailureKind.UNTRANSLATABLE, f"{loss.feature.value} at {loss.path} would be {loss.action.value}")
            )
