"""A request in canonical form as the body of `POST /v1/responses`, and of the endpoint that counts its tokens.

A request that came in this dialect keeps every member and item. One of another dialect is asked with `store: false`
and for encrypted reasoning: Gate keeps nothing, so the client has to. Members and limits:
https://platform.openai.com/docs/api-reference/responses/create (read 2026-11-21), types of the openai SDK 3.54.
"""

import hashlib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

import msgspec

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction, Use
from gate.protocols.canonical.parts import Part, Text, Wire
from gate.protocols.canonical.request import Effort, Message, Reasoning, Request, Role, ToolKind
from gate.protocols.efforts import nearest_effort
from gate.protocols.fields import mapping
from gate.protocols.openai_responses.content import DIALECT
from gate.protocols.openai_responses.encode_content import ContentWriter
from gate.protocols.openai_responses.encode_items import ItemWriter
from gate.protocols.openai_responses.encode_tools import ToolWriter, choice, output_format
from gate.protocols.openai_responses.values import array
from gate.protocols.translation import Aim, Encoded

ENCRYPTED = "reasoning.encrypted_content"
_LEAST_TOKENS = 16
_USER_MOST = 64
"""Longer ids of end users are refused (Claude Code's are)."""
_SHARED = frozenset(
    {"safety_identifier", "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "moderation"}
)
"""Members the chat dialect spells alike."""
_SILENT = frozenset({"stream_options", "store"})
"""Chat members that need no counterpart: usage always comes here, and nothing is stored."""
_TIERS = {"auto": "auto", "standard_only": "default"}
"""Anthropic's service tiers."""
_COUNTED = frozenset(
    {
        "model",
        "input",
        "instructions",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "reasoning",
        "text",
        "truncation",
        "conversation",
        "previous_response_id",
    }
)
_MEMBERS: Mapping[Dialect, Mapping[str, str]] = {
    Dialect.ANTHROPIC_MESSAGES: {
        "stop": "stop_sequences",
        "user": "metadata.user_id",
        "reasoning": "thinking",
        "output": "output_config.format",
    },
    Dialect.OPENAI_CHAT: {"choices": "n", "reasoning": "reasoning_effort", "output": "response_format"},
    Dialect.GEMINI: {
        "stop": "generationConfig.stopSequences",
        "max_tokens": "generationConfig.maxOutputTokens",
        "temperature": "generationConfig.temperature",
        "top_p": "generationConfig.topP",
        "top_k": "generationConfig.topK",
        "seed": "generationConfig.seed",
        "presence_penalty": "generationConfig.presencePenalty",
        "frequency_penalty": "generationConfig.frequencyPenalty",
        "choices": "generationConfig.candidateCount",
        "logprobs": "generationConfig.responseLogprobs",
        "reasoning": "generationConfig.thinkingConfig",
        "output": "generationConfig.responseSchema",
    },
    Dialect.OPENAI_RESPONSES: {"max_tokens": "max_output_tokens", "output": "text.format"},
}
"""How a client spelled what is named otherwise in the canonical form."""


def encode_request(request: Request, aim: Aim) -> Encoded:
    """See `gate.protocols.translation.Translator`."""
    writer = _Writer(request, aim)
    body = writer.body()
    return Encoded(msgspec.json.encode(body), tuple(writer.losses))


def encode_count(request: Request, aim: Aim) -> Encoded:
    """The body of `POST /v1/responses/input_tokens`."""
    writer = _Writer(request, aim)
    body = {name: value for name, value in writer.body().items() if name in _COUNTED}
    return Encoded(msgspec.json.encode(body), tuple(writer.losses))


class _Writer:
    """Writes one request. Members are set in the order in which OpenAI lists them."""

    def __init__(self, request: Request, aim: Aim) -> None:
        self._request = request
        self._aim = aim
        self._own = request.dialect is DIALECT
        self._content = ContentWriter(request.dialect, aim.quirks)
        self._tools = ToolWriter(self._content)
        self._body: dict[str, object] = {"model": aim.model}
        # The tools, by identity of the object they were read from, that are sent inside items.
        self._placed: set[int] = set()

    @property
    def losses(self) -> list[Loss]:
        return self._content.losses

    def body(self) -> dict[str, object]:
        self._conversation()
        self._tooling()
        self._shape()
        self._sampling()
        self._context()
        self._body["stream"] = self._request.stream
        self._others()
        for name in self._aim.quirks.drops:
            if self._body.pop(name, None) is not None:
                self._lose(Feature.PARAMETERS, self._spelled(name))
        return self._body

    def _lose(self, feature: Feature, path: str, action: LossAction = LossAction.DROPPED) -> None:
        self._content.lose(feature, path, action)

    def _spelled(self, name: str) -> str:
        return _MEMBERS[self._request.dialect].get(name, name)

    def _conversation(self) -> None:
        items = ItemWriter(self._content, self._aim)
        said: list[str] = []
        for message in self._request.messages:
            if message.top:
                said.extend(self._instruction(message, items))
            else:
                items.message(message)
        sent = self._with_their_tools(items.items)
        if said:
            self._body["instructions"] = "\n\n".join(said)
        only = self._request.messages[-1] if self._request.messages else None
        as_text = self._own and only is not None and only.path == "input" and len(only.parts) == 1
        text = only.parts[0] if as_text and only is not None else None
        self._body["input"] = text.text if isinstance(text, Text) and len(sent) == 1 else sent

    def _instruction(self, message: Message, items: ItemWriter) -> list[str]:
        """The texts of a message from outside the list; what is not text stands first in it."""
        said: list[str] = []
        rest: list[Part] = []
        for at, part in enumerate(message.parts):
            if isinstance(part, Text):
                if part.cache is not None:
                    self._lose(Feature.CACHE_HINTS, f"{message.path}[{at}].cache_control")
                if part.text:
                    said.append(part.text)
            else:
                rest.append(part)
        if rest:
            items.message(Message(Role.DEVELOPER, tuple(rest), path=message.path))
        return said

    def _tooling(self) -> None:
        request = self._request
        if request.tools is not None:
            tools = self._tools.tools([tool for tool in request.tools if id(tool.raw) not in self._placed])
            if tools or (self._own and not request.tools):
                self._body["tools"] = tools
        chosen = request.tool_choice
        if chosen is None or not (self._own or self._body.get("tools")):
            return
        if self._own and "tool_choice" in request.others:
            self._body["tool_choice"] = request.others["tool_choice"]
        elif not self._own and chosen.kind in (ToolKind.VENDOR, ToolKind.SERVER):
            self._lose(Feature.TOOL_CHOICE, "tool_choice")
        elif not self._own and chosen.mode == "tool" and chosen.kind in (ToolKind.SEARCH, ToolKind.WEB_SEARCH):
            # A search cannot be asked for by name: the nearest is that some tool has to be called.
            self._lose(Feature.TOOL_CHOICE, "tool_choice", LossAction.APPROXIMATED)
            self._body["tool_choice"] = "required"
        else:
            self._body["tool_choice"] = choice(chosen, request.tools or ())
        if chosen.parallel is not None:
            self._body["parallel_tool_calls"] = chosen.parallel

    def _with_their_tools(self, items: list[Wire]) -> list[Wire]:
        """The items of an input, tools in them as the request has them: what was changed or left out since it came is
        sent among the request's own tools instead."""
        if not self._own:
            return items
        known = {id(tool.raw) for tool in self._request.tools or ()}
        sent: list[Wire] = []
        for item in items:
            kind = item.get("type")
            if kind in ("additional_tools", "tool_search_output"):
                inside = set(map(id, _tools_in(item)))
                if kind == "additional_tools" and not inside <= known:
                    continue
                self._placed |= inside
            sent.append(item)
        return sent

    def _shape(self) -> None:
        text: dict[str, object] = {}
        output = self._request.output
        if output is not None:
            use = Use.JSON_SCHEMA if output.kind == "json_schema" else Use.JSON_OBJECT
            if use in self._aim.quirks.cannot:
                self._lose(Feature.JSON_SCHEMA, self._spelled("output"))
            else:
                text["format"] = output_format(output, own=self._own)
        if self._request.verbosity is not None:
            text["verbosity"] = self._request.verbosity
        if text:
            self._body["text"] = text
        if self._request.reasoning is not None:
            self._reasoning(self._request.reasoning)

    def _reasoning(self, asked: Reasoning) -> None:
        path, effort = self._spelled("reasoning"), asked.effort
        off = asked.on is False or effort is Effort.NONE
        if not self._own and (self._aim.thinks is False or not self._aim.quirks.effort):
            if not off:
                self._lose(Feature.THINKING, path)
            return
        if off and effort is None:
            # Not every model can be told not to think, so none is.
            self._lose(Feature.THINKING, path, LossAction.APPROXIMATED)
            return
        if effort is None and asked.budget is not None:
            effort = effort_of(asked.budget)
            self._lose(Feature.THINKING, path, LossAction.APPROXIMATED)
        if effort is not None and not self._own and effort is not nearest_effort(effort, self._aim.quirks.efforts):
            effort = nearest_effort(effort, self._aim.quirks.efforts)
            self._lose(Feature.THINKING, path, LossAction.APPROXIMATED)
        if effort is not None and (nearest := nearest_effort(effort, self._aim.quirks.efforts)) is not effort:
            self._lose(Feature.THINKING, path, LossAction.APPROXIMATED)
            effort = nearest
        made: dict[str, object] = {} if effort is None else {"effort": effort.value}
        summary = None if off else _summary(asked)
        if summary is not None:
            made["summary"] = summary
        if made:
            self._body["reasoning"] = made

    def _sampling(self) -> None:
        request, aim = self._request, self._aim
        sampling = request.sampling
        if request.max_tokens is not None:
            self._body["max_output_tokens"] = max(request.max_tokens, _LEAST_TOKENS)
            if request.max_tokens < _LEAST_TOKENS:
                self._lose(Feature.PARAMETERS, self._spelled("max_tokens"), LossAction.APPROXIMATED)
        fixed = any(fnmatchcase(aim.model.lower(), pattern) for pattern in aim.quirks.reasoning_models)
        for name, value in (("temperature", sampling.temperature), ("top_p", sampling.top_p)):
            if value is None:
                continue
            if fixed:
                self._lose(Feature.SAMPLING, self._spelled(name))
            else:
                self._body[name] = value
        if sampling.logprobs is not None:
            if not self._own:
                self._lose(Feature.SAMPLING, self._spelled("logprobs"))
            elif sampling.logprobs > 0:
                self._body["top_logprobs"] = sampling.logprobs  # of the chosen tokens alone: `include` says it
        unknown = {
            "top_k": sampling.top_k,
            "seed": sampling.seed,
            "presence_penalty": sampling.presence_penalty,
            "frequency_penalty": sampling.frequency_penalty,
            "choices": sampling.choices if sampling.choices != 1 else None,
            "stop": request.stop or None,
        }
        for name, value in unknown.items():
            if value is not None:
                self._lose(Feature.SAMPLING, self._spelled(name))

    def _context(self) -> None:
        request = self._request
        if request.metadata is not None:
            self._body["metadata"] = request.metadata
        if request.user is not None:
            self._body["user"] = request.user if self._own else self._user(request.user)
        if request.cache is not None:
            self._lose(Feature.CACHE_HINTS, "cache_control")
        tier = request.service_tier
        if tier is not None and request.dialect is Dialect.ANTHROPIC_MESSAGES:
            tier = _TIERS.get(tier)
            if tier is None:
                self._lose(Feature.PARAMETERS, "service_tier")
        if tier is not None:
            self._body["service_tier"] = tier

    def _user(self, user: str) -> str:
        if len(user) <= _USER_MOST:
            return user
        self._lose(Feature.PARAMETERS, self._spelled("user"), LossAction.APPROXIMATED)
        return hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()

    def _others(self) -> None:
        """Members without a canonical place. Dotted names are members of an object."""
        for name, value in self._request.others.items():
            if not self._own:
                self._other(name, value)
            elif "." in name:
                outer, _, inner = name.partition(".")
                self._body[outer] = {**mapping(self._body.get(outer)), inner: value}
            elif name != "tool_choice":
                self._body[name] = value
        if not self._own:
            self._body["store"] = False
            self._body["include"] = [ENCRYPTED]

    def _other(self, name: str, value: object) -> None:
        if name in _SHARED and self._request.dialect is Dialect.OPENAI_CHAT:
            self._body[name] = value
        elif name not in _SILENT or (name == "store" and value is True):
            self._lose(Feature.PARAMETERS, name)


def _tools_in(item: Wire) -> Iterator[Wire]:
    """The tools in one item, those of namespaces one by one."""
    for tool in map(mapping, array(item.get("tools"))):
        if tool.get("type") == "namespace":
            yield from map(mapping, array(tool.get("tools")))
        else:
            yield tool


def effort_of(budget: int) -> Effort:
    """The effort nearest to a budget of thinking tokens."""
    if budget < 4096:
        return Effort.LOW
    return Effort.MEDIUM if budget < 16384 else Effort.HIGH


_SUMMARIES = frozenset({"auto", "concise", "detailed"})
_HIDDEN = frozenset({"omitted", "none", "off"})


def _summary(asked: Reasoning) -> str | None:
    """The kind of summary. A client that asked to think without saying what to show is shown what there is."""
    if asked.summary is None:
        return "auto" if asked.on is True and (asked.adaptive or asked.budget is not None) else None
    if asked.summary in _SUMMARIES:
        return asked.summary
    return None if asked.summary in _HIDDEN else "auto"
