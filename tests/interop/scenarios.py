"""What is tried in every cell of the matrix. Each function holds one conversation and raises when the ends differ."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.harness.says import Says
from tests.harness.task import ToolCall
from tests.interop.neutral import Ask, Refused, Result, ToolDef
from tests.interop.trial import Differs, Place, Trial, overflow_numbers, refusal, remove, same

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC",
)
PDF = "JVBERi0xLjQKMSAwIG9iago8PC9UeXBlL0NhdGFsb2c+PgplbmRvYmoKdHJhaWxlcgo8PC9Sb290IDEgMCBSPj4KJSVFT0YK"
WORDS = 'Grüße, 世界 — a "quoted" line,\n\ta second one \\ and 😀.'
READ = ToolDef(
    "read_file",
    "Reads a file.\nGives its lines.",
    {
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "Where it is."},
            "lines": {"type": "array", "items": {"type": "integer"}},
            "how": {"type": "object", "properties": {"mode": {"type": "string", "enum": ["text", "bytes"]}}},
        },
        "required": ["path"],
    },
)
LIST = ToolDef("list_files", "Lists files.", {"type": "object", "properties": {}})
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["city", "people"],
    "additionalProperties": False,
}
FIRST = ToolCall("read_file", {"path": "a/ü.txt", "lines": [1, 2], "how": {"mode": "text"}})
SECOND = ToolCall("list_files", {})
WITH_TOOLS = Ask(prompt=(("text", "Read it."),), system="You are brief.", tools=(READ, LIST))


def text(place: Place) -> Trial:
    """Several turns, a system prompt, a limit, a stop sequence, a temperature; then an answer that met its limit."""
    ask = Ask(
        prompt=(("text", WORDS),),
        system="You are brief.\nYou are kind.",
        history=(("user", "First?"), ("assistant", "First.")),
        stop=("END",),
        temperature=0.5,
    )
    trial = Trial(place, ask)
    trial.turn(Says(text=WORDS))
    trial.say("Go on.")
    trial.turn(Says(text="And then", stop="length"))
    return trial


def tool(place: Place) -> Trial:
    """A call with nested arguments beside a text, its result, and a last answer."""
    trial = Trial(place, WITH_TOOLS)
    told, _ = trial.turn(Says(text="I read it.", calls=(FIRST,)))
    trial.give(Result(told.calls[0].id, "read_file", WORDS))
    trial.turn(Says(text="It says hello."))
    return trial


def parallel_tools(place: Place) -> Trial:
    """Three calls at once, two of one tool; results, one an error, come in another order."""
    trial = Trial(place, WITH_TOOLS)
    third = ToolCall("read_file", {"path": "b"})
    told, _ = trial.turn(Says(calls=(FIRST, SECOND, third)))
    one, two, three = told.calls
    trial.give(
        Result(three.id, three.name, "three"),
        Result(one.id, one.name, "one"),
        Result(two.id, two.name, "no such folder", error=True),
    )
    told, _ = trial.turn(Says(text="Again.", calls=(FIRST, third)))
    trial.give(*(Result(one.id, one.name, f"again {number}") for number, one in enumerate(told.calls)))
    trial.turn(Says(text="Done."))
    return trial


def forced_tool(place: Place) -> Trial:
    """The client demands a call of one tool."""
    trial = Trial(place, replace(WITH_TOOLS, force="list_files"))
    trial.turn(Says(calls=(SECOND,)))
    return trial


def image(place: Place) -> Trial:
    """Two pictures between texts."""
    prompt = (("text", "This"), ("image", "image/png", PNG[0]), ("text", "or that?"), ("image", "image/png", PNG[1]))
    trial = Trial(place, Ask(prompt=prompt))
    _, heard = trial.turn(Says(text="That."))
    same("the order", [item[0] for item in heard.items("text", "image")], ["text", "image", "text", "image"])
    return trial


def image_url(place: Place) -> Trial:
    """A picture by its address."""
    address = "https://pictures.example/a.png"
    trial = Trial(place, Ask(prompt=(("text", "What is it?"), ("image_url", address))))
    _, heard = trial.turn(Says(text="A square."))
    trial.arrives(heard.items("image_url") == [("image_url", address)], "images", "the address")
    return trial


def image_result(place: Place) -> Trial:
    """A tool returns a text and a picture."""
    trial = Trial(place, WITH_TOOLS)
    told, _ = trial.turn(Says(calls=(FIRST,)))
    trial.give(Result(told.calls[0].id, "read_file", "a picture", image=("image/png", PNG[0])))
    trial.turn(Says(text="A square."))
    return trial


def document(place: Place) -> Trial:
    """A PDF."""
    trial = Trial(place, Ask(prompt=(("document", "application/pdf", PDF), ("text", "Sum it up."))))
    _, heard = trial.turn(Says(text="Nothing."))
    came = [item[1:] for item in heard.items("document")]
    trial.arrives(came == [("application/pdf", PDF)], "documents", "the document")
    return trial


def thinking(place: Place) -> Trial:
    """Reasoning is asked for, shown, sent back with a tool's result, and recognised by the vendor that made it."""
    trial = Trial(place, replace(WITH_TOOLS, think=True))
    told, _ = trial.turn(Says(thought="The file first.\nThen the rest.", text="I read it.", calls=(FIRST,)))
    trial.give(Result(told.calls[0].id, "read_file", "hello"))
    told, heard = trial.turn(Says(thought="That was it.", text="And that?", calls=(SECOND,)))
    trial.arrives(_came_back(place.target, heard.items("thought", "signature"), 1), "thinking", "the first thought")
    trial.give(Result(told.calls[0].id, "list_files", "none"))
    _, heard = trial.turn(Says(thought="Enough.", text="It says hello."))
    trial.arrives(_came_back(place.target, heard.items("thought", "signature"), 2), "thinking", "the second thought")
    return trial


