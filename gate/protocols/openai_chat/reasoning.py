"""A model's thinking beside the text, in the members its vendors put it in.

`reasoning_content`: DeepSeek, xAI, llama.cpp, older vLLM. `reasoning`: OpenRouter, Groq, Cerebras, newer vLLM.
`reasoning_details`: OpenRouter's array of texts, summaries and encrypted pieces, which it wants back unchanged and in
order (github.com/OpenRouterTeam/typescript-sdk, read 2026-11-21); what it holds beside the text is opaque here.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import msgspec
from msgspec.structs import replace

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Foreign, Opaque, Part, Thinking, Wire
from gate.protocols.fields import decoded, mapping
from gate.protocols.openai_chat.content import text_of

KIND = "reasoning_detail"
"""Kind of an `Opaque` whose data is one entry of `reasoning_details` as JSON, without its text."""
MAKER = "openrouter"
"""Who made the details a client sends back."""
_TEXT_IN = {"reasoning.text": "text", "reasoning.summary": "summary"}
SERVER_CALL = "reasoning.server_tool_call"
_PLAIN = ("reasoning_content", "reasoning")
THOUGHT = frozenset({*_PLAIN, "reasoning_details"})
"""Members of a message that hold thinking."""


def read_thinking(message: Mapping[str, object], maker: str) -> list[Part]:
    """The thinking of a message. maker: who made its details. `raw` of the first part holds the plain members as well,
    because a server may want all of them back."""
    plain = {name: message[name] for name in _PLAIN if message.get(name)}
    text = next((text for value in plain.values() if (text := text_of(value))), "")
    details = message.get("reasoning_details")
    parts = read_details(cast("list[object]", details), maker) if isinstance(details, list) else []
    if text and not any(isinstance(part, Thinking) and part.text for part in parts):
        parts.insert(0, Thinking(text, raw=plain))
    elif parts and plain:
        parts[0] = replace(parts[0], raw={**plain, **(parts[0].raw or {})})
    return parts


def read_details(details: Sequence[object], maker: str) -> list[Part]:
    """One part for each entry; what is none is left out."""
    found: list[Part] = []
    for value in details:
        detail = mapping(value)
        kind = detail.get("type")
        if kind == SERVER_CALL:
            found.append(server_call(detail))
        elif isinstance(kind, str):
            found.append(Thinking(detail_text(detail), token_of(detail, maker), raw={"reasoning_details": [detail]}))
    return found


def server_call(detail: Wire) -> Foreign:
    """A call of a tool that OpenRouter itself ran, which it tells among the thinking."""
    return Foreign(Dialect.OPENAI_CHAT, SERVER_CALL, {"reasoning_details": [detail]}, server=True)


def detail_text(detail: Wire) -> str:
    value = detail.get(_TEXT_IN.get(str(detail.get("type")), ""))
    return value if isinstance(value, str) else ""


def token_of(detail: Wire, maker: str) -> Opaque:
    """What has to come back beside the text."""
    member = _TEXT_IN.get(str(detail.get("type")))
    kept = {name: value for name, value in detail.items() if name != member}
    return Opaque(maker, KIND, msgspec.json.encode(kept).decode())


def write_detail(thinking: Thinking) -> Wire | None:
    """The entry of `reasoning_details` this was; None when it was none."""
    if thinking.opaque is None or thinking.opaque.kind != KIND:
        return None
    detail = mapping(decoded(thinking.opaque.data.encode("utf-8", "surrogatepass")))
    member = _TEXT_IN.get(str(detail.get("type")))
    if not detail:
        return None
    return detail if member is None else {**detail, member: thinking.text}
