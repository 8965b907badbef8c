"""A whole response: what Gate reads of it, and the stream it would have been.

The stream has every event a client may wait for: Codex runs no tool without `response.output_item.done`, Continue wants
the argument deltas. https://platform.openai.com/docs/api-reference/responses-streaming
"""

from collections.abc import Iterator, Mapping

import msgspec

from gate.protocols.codec import Answer
from gate.protocols.fields import begins, decoded, identifier, raw_members, text
from gate.protocols.openai_responses.stream import finish_reason
from gate.protocols.openai_responses.usage import read_usage
from gate.protocols.sse import make_event
from gate.protocols.whole import answer_members, array_of

_NULL = msgspec.Raw(b"null")
_EMPTY = msgspec.Raw(b'""')
Members = Mapping[str, msgspec.Raw]
Event = tuple[str, dict[str, object]]


def read_answer(body: bytes) -> Answer:
    """See `gate.protocols.codec.Codec`."""
    response = _response(body)
    reason = finish_reason(decoded(response.get("status")), decoded(response.get("incomplete_details")))
    return Answer(
        usage=read_usage(decoded(response.get("usage"))),
        finish_reasons=() if reason is None else (reason,),
        response_model=identifier(response.get("model")),
        response_id=identifier(response.get("id")),
    )


def _response(body: bytes) -> Members:
    response = answer_members(body)
    if identifier(response.get("id")) is None or not begins(response.get("output", _NULL), b"["):
        raise ValueError("not a response")
    return response


def synthesize(body: bytes) -> bytes:
    """The stream of a whole response. Raises ValueError."""
    events = enumerate(_events(_response(body)))
    return b"".join(make_event(kind, {"type": kind, "sequence_number": at, **rest}) for at, (kind, rest) in events)


def _events(response: Members) -> Iterator[Event]:
    unknown_yet: dict[str, object] = {"status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    begun: dict[str, object] = {**response, **unknown_yet}
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    for index, item in enumerate(array_of(response["output"])):
        members = raw_members(item)
        yield "response.output_item.added", {"output_index": index, "item": _opened(members) or item}
        place: dict[str, object] = {"item_id": members.get("id", f"item_{index}"), "output_index": index}
        yield from _filled(members, place)
        yield "response.output_item.done", {"output_index": index, "item": item}
    kind = "incomplete" if text(response.get("status")) == "incomplete" else "completed"
    yield f"response.{kind}", {"response": response}


def _opened(item: Members) -> dict[str, object]:
    """An item as its first event shows it: without what the events after it bring."""
    empty: dict[str, object] = {"arguments": "", "input": "", "content": [], "summary": [], "status": "in_progress"}
    if text(item.get("type")) not in ("message", "reasoning", "function_call", "custom_tool_call"):
        return {}
    return {name: value if begins(value, b"n") else empty.get(name, value) for name, value in item.items()}


def _filled(item: Members, place: dict[str, object]) -> Iterator[Event]:
    match text(item.get("type")):
        case "function_call":
            yield from _written("response.function_call_arguments", "arguments", item, place)
        case "custom_tool_call":
            yield from _written("response.custom_tool_call_input", "input", item, place)
        case "message" | "reasoning":
            yield from _parts(item.get("summary", _NULL), place, summary=True)
            yield from _parts(item.get("content", _NULL), place, summary=False)
        case _:
            pass


def _written(event: str, member: str, item: Members, place: dict[str, object]) -> Iterator[Event]:
    value = item.get(member, _EMPTY)
    yield f"{event}.delta", {**place, "delta": value}
    yield f"{event}.done", {**place, member: value}


# Per type of a content part: the member with its text, and the family of events that brings it.
_TEXTS = {
    "output_text": ("text", "response.output_text"),
    "refusal": ("refusal", "response.refusal"),
    "reasoning_text": ("text", "response.reasoning_text"),
    "summary_text": ("text", "response.reasoning_summary_text"),
}


def _parts(raw: msgspec.Raw, place: dict[str, object], *, summary: bool) -> Iterator[Event]:
    around = "response.reasoning_summary_part" if summary else "response.content_part"
    for index, whole in enumerate(array_of(raw) if begins(raw, b"[") else ()):
        part = raw_members(whole)
        here = {**place, "summary_index" if summary else "content_index": index}
        kind = text(part.get("type")) or ""
        member, event = _TEXTS.get(kind, ("", ""))
        shown: dict[str, object] = dict(part)
        if member in part:
            shown[member] = ""
        if kind == "output_text":
            shown["annotations"] = []
        yield f"{around}.added", {**here, "part": shown or whole}
        if member in part:
            logprobs: dict[str, object] = {"logprobs": []} if kind == "output_text" else {}
            yield f"{event}.delta", {**here, "delta": part[member], **logprobs}
            yield from _annotations(part, here)
            yield f"{event}.done", {**here, member: part[member], **logprobs}
        yield f"{around}.done", {**here, "part": whole}


def _annotations(part: Members, here: dict[str, object]) -> Iterator[Event]:
    raw = part.get("annotations", _NULL)
    for index, annotation in enumerate(array_of(raw) if begins(raw, b"[") else ()):
        yield "response.output_text.annotation.added", {**here, "annotation_index": index, "annotation": annotation}
