"""A request as the planner sees it: features, never text."""

from dataclasses import dataclass
from enum import StrEnum

from gate.core.dialect import Dialect, Operation
from gate.core.loss import Use


class ClientProfile(StrEnum):
    """Who is calling, recognised from headers."""

    CLAUDE = "claude"
    OPENCODE = "opencode"
    OPENCLAW = "openclaw"
    CODEX = "codex"
    CURSOR = "cursor"
    CONTINUE = "continue"
    AUTOMATION = "automation"


class CredentialKind(StrEnum):
    """Whose credential the upstream call will carry (protocols.md, "Whose credential")."""

    GATE_KEY = "gate_key"
    CONFIGURED = "configured"
    OWN = "own"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class Session:
    """Ids the client sent of its session and agents. Span attributes, never metric labels."""

    id: str | None = None
    agent: str | None = None
    parent_agent: str | None = None


NO_SESSION = Session()


@dataclass(frozen=True, slots=True)
class RequestFeatures:
    """What is known of a request before any choice.

    model: as the client sent it. body_bytes: decoded size. token_estimate: a rough count of input tokens (bytes / 4),
    only good to compare with a context window. max_tokens: the output limit asked for, None when not given.
    client_key: the name (never the value) of the Gate client key used. own_credential: the client brought a credential
    of its dialect's own vendor, which is used where that vendor has no configured key. uses: what not every dialect can
    carry. web_search: a web search tool of a vendor is offered. sticky_key: what requests of one session share, None
    where nothing tells. matched: names of the routing rules' conditions on text and headers that hold; the texts and
    values themselves are never kept.
    """

    dialect: Dialect
    operation: Operation
    model: str
    stream: bool
    body_bytes: int
    token_estimate: int
    tools: bool = False
    images: bool = False
    thinking: bool = False
    json_schema: bool = False
    max_tokens: int | None = None
    messages: int | None = None
    client: ClientProfile = ClientProfile.AUTOMATION
    client_version: str | None = None
    client_key: str | None = None
    own_credential: bool = False
    session: Session = NO_SESSION
    conversation_id: str | None = None
    uses: frozenset[Use] = frozenset()
    web_search: bool = False
    sticky_key: str | None = None
    matched: frozenset[str] = frozenset()
