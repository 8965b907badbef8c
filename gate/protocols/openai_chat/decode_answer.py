"""A whole chat completion in canonical form. https://platform.openai.com/docs/api-reference/chat/object

The first choice is the answer; a client of another dialect has no place for more. Parts come in the order in which
models make them: thinking, words, pictures, calls.
"""

from collections.abc import Mapping
from typing import cast

from msgspec.structs import replace

from gate.core.dialect import Dialect
from gate.protocols.canonical.answer import Response
from gate.protocols.canonical.parts import Citation, Foreign, Media, MediaKind, Part, Refusal, Text, ToolCall, Wire
from gate.protocols.fields import mapping, tokens
from gate.protocols.openai_chat.body import answer_object
from gate.protocols.openai_chat.citations import read_annotations, read_sources, reference
from gate.protocols.openai_chat.content import read_content, said
from gate.protocols.openai_chat.decode_messages import arguments_of, old_call, read_calls, read_images
from gate.protocols.openai_chat.reasoning import read_thinking
from gate.protocols.openai_chat.usage import usage_of
from gate.protocols.openai_chat.words import UNSAID, stop_of


def decode_answer(body: bytes, vendor: str) -> Response:
    """See `gate.protocols.translation.Translator`."""
    answer = answer_object(body)
    choice = _choice(answer.get("choices"))
    message = mapping(choice.get("message"))
    parts = _parts(message, answer, vendor)
    if choice.get("error") is not None and not parts:
        raise ValueError("an error in place of an answer")
    called = any(isinstance(part, ToolCall) for part in parts)
    finish = said(choice, "finish_reason")
    word = None if finish in UNSAID else finish
    met = choice.get("stop_reason") if word == "stop" else None
    stop = stop_of("stop_sequence" if isinstance(met, str) else word, choice.get("native_finish_reason"), called=called)
    return Response(
        id=said(answer, "id") or None,
        model=said(answer, "model") or None,
        parts=tuple(parts),
        stop=stop,
        usage=usage_of(answer),
        created=tokens(answer.get("created")),
        stop_word=word,
        stop_sequence=met if isinstance(met, str) else None,
    )


def _choice(value: object) -> Wire:
    """The choice that counts. Raises ValueError when there is none with a message."""
    if not isinstance(value, list):
        raise ValueError("no choices")
    choices = [mapping(choice) for choice in cast("list[object]", value)]
    told = [choice for choice in choices if isinstance(choice.get("message"), dict)]
    if not told:
        raise ValueError("no choices with messages")
    return min(told, key=lambda choice: tokens(choice.get("index")) or 0)


def _parts(message: Wire, answer: Mapping[str, object], vendor: str) -> list[Part]:
    parts = read_thinking(message, vendor)
    parts += executed(message.get("executed_tools"))
    words = _words(message.get("content"))
    audio = mapping(message.get("audio"))
    if not words and said(audio, "transcript"):
        words.append(Text(said(audio, "transcript")))
    parts += _cited(words, read_annotations(message.get("annotations")) or read_sources(answer))
    refusal = said(message, "refusal")
    if refusal:
        parts.append(Refusal(refusal))
    parts += read_images(message.get("images"))
    if said(audio, "data"):
        parts.append(spoken(audio, said(audio, "data")))
    parts += _apart(read_calls(message.get("tool_calls")))
    if (call := old_call(message)) is not None:
        parts.append(ToolCall("", said(call, "name"), arguments_of(call.get("arguments"))))
    return parts


def _words(content: object) -> list[Part]:
    """Content with Mistral's references put to the text before them."""
    parts: list[Part] = []
    for part in read_content(content):
        if isinstance(part, Foreign) and part.kind == "reference":
            parts = _cited(parts, [reference(part.raw)])
        else:
            parts.append(part)
    return parts


def _cited(parts: list[Part], citations: list[Citation]) -> list[Part]:
    """The parts with these citations at the last text."""
    if not citations:
        return parts
    for at in range(len(parts) - 1, -1, -1):
        part = parts[at]
        if isinstance(part, Text):
            parts[at] = replace(part, citations=(*part.citations, *citations))
            break
    return parts


def _apart(calls: list[Part]) -> list[Part]:
    """Calls of which no two have one id: what repeats is empty, and made up later."""
    seen: set[str] = set()
    for at, call in enumerate(calls):
        if isinstance(call, ToolCall) and call.id in seen:
            calls[at] = replace(call, id="", raw=None)
        elif isinstance(call, ToolCall):
            seen.add(call.id)
    return calls


def executed(value: object) -> list[Part]:
    """Tools that Groq ran itself (`executed_tools` of its compound models)."""
    if not isinstance(value, list):
        return []
    tools = (mapping(tool) for tool in cast("list[object]", value))
    return [Foreign(Dialect.OPENAI_CHAT, "executed_tools", tool, server=True) for tool in tools if tool]


def spoken(audio: Wire, data: str) -> Media:
    """A spoken answer. Its format is what the request asked for; the answer does not repeat it."""
    return Media(MediaKind.AUDIO, data=data, context=said(audio, "transcript") or None, raw={"audio": audio})