def _came_back(target: str, items: list[tuple[Any, ...]], wanted: int) -> bool:
    """Whether the upstream was given as many of its own tokens (chat: texts) as it gave out."""
    kind = "signature" if target == "gemini" else "thought"
    return sum(item[0] == kind for item in items) == wanted


def schema(place: Place) -> Trial:
    """An answer that has to be JSON of a schema."""
    trial = Trial(place, Ask(prompt=(("text", "Which city?"),), schema=SCHEMA))
    answer = {"city": "Köln", "people": 1_090_000}
    told, _ = trial.turn(Says(text=json.dumps(answer)))
    same("the JSON", json.loads(told.text), answer)
    return trial


def refused_answer(place: Place) -> Trial:
    """The vendor declines after some words."""
    trial = Trial(place, Ask(prompt=(("text", "Do harm."),)))
    trial.turn(Says(text="I", stop="filter"))
    return trial


# Status of the upstream -> status for the client, by dialect where they differ.
STATUSES = (400, 401, 403, 404, 429, 500, 503, 529)
KINDS: dict[str, dict[int, tuple[str, ...]]] = {
    "anthropic_messages": {
        400: ("invalid_request_error",),
        401: ("authentication_error",),
        403: ("permission_error",),
        404: ("not_found_error",),
        429: ("rate_limit_error",),
        500: ("api_error",),
        503: ("overloaded_error", "api_error"),
        529: ("overloaded_error",),
    },
    "gemini": {
        400: ("INVALID_ARGUMENT",),
        401: ("UNAUTHENTICATED",),
        403: ("PERMISSION_DENIED",),
        404: ("NOT_FOUND",),
        429: ("RESOURCE_EXHAUSTED",),
        500: ("INTERNAL",),
        503: ("UNAVAILABLE",),
        529: ("UNAVAILABLE",),
    },
}
_OPENAI = {
    400: ("invalid_request_error",),
    401: ("invalid_request_error", "authentication_error"),
    403: ("invalid_request_error", "permission_error"),
    404: ("invalid_request_error", "not_found_error"),
    429: ("rate_limit_error", "requests", "tokens"),
    500: ("server_error",),
    503: ("server_error", "service_unavailable_error"),
    529: ("server_error", "service_unavailable_error"),
}
KINDS |= {"openai_chat": _OPENAI, "openai_responses": _OPENAI}
OVERLOADED = (503, 529)


def error(place: Place) -> Trial:
    """Every kind of refusal: the status, the dialect's own type, the upstream's words, and how long to wait."""
    trial = Trial(place, Ask(prompt=(("text", "x"),)))
    for status in STATUSES:
        words = f"the words of a {status}"
        headers = {"retry-after": "7"} if status == 429 else {}
        rule = place.upstream.fault("status", status=status, message=words, headers=headers)
        try:
            seen = refusal(lambda: trial.conversation.send(place.stream))
        finally:
            remove(place.upstream, rule)
        raw = place.client == place.target
        if seen.status != status and not (status in OVERLOADED and seen.status in OVERLOADED and not raw):
            raise Differs(f"status {seen.status} instead of {status}: {seen}")
        if words not in seen.message:
            raise Differs(f"{seen.message!r} instead of {words!r}")
        if not raw and seen.kind not in KINDS[place.client][status]:
            raise Differs(f"type {seen.kind} for a {status}, not one of {KINDS[place.client][status]}")
        if headers:
            same("Retry-After", seen.headers.get("retry-after"), "7")
    return trial


