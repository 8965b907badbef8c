"""A client's request in canonical form. https://platform.claude.com/docs/en/api/messages

What has no canonical place stays in `Request.others`: top-level members under their name, members of tools and messages
under the place where they stood (`tools[3].input_examples`), so that every encoder reports them. An effort told by a
system message among the messages is the one that counts for what comes next.
"""

from collections.abc import Mapping
from typing import cast

from gate.core.errors import ErrorCode, GateError
from gate.protocols.anthropic_messages.body import array, filled, members, request_object, string
from gate.protocols.anthropic_messages.decode_blocks import DIALECT, opened, read_content
from gate.protocols.anthropic_messages.decode_tools import read_choice, read_tools, untold
from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import (
    Effort,
    Message,
    OutputFormat,
    Reasoning,
    Request,
    Role,
    Sampling,
)
from gate.protocols.fields import mapping, tokens

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM, "developer": Role.DEVELOPER}
_EFFORTS = {effort.value: effort for effort in Effort}
_READ = frozenset({"model", "stream", "messages", "system"})


def decode_request(body: bytes, *, model: str, stream: bool) -> Request:
    """See `gate.protocols.translation.Translator`."""
    return _Reader(request_object(body)).request(model, stream=stream)


class _Reader:
    """others: what has found no place yet."""

    def __init__(self, body: Wire) -> None:
        self._body = body
        self._others: dict[str, object] = {name: value for name, value in body.items() if name not in _READ}

    def request(self, model: str, *, stream: bool) -> Request:
        messages = (*_system(self._body.get("system")), *self._messages())
        tools = read_tools(self._take("tools", list))
        self._others |= untold(tools)
        choice = self._others.get("tool_choice")
        tool_choice = read_choice(choice, tools)
        if tool_choice is not None:
            del self._others["tool_choice"]
        config = dict(mapping(self._take("output_config", dict)))
        output = self._output(config)
        reasoning = self._reasoning(config)
        if config:
            self._others["output_config"] = config
        metadata = dict(mapping(self._take("metadata", dict)))
        user = filled(metadata, "user_id")
        if user is not None:
            del metadata["user_id"]
        return Request(
            dialect=DIALECT,
            model=model,
            messages=messages,
            stream=stream,
            max_tokens=self._count("max_tokens"),
            tools=tools,
            tool_choice=tool_choice,
            reasoning=reasoning,
            output=output,
            stop=self._stop(),
            sampling=Sampling(self._number("temperature"), self._number("top_p"), self._count("top_k")),
            user=user,
            metadata=metadata or None,
            service_tier=cast("str | None", self._take("service_tier", str)),
            cache=cast("Wire | None", self._take("cache_control", dict)),
            others=self._others,
        )

    def _take(self, name: str, kind: type) -> object:
        """A member of this type; one of another type stays among the others, null is as good as not said."""
        value = self._others.get(name)
        if value is None or isinstance(value, kind):
            self._others.pop(name, None)
            return value
        return None

    def _count(self, name: str) -> int | None:
        value = self._others.get(name)
        found = tokens(value)
        if value is None or found is not None:
            self._others.pop(name, None)
        return found

    def _number(self, name: str) -> float | None:
        value = self._others.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float | None):
            return None
        self._others.pop(name, None)
        return value

    def _stop(self) -> tuple[str, ...]:
        value = self._others.get("stop_sequences")
        words = [word for word in array(value) if isinstance(word, str)]
        if value is None or (isinstance(value, list) and len(words) == len(cast("list[object]", value))):
            self._others.pop("stop_sequences", None)
            return tuple(words)
        return ()

    def _messages(self) -> list[Message]:
        found: list[Message] = []
        for at, value in enumerate(array(self._body.get("messages"))):
            message = mapping(value)
            role = _ROLES.get(string(message, "role"))
            path = f"messages[{at}]"
            if role is None:
                raise GateError(ErrorCode.INVALID_BODY, f"{path}.role must be user, assistant or system")
            if role is Role.SYSTEM and "clear_at" in message:
                self._others[f"{path}.clear_at"] = message["clear_at"]
            found.append(Message(role, read_content(message.get("content"), opened), path=path, raw=message))
        return found

    def _output(self, config: dict[str, object]) -> OutputFormat | None:
        """`output_config.format`, or `output_format` as it was called before."""
        for source, name in ((config, "format"), (self._others, "output_format")):
            asked = mapping(source.get(name))
            if asked.get("type") == "json_schema" and isinstance(asked.get("schema"), dict):
                del source[name]
                return OutputFormat("json_schema", mapping(asked["schema"]))
        return None

    def _reasoning(self, config: dict[str, object]) -> Reasoning | None:
        thinking = members(self._others, "thinking")
        word = config.get("effort")
        effort = _effort(word)
        raw: dict[str, object] = {}
        if effort is not None or word is None:
            config.pop("effort", None)
        if effort is not None:
            raw["effort"] = word
        effort = self._latest_effort() or effort
        if thinking is not None:
            raw["thinking"] = thinking
            del self._others["thinking"]
        elif self._others.get("thinking") is None:
            self._others.pop("thinking", None)
        if thinking is None and effort is None:
            return None
        return _asked(thinking or {}, effort, raw)

    def _latest_effort(self) -> Effort | None:
        for value in reversed(array(self._body.get("messages"))):
            message = mapping(value)
            if message.get("role") == "system" and "output_config" in message:
                found = _effort(mapping(message["output_config"]).get("effort"))
                if found is not None:
                    return found
        return None


def _effort(word: object) -> Effort | None:
    return _EFFORTS.get(word) if isinstance(word, str) else None


def _asked(thinking: Wire, effort: Effort | None, raw: Mapping[str, object]) -> Reasoning:
    kind = string(thinking, "type")
    # `between_tools` is how a model that cannot be stopped from thinking is told not to.
    switched = {"enabled": True, "adaptive": True, "disabled": False, "between_tools": False}.get(kind)
    return Reasoning(
        on=switched,
        adaptive=kind == "adaptive",
        budget=tokens(thinking.get("budget_tokens")) if kind == "enabled" else None,
        effort=effort,
        summary=filled(thinking, "display"),
        raw=raw,
    )


def _system(value: object) -> tuple[Message, ...]:
    """The system prompt, one message of one or many texts. A single text has no object of its own."""
    parts = read_content(value, opened)
    return (Message(Role.SYSTEM, parts, top=True, path="system"),) if parts else ()
