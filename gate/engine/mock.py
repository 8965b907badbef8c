"""A request that nobody sent: what `gate route test` and `POST /gate/v1/explain` ask about.

It goes the way of a real one as far as the plan. Its text is looked at by the rules and then forgotten.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from gate.core.decision import RouteDecision
from gate.core.dialect import Dialect, Operation
from gate.core.loss import Use
from gate.core.request import ClientProfile, RequestFeatures
from gate.engine.explain import explain_text
from gate.engine.explain_rules import rules_of, rules_told
from gate.engine.features import BYTES_PER_TOKEN
from gate.engine.matching import Header, Told
from gate.engine.snapshot import Snapshot
from gate.health.snapshot import UNKNOWN_HEALTH
from gate.planner.plan import plan
from gate.planner.serialise import decision_to
from gate.planner.whatif import Supposed, changes, supposing
from gate.protocols.last_text import LIMIT


@dataclass(frozen=True, slots=True)
class Mock:
    """What is left out is what a plain request has. client: None = what the headers tell. tenant: name of a client
    key. headers: names in lower case; they tell agents too. text: what the user said last. at_ns: the wall clock then,
    None = now. suppose: route -> a state it is supposed to be in."""

    model: str
    dialect: Dialect = Dialect.ANTHROPIC_MESSAGES
    operation: Operation = Operation.CHAT
    stream: bool = True
    tools: bool = False
    images: bool = False
    thinking: bool = False
    json_schema: bool = False
    web_search: bool = False
    input_tokens: int = 1_000
    max_tokens: int | None = None
    client: ClientProfile | None = None
    tenant: str | None = None
    own_credential: bool = False
    headers: tuple[Header, ...] = ()
    text: str = ""
    at_ns: int | None = None
    suppose: Mapping[str, Supposed] = field(default_factory=dict[str, Supposed])


def features_of_mock(mock: Mock, snapshot: Snapshot, told: Told) -> RequestFeatures:
    """The features such a request would have. told: of a rule written in Python that raised."""
    client = snapshot.profiles.recognise(mock.headers)
    features = RequestFeatures(
        dialect=mock.dialect,
        operation=mock.operation,
        model=mock.model,
        stream=mock.stream,
        body_bytes=mock.input_tokens * BYTES_PER_TOKEN,
        token_estimate=mock.input_tokens,
        tools=mock.tools,
        images=mock.images,
        thinking=mock.thinking,
        json_schema=mock.json_schema,
        max_tokens=mock.max_tokens,
        client=client.profile if mock.client is None else mock.client,
        client_version=client.version,
        client_key=mock.tenant,
        own_credential=mock.own_credential,
        session=client.session,
        web_search=mock.web_search,
        uses=frozenset({Use.WEB_SEARCH}) if mock.web_search else frozenset(),
    )
    return snapshot.matching.applied(features, mock.headers, lambda: _cut(mock.text), told)


def explained(decision: RouteDecision, snapshot: Snapshot, real: RouteDecision | None = None) -> dict[str, Any]:
    """A decision nobody acts on, with every rule's verdict, as JSON-able data. real: the one that would be made as
    things are, where this one supposes them to be otherwise."""
    rules = rules_of(decision, snapshot.world) or ()
    found = () if real is None else changes(real, decision)
    text = explain_text(decision, rules=rules)
    told = [f"differs    {change.what}: {change.before} -> {change.after}" for change in found]
    if real is not None and not found:
        told = ["differs    in nothing from the decision as things are"]
    return {
        "decision": decision_to(decision),
        "rules": rules_told(rules),
        "changes": [asdict(change) for change in found],
        "text": "\n".join([text, *told]),
    }


def explained_alone(mock: Mock, snapshot: Snapshot, now_ns: int, told: Told) -> dict[str, Any]:
    """The same under a configuration that no Gate runs with: every route is healthy. now_ns: the wall clock, unless the
    mock says otherwise."""
    features = features_of_mock(mock, snapshot, told)
    at_ns = now_ns if mock.at_ns is None else mock.at_ns
    world = snapshot.world_for(features)

    def decided(suppose: Mapping[str, Supposed]) -> RouteDecision:
        health = supposing(UNKNOWN_HEALTH, world, suppose, 0.0)
        return plan(features, world, health, 0.0, at_ns, 0, "nothing was sent")

    return explained(decided(mock.suppose), snapshot, decided({}) if mock.suppose else None)


def _cut(text: str) -> str:
    return text.encode("utf-8", "replace")[:LIMIT].decode("utf-8", "ignore")