OVERFLOWS: dict[str, dict[str, Any]] = {
    "anthropic_messages": {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum"},
        "request_id": "req_1",
    },
    "openai_chat": {
        "error": {
            "message": "This model's maximum context length is 200000 tokens. However, your messages resulted in"
            " 210000 tokens. Please reduce the length of the messages.",
            "type": "invalid_request_error",
            "param": "messages",
            "code": "context_length_exceeded",
        }
    },
    "openai_responses": {
        "error": {
            "message": "Your input exceeds the context window of this model. Please adjust your input and try again.",
            "type": "invalid_request_error",
            "param": "input",
            "code": "context_length_exceeded",
        }
    },
    "gemini": {
        "error": {
            "code": 400,
            "message": "The input token count (210000) exceeds the maximum number of tokens allowed (200000).",
            "status": "INVALID_ARGUMENT",
        }
    },
}


def overflow(place: Place) -> Trial:
    """A prompt that is too long, in the words that make this client's programs shorten it."""
    trial = Trial(place, Ask(prompt=(("text", "x"),)))
    body = OVERFLOWS[place.target]
    rule = place.upstream.fault("status", status=400, body=body)
    try:
        seen = refusal(lambda: trial.conversation.send(place.stream))
    finally:
        remove(place.upstream, rule)
    same("the status", seen.status, 400)
    match place.client:
        case "anthropic_messages":
            same("the type", seen.kind, "invalid_request_error")
            numbers = overflow_numbers(seen.message)
            if place.target != "openai_responses":  # whose words hold no numbers
                same("the numbers", numbers, ("210000", "200000"))
            elif not numbers:
                raise Differs(f"{seen.message!r} does not say `prompt is too long: N tokens > M maximum`")
        case "gemini":
            same("the type", seen.kind, "INVALID_ARGUMENT")
            if (
                body["error"]["message"] not in seen.message
                and "exceeds the maximum number of tokens" not in seen.message
            ):
                raise Differs(f"{seen.message!r} says nothing of the length")
        case _:
            same("the code", seen.code, "context_length_exceeded")
    return trial


def death(place: Place) -> Trial:
    """The upstream breaks off in the middle of its answer: the client sees an error, never a whole answer."""
    says = Says(text="word " * 60, calls=(FIRST,))
    for how in ("close", "reset", "end"):
        trial = Trial(place, WITH_TOOLS)
        shape = place.upstream.shape(says=says)
        fault = place.upstream.fault("cut", after=20 if place.stream else 1, how=how)
        try:
            seen = refusal(lambda: trial.conversation.send(place.stream))  # noqa: B023
        finally:
            remove(place.upstream, shape)
            remove(place.upstream, fault)
        if place.stream:
            same(f"{how}: the status", seen.status, None)
        elif seen.status is None or seen.status < 500:
            raise Differs(f"{how}: status {seen.status} for a broken answer")
        trial.conversation.close()
    return trial


def in_band_error(place: Place) -> Trial:
    """The upstream reports an error inside its stream: the client sees it in its own dialect, in the same words."""
    trial = Trial(place, Ask(prompt=(("text", "x"),)))
    shape = place.upstream.shape(says=Says(text="word " * 60))
    fault = place.upstream.fault("error_event", after=20, message="overloaded in the middle")
    try:
        if place.stream:
            seen = refusal(lambda: trial.conversation.send(True))
            same("the status", seen.status, None)
            if "overloaded in the middle" not in seen.message:
                raise Differs(f"{seen.message!r} has not the upstream's words")
    finally:
        remove(place.upstream, shape)
        remove(place.upstream, fault)
    return trial


SCENARIOS: dict[str, Callable[[Place], Trial]] = {
    "text": text,
    "tool call and result": tool,
    "parallel tools": parallel_tools,
    "forced tool": forced_tool,
    "image": image,
    "image by address": image_url,
    "image in a result": image_result,
    "document": document,
    "thinking": thinking,
    "JSON schema": schema,
    "refusal": refused_answer,
    "error": error,
    "overflow": overflow,
    "death": death,
    "error in the stream": in_band_error,
}

__all__ = ["SCENARIOS", "Refused"]
