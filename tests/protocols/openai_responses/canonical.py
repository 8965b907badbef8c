"""Canonical requests and answers for hypothesis, and short ways to write one by hand."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.core.usage import Usage
from gate.protocols.canonical.answer import Response, Stop
from gate.protocols.canonical.parts import (
    CallKind,
    Citation,
    Foreign,
    Media,
    MediaKind,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from gate.protocols.canonical.request import (
    Effort,
    Message,
    OutputFormat,
    Reasoning,
    Request,
    Role,
    Sampling,
    Tool,
    ToolChoice,
    ToolKind,
)
from gate.protocols.openai_responses import TRANSLATOR
from gate.protocols.translation import Aim, Mint

AIM = Aim("gpt-x", "openai")
MINT = Mint("abc123", 1700000000)
OTHERS = st.sampled_from([Dialect.ANTHROPIC_MESSAGES, Dialect.OPENAI_CHAT, Dialect.GEMINI])


def decode(**members: Any) -> Request:
    """A client's request."""
    body = {"model": "gpt-x", "input": "hi", **members}
    return TRANSLATOR.decode_request(json.dumps(body).encode(), model="gpt-x", stream=False)


def encode(request: Request, aim: Aim = AIM) -> dict[str, Any]:
    """The body an upstream gets."""
    return json.loads(TRANSLATOR.encode_request(request, aim).body)


def lost(request: Request, aim: Aim = AIM) -> set[tuple[str, str, str]]:
    """What encoding loses: feature, path and action."""
    found = TRANSLATOR.encode_request(request, aim).losses
    return {(loss.feature.value, loss.path, loss.action.value) for loss in found}


def asked(*messages: Message, dialect: Dialect = Dialect.ANTHROPIC_MESSAGES, **members: Any) -> Request:
    """A request of another dialect."""
    return Request(dialect, "m", messages, **members)


def user(*parts: Part, path: str = "messages[0]") -> Message:
    return Message(Role.USER, parts, path=path)


def assistant(*parts: Part, path: str = "messages[0]") -> Message:
    return Message(Role.ASSISTANT, parts, path=path)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
