"""A client's request in canonical form.

Items that follow one another on one side of the conversation become one message: reasoning, texts and calls of the
assistant, or several results. The items themselves stay at hand as `raw = {"items": [...]}` of the message, and each
as `raw` of its part, so that an encoder of this dialect can send them back as they were. `path` of such a message is
`input[3]` or, for several items, `input[3:6]`. What has no canonical place is in `others` by its name, members of an
object by a dotted one (`reasoning.context`).
"""

from collections.abc import Mapping

import msgspec

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.protocols.canonical.parts import Opaque, Part, Text, Wire
from gate.protocols.canonical.request import Effort, Message, OutputFormat, Reasoning, Request, Role, Sampling
from gate.protocols.fields import UNREADABLE, mapping, wrong
from gate.protocols.opaque import unpack
from gate.protocols.openai_responses.content import parts_of
from gate.protocols.openai_responses.decode_tools import Tools, read_choice
from gate.protocols.openai_responses.items import is_result, kind_of, part_of
from gate.protocols.openai_responses.values import array, boolean, filled, integer, is_object, number, string
from gate.protocols.splice import mend_surrogates, read_object

NATIVE = "openai"
"""The vendor whose genuine tokens this dialect's `encrypted_content` holds."""

_READ = frozenset(
    {
        "model",
        "stream",
        "input",
        "instructions",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "reasoning",
        "text",
        "max_output_tokens",
        "temperature",
        "top_p",
        "top_logprobs",
        "metadata",
        "user",
        "service_tier",
    }
)
_USER, _ASSISTANT = Role.USER, Role.ASSISTANT
_ROLES = {"system": Role.SYSTEM, "developer": Role.DEVELOPER, "assistant": _ASSISTANT}
_EFFORTS = {effort.value: effort for effort in Effort}
_OBJECT = msgspec.json.Decoder(dict[str, object])


def decode_request(body: bytes, *, model: str, stream: bool) -> Request:
    """See `gate.protocols.translation.Translator`."""
    wire = _decoded(body)
    tools = Tools()
    tools.take(wire.get("tools"), "tools")
    reader = _Input(tools)
    messages = [*_instructions(wire.get("instructions")), *reader.messages(wire.get("input"))]
    others: dict[str, object] = {name: value for name, value in wire.items() if name not in _READ and value is not None}
    choice, said_all = read_choice(wire.get("tool_choice"), boolean(wire.get("parallel_tool_calls")))
    if not said_all:
        others["tool_choice"] = wire["tool_choice"]
    found = tools.all()
    text = mapping(wire.get("text"))
    _leftovers(others, "text", text, ("format", "verbosity"))
    return Request(
        dialect=Dialect.OPENAI_RESPONSES,
        model=model,
        messages=tuple(messages),
        stream=stream,
        include_usage=True,
        max_tokens=integer(wire.get("max_output_tokens")),
        tools=found if found or "tools" in wire else None,
        tool_choice=choice,
        reasoning=_reasoning(mapping(wire.get("reasoning")), others),
        output=_output(mapping(text.get("format")), others),
        sampling=_sampling(wire),
        user=filled(wire.get("user")),
        metadata=mapping(wire.get("metadata")) or None,
        verbosity=string(text.get("verbosity")),
        service_tier=string(wire.get("service_tier")),
        others=others,
    )


def _decoded(body: bytes) -> Wire:
    """Raises GateError (invalid_json, invalid_body, too_deep)."""
    try:
        return _OBJECT.decode(body)
    except UNREADABLE:
        read_object(body)  # says what is wrong, where it is more than surrogates without a partner
    try:
        return _OBJECT.decode(mend_surrogates(body))
    except UNREADABLE:
        raise GateError(ErrorCode.INVALID_JSON, "the request body is not valid JSON in UTF-8") from None


def _instructions(value: object) -> list[Message]:
    if isinstance(value, str):
        return [Message(Role.SYSTEM, (Text(value),), top=True, path="instructions")] if value else []
    # Responses echo instructions as items, and some clients send those.
    parts = [part for item in map(mapping, array(value)) for part in parts_of(item.get("content"))]
    return [Message(Role.SYSTEM, tuple(parts), top=True, path="instructions")] if parts else []


