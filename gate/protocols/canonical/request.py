"""A request in canonical form."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Part, Wire


class Role(StrEnum):
    """system and developer messages may stand anywhere; tool results stand in user messages, calls in assistant
    ones."""

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"


class Message(msgspec.Struct, frozen=True, gc=False):
    """top: it stood outside the list of messages (Anthropic `system`, Responses `instructions`, Gemini
    `systemInstruction`); such messages come first. name: of the participant (OpenAI). path: where it stood, for
    losses, e.g. `messages[3]`. raw: as for parts."""

    role: Role
    parts: tuple[Part, ...]
    top: bool = False
    name: str | None = None
    path: str = ""
    raw: Wire | None = None


class ToolKind(StrEnum):
    """function: the client runs it, with a JSON schema. custom: the client runs it on one free text (OpenAI). search:
    the client's own search for further tools (OpenAI `tool_search`, `execution: client`). vendor: the client runs it,
    but only its vendor knows the schema (Anthropic bash, text editor, computer, memory). web_search: the vendor
    searches the web. server: any other tool the vendor runs."""

    FUNCTION = "function"
    CUSTOM = "custom"
    SEARCH = "search"
    VENDOR = "vendor"
    WEB_SEARCH = "web_search"
    SERVER = "server"


class Tool(msgspec.Struct, frozen=True, gc=False):
    """One tool offered. Namespace tools are flattened: each function of one is a Tool with its `namespace`.

    schema: JSON Schema of the arguments (function), None when none was given. grammar: the `format` object of a custom
    tool. deferred: its schema is only to be loaded when searched for. options: settings of a web search in canonical
    words (`allowed_domains`, `blocked_domains`: lists; `max_uses`: int; `user_location`: object). path: for losses,
    e.g. `tools[2]`.
    """

    kind: ToolKind
    name: str
    description: str | None = None
    schema: Wire | None = None
    strict: bool | None = None
    namespace: str | None = None
    namespace_description: str | None = None
    grammar: Wire | None = None
    deferred: bool = False
    options: Wire | None = None
    cache: Wire | None = None
    path: str = ""
    raw: Wire | None = None


class ToolChoice(msgspec.Struct, frozen=True, gc=False):
    """mode: auto, none, any (at least one call), tool (exactly `name`). allowed: only these names (OpenAI
    `allowed_tools`, Gemini `allowedFunctionNames`), with mode auto or any. parallel: False = at most one call at once,
    None = not said."""

    mode: Literal["auto", "none", "any", "tool"] = "auto"
    name: str | None = None
    kind: ToolKind = ToolKind.FUNCTION
    allowed: tuple[str, ...] = ()
    parallel: bool | None = None


class Effort(StrEnum):
    """How hard a model should think; the union of what vendors spell."""

    NONE = "none"
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


class Reasoning(msgspec.Struct, frozen=True, gc=False):
    """What was asked about thinking. Unset members were not said.

    on: True or False when thinking was switched; adaptive: the model decides how much. budget: tokens. effort: None
    when only a budget was given. summary: show it (OpenAI `summary`, Anthropic `display`, Gemini `includeThoughts`), in
    the word used, e.g. auto, concise, detailed, omitted. raw: the members it was read from, by name (chat has many
    spellings).
    """

    on: bool | None = None
    adaptive: bool = False
    budget: int | None = None
    effort: Effort | None = None
    summary: str | None = None
    raw: Wire | None = None


class OutputFormat(msgspec.Struct, frozen=True, gc=False):
    """kind: json_schema (with schema) or json_object."""

    kind: Literal["json_schema", "json_object"]
    schema: Wire | None = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None


class Sampling(msgspec.Struct, frozen=True, gc=False):
    """As sent; None = not said. logprobs: how many alternatives, 0 = only the chosen tokens'."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    choices: int | None = None
    logprobs: int | None = None


class Request(msgspec.Struct, frozen=True, gc=False):
    """A whole request.

    dialect: the one it was decoded from. tools: None when no member `tools` was there. user: an end user's id.
    metadata: free key-value pairs (OpenAI `metadata`). verbosity: OpenAI's. service_tier: as spelled. others: top-level
    members that have no canonical place, by name as spelled; an encoder of the same dialect puts them back, one of
    another dialect reports each as a loss (feature `parameters`) unless it means nothing there.
    """

    dialect: Dialect
    model: str
    messages: tuple[Message, ...]
    stream: bool = False
    include_usage: bool = False
    max_tokens: int | None = None
    tools: tuple[Tool, ...] | None = None
    tool_choice: ToolChoice | None = None
    reasoning: Reasoning | None = None
    output: OutputFormat | None = None
    stop: tuple[str, ...] = ()
    sampling: Sampling = Sampling()
    user: str | None = None
    metadata: Wire | None = None
    verbosity: str | None = None
    service_tier: str | None = None
    cache: Wire | None = None
    """Anthropic's top-level `cache_control`; OpenAI's `prompt_cache_key` and retention stay in `others`."""
    others: Mapping[str, object] = {}