some = words.filter(bool)
names = st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True)
ids = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
objects = st.dictionaries(names, st.none() | st.booleans() | st.integers(-9, 9) | words, max_size=3)
schemas = st.builds(
    lambda props: {"type": "object", "properties": {name: {"type": "string"} for name in props}},
    st.lists(names, max_size=3),
)
cites = st.builds(
    lambda url, title, text: Citation(Dialect.ANTHROPIC_MESSAGES, {}, url=url, title=title, text=text),
    st.none() | st.just("https://x.test"),
    st.none() | words,
    st.none() | words,
)
texts = st.builds(Text, some, st.none() | st.just({"type": "ephemeral"}))
cited = st.builds(Text, some, citations=st.lists(cites, max_size=2).map(tuple))
opaques = st.builds(
    Opaque, st.sampled_from(["openai", "anthropic", "google"]), st.just("encrypted"), some, st.none() | ids
)
thoughts = st.builds(Thinking, words, st.none() | opaques)
images = st.builds(
    Media,
    st.just(MediaKind.IMAGE),
    st.sampled_from(["image/png", "image/jpeg"]),
    data=st.just("aGk="),
    detail=st.none() | st.sampled_from(["low", "auto"]),
) | st.builds(Media, st.just(MediaKind.IMAGE), url=st.just("https://x.test/a.png"))
DOCUMENT = st.just(MediaKind.DOCUMENT)
documents = st.one_of(
    st.builds(
        Media, st.just(MediaKind.DOCUMENT), st.just("application/pdf"), data=st.just("aGk="), name=st.none() | some
    ),
    st.builds(Media, st.just(MediaKind.DOCUMENT), url=st.just("https://x.test/a.pdf")),
    st.builds(Media, st.just(MediaKind.DOCUMENT), text=some, name=st.none() | some, cite=st.booleans()),
    st.builds(Media, st.just(MediaKind.DOCUMENT), file_id=ids),
    st.builds(Media, st.just(MediaKind.AUDIO), st.just("audio/wav"), data=st.just("aGk=")),
)
foreign = st.builds(Foreign, st.just(Dialect.ANTHROPIC_MESSAGES), names, st.just({}), st.booleans(), st.none() | some)
calls = st.one_of(
    st.builds(ToolCall, ids, names, objects.map(json.dumps), namespace=st.none() | names),
    st.builds(ToolCall, ids, names, words, st.just(CallKind.CUSTOM)),
    st.builds(ToolCall, ids, st.just("tool_search"), objects.map(json.dumps), st.just(CallKind.SEARCH)),
)
results = st.builds(
    ToolResult,
    ids,
    st.lists(texts | images | documents, max_size=3).map(tuple),
    st.booleans(),
    kind=st.sampled_from(CallKind),
)
spoken = st.lists(texts | images | documents | results | foreign, max_size=4).map(tuple)
told = texts | cited | thoughts | calls | foreign | images | st.builds(Refusal, some)
answered = st.lists(told, max_size=5).map(tuple)
messages = st.one_of(
    st.builds(Message, st.sampled_from([Role.USER]), spoken, path=st.just("messages[1]")),
    st.builds(Message, st.just(Role.ASSISTANT), answered, path=st.just("messages[2]")),
    st.builds(
        Message,
        st.sampled_from([Role.SYSTEM, Role.DEVELOPER]),
        st.lists(texts, max_size=2).map(tuple),
        path=st.just("messages[3]"),
    ),
)
tools = st.one_of(
    st.builds(
        Tool,
        st.just(ToolKind.FUNCTION),
        names,
        st.none() | words,
        st.none() | schemas,
        st.none() | st.booleans(),
        namespace=st.none() | st.just("ns"),
        deferred=st.booleans(),
        path=st.just("tools[0]"),
    ),
    st.builds(
        Tool,
        st.just(ToolKind.CUSTOM),
        names,
        st.none() | words,
        grammar=st.none() | st.just({"type": "grammar", "syntax": "lark", "definition": "start: /a/"}),
        path=st.just("tools[1]"),
    ),
    st.builds(
        Tool,
        st.just(ToolKind.WEB_SEARCH),
        st.just("web_search"),
        options=st.just({"allowed_domains": ["x.test"], "user_location": {"type": "approximate", "city": "Z"}}),
        path=st.just("tools[2]"),
    ),
    st.builds(Tool, st.sampled_from([ToolKind.VENDOR, ToolKind.SERVER]), names, path=st.just("tools[3]")),
)
requests = st.builds(
    Request,
    OTHERS,
    st.just("m"),
    st.lists(messages, max_size=5).map(
        lambda made: (Message(Role.SYSTEM, (Text("be good"),), top=True, path="system"), *made)
    ),
    stream=st.booleans(),
    max_tokens=st.none() | st.integers(1, 99),
    tools=st.none() | st.lists(tools, max_size=3).map(tuple),
    tool_choice=st.none()
    | st.builds(ToolChoice, st.sampled_from(["auto", "none", "any"]), parallel=st.none() | st.booleans())
    | st.builds(ToolChoice, st.just("tool"), names, st.sampled_from(ToolKind))
    | st.builds(ToolChoice, st.just("any"), allowed=st.lists(names, min_size=1, max_size=2).map(tuple)),
    reasoning=st.none()
    | st.builds(
        Reasoning,
        st.none() | st.booleans(),
        st.booleans(),
        st.none() | st.integers(1024, 40000),
        st.none() | st.sampled_from(Effort),
        st.none() | st.sampled_from(["auto", "summarized", "omitted"]),
    ),
    output=st.none()
    | st.just(OutputFormat("json_object"))
    | st.builds(OutputFormat, st.just("json_schema"), schemas, st.none() | some, st.none() | words),
    stop=st.lists(some, max_size=1).map(tuple),
    sampling=st.builds(
        Sampling, st.none() | st.floats(0, 2), st.none() | st.floats(0, 1), st.none() | st.integers(1, 9)
    ),
    user=st.none() | st.text(min_size=1, max_size=99),
    metadata=st.none() | st.dictionaries(names, words, max_size=2),
    service_tier=st.none() | st.just("auto"),
    others=st.dictionaries(names, objects, max_size=2),
)
usages = st.builds(Usage, st.integers(0, 99), st.integers(0, 99), st.none() | st.integers(0, 9))
answers = st.builds(
    Response,
    st.none() | ids,
    st.none() | names,
    st.lists(told, max_size=6, unique_by=lambda part: part.id if isinstance(part, ToolCall) else id(part)).map(tuple),
    st.sampled_from(Stop),
    usages,
    st.none() | st.integers(1, 2_000_000_000),
)
"""Answers as any upstream may give them."""