class _Input:
    """Reads the items of one input. Neighbours of one side are gathered until an item of another comes."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._made: list[Message] = []
        self._role: Role | None = None
        self._parts: list[Part] = []
        self._items: list[Wire] = []
        self._from = 0

    def messages(self, value: object) -> list[Message]:
        """value: the member `input`. Raises GateError invalid_body."""
        if isinstance(value, str):
            return [Message(Role.USER, (Text(value),), path="input")]
        items = array(value)
        if value is not None and value is not items:
            raise wrong("input", "a string or an array")
        for at, item in enumerate(items):
            if is_object(item):
                self._item(item, at)
            elif isinstance(item, str):
                self._message({"role": "user", "content": item}, at)
            else:
                raise wrong(f"input[{at}]", "an object")
        self._end(len(items))
        return self._made

    def _item(self, item: Wire, at: int) -> None:
        kind = kind_of(item)
        if kind == "message":
            self._message(item, at)
        elif kind == "additional_tools":
            # The tools are among the request's; the item has to stay where it is for OpenAI alone.
            self._tools.take(item.get("tools"), f"input[{at}].tools")
            self._single(Role.DEVELOPER, (), item, at)
        else:
            if kind == "tool_search_output":
                self._tools.take(item.get("tools"), f"input[{at}].tools", loaded=True)
            self._turn(_USER if is_result(item, kind) else _ASSISTANT, at)
            self._parts.append(part_of(item, kind, opened))
            self._items.append(item)

    def _message(self, item: Wire, at: int) -> None:
        role = _ROLES.get(string(item.get("role")) or "", _USER)
        parts = parts_of(item.get("content"))
        if role is _ASSISTANT:
            self._turn(role, at)
            self._parts.extend(parts)
            self._items.append(item)
        else:
            self._single(role, parts, item, at)

    def _turn(self, role: Role, at: int) -> None:
        """What comes now is gathered on this side."""
        if self._role is not role:
            self._end(at)
            self._role, self._from = role, at

    def _single(self, role: Role, parts: tuple[Part, ...], item: Wire, at: int) -> None:
        self._end(at)
        self._made.append(Message(role, parts, False, None, f"input[{at}]", {"items": [item]}))

    def _end(self, at: int) -> None:
        """at: the item after the last one gathered."""
        if self._role is None:
            return
        path = f"input[{self._from}]" if at - self._from == 1 else f"input[{self._from}:{at}]"
        self._made.append(Message(self._role, tuple(self._parts), False, None, path, {"items": self._items}))
        self._role, self._parts, self._items = None, [], []


def opened(token: str, item: str | None) -> Opaque:
    """What a client gives back as `encrypted_content`."""
    return unpack(token, NATIVE, "encrypted", item)


def _leftovers(others: dict[str, object], name: str, member: Wire, read: tuple[str, ...]) -> None:
    for key, value in member.items():
        if key not in read and value is not None:
            others[f"{name}.{key}"] = value


def _reasoning(wire: Wire, others: dict[str, object]) -> Reasoning | None:
    _leftovers(others, "reasoning", wire, ("effort", "summary", "generate_summary"))
    effort = string(wire.get("effort"))
    # The second is what the first was called before.
    summary = string(wire.get("summary")) or string(wire.get("generate_summary"))
    asked = _EFFORTS.get(effort or "")
    if effort is not None and asked is None:
        others["reasoning.effort"] = effort
    if asked is None and summary is None:
        return None
    return Reasoning(on=None if asked is None else asked is not Effort.NONE, effort=asked, summary=summary)


def _output(wire: Wire, others: dict[str, object]) -> OutputFormat | None:
    kind = string(wire.get("type"))
    if kind == "json_schema":
        schema = wire.get("schema")
        return OutputFormat(
            "json_schema",
            schema if is_object(schema) else None,
            name=string(wire.get("name")),
            description=string(wire.get("description")),
            strict=boolean(wire.get("strict")),
        )
    if kind == "json_object":
        return OutputFormat("json_object")
    if kind not in (None, "text"):
        others["text.format"] = wire
    return None


def _sampling(wire: Mapping[str, object]) -> Sampling:
    logprobs = integer(wire.get("top_logprobs"))
    if logprobs is None and "message.output_text.logprobs" in array(wire.get("include")):
        logprobs = 0
    return Sampling(number(wire.get("temperature")), number(wire.get("top_p")), logprobs=logprobs)
