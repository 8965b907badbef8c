"""What the scripted upstream does with each request: records it, asks the rules, and answers or misbehaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any, cast
from urllib.parse import unquote

from tests.harness.dialects import COUNTS, Answer, answer_for, count_document, error_document, operation_of
from tests.harness.faults import Asked, Play, Rules
from tests.harness.http1 import BadRequest, ClientGone, Connection, Headers, head
from tests.harness.recording import Recorded, Recorder
from tests.harness.shape import content_headers
from tests.harness.wire import Reply

MODELS = ("claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5", "gpt-5", "gpt-5-mini")
HTML = "<!DOCTYPE html>\n<html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>\n"
NOT_HTTP = b"\x00\x01\x02 this is not HTTP \xff\xfe\r\n\r\n"
NOT_A_BODY = bytes(range(256)) * 4
JSON_TYPE = "application/json"
SSE_TYPE = "text/event-stream; charset=utf-8"


class Script:
    """The behaviour of one upstream; a handler for `Connection`."""

    def __init__(self, rules: Rules, recorder: Recorder) -> None:
        self.rules = rules
        self.recorder = recorder
        self.in_flight = 0
        self._issued: set[str] = set()

    async def __call__(self, connection: Connection) -> None:
        try:
            while (request := await connection.read_request()) is not None:
                if request.target.startswith("/__"):
                    await self._control(connection, request.method, request.target, request.body)
                    continue
                if not await self._serve(connection, self.recorder.begin(request)):
                    break
        except (ClientGone, ConnectionError):
            pass
        except (BadRequest, ValueError) as error:
            await connection.write(head(400, "Bad Request", [("content-length", "0"), ("x-problem", repr(str(error)))]))
        finally:
            connection.close()

    async def _serve(self, connection: Connection, record: Recorded) -> bool:
        """Answers one request; gives whether the connection can take another."""
        self.in_flight += 1
        outcome = "upstream_stopped"
        try:
            answer, refusal = self._understand(record)
            play = self._play(record, answer)
            self.recorder.answering(record)
            reply = Reply(connection, record, play.shape)
            await connection.pause(play.shape.head_delay)
            outcome = "faulted" if await self._perform(reply, record, play, answer, refusal) else "answered"
            return reply.keep_alive
        except (ClientGone, ConnectionError):
            outcome = "client_gone"
            raise
        finally:
            self.in_flight -= 1
            self.recorder.end(record, outcome)

    def _understand(self, record: Recorded) -> tuple[Answer | None, str | None]:
        """The scripted answer to a model call, or why the body is refused; neither for any other request."""
        record.operation = operation_of(record.path) if record.method == "POST" else None
        if record.operation is None:
            return None, None
        try:
            body: Any = record.json
        except (ValueError, RecursionError) as error:
            return None, f"the body is not JSON: {error}"
        if not isinstance(body, dict):
            return None, "the body is not a JSON object"
        if record.operation in COUNTS:
            return None, None
        answer = answer_for(record.operation, cast("dict[str, Any]", body), self._issued, record.target)
        record.step, record.unknown_tool_ids = answer.step.kind, answer.step.unknown_tool_ids
        return answer, None

    def _play(self, record: Recorded, answer: Answer | None) -> Play:
        streaming = answer is not None and answer.streaming
        play = self.rules.play(Asked(record.path, record.model, record.key, record.step, streaming))
        record.fault = play.kind
        if answer is not None:
            answer.shape = play.shape
        return play

    async def _perform(
        self, reply: Reply, record: Recorded, play: Play, answer: Answer | None, refusal: str | None
    ) -> bool:
        """Plays the fault or answers. Gives whether a fault ended the answer."""
        with_id = _standard_headers(record)
        match play.kind:
            case "status":
                await self._status(reply, record, play)
            case "html":
                page = [*with_id, *play.settings["headers"], ("content-type", "text/html; charset=utf-8")]
                await reply.document(play.settings["status"], page, HTML.encode())
            case "empty":
                kind = SSE_TYPE if answer and answer.streaming else JSON_TYPE
                await reply.document(play.settings["status"], [*with_id, ("content-type", kind)], b"")
            case "no_content":
                await reply.document(204, with_id, b"")
            case "garbage" if play.settings["where"] == "head":
                await reply.raw(NOT_HTTP)
            case "garbage":
                kind = SSE_TYPE if answer and answer.streaming else JSON_TYPE
                await reply.document(200, [*with_id, ("content-type", kind)], NOT_A_BODY)
            case "silence":
                await reply.connection.pause(play.settings["seconds"])
                reply.keep_alive = False
            case "close_before_head" | "reset_before_head":
                await reply.break_off(play.kind.removesuffix("_before_head"))
            case _:
                return await self._answer(reply, record, play, answer, refusal)
        return True

    async def _status(self, reply: Reply, record: Recorded, play: Play) -> None:
        status, body = play.settings["status"], play.settings["body"]
        if body is None:
            body = error_document(record.operation, status, play.settings["message"], record.request_id)
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        headers = [*_standard_headers(record), *play.settings["headers"]]
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("content-type", JSON_TYPE))
        await reply.document(status, headers, data)

    async def _answer(
        self, reply: Reply, record: Recorded, play: Play, answer: Answer | None, refusal: str | None
    ) -> bool:
        if refusal is None and answer is not None and play.shape.strict:
            refusal = record.refusal = answer.refusal()
        if refusal is not None:
            document = error_document(record.operation, 400, refusal, record.request_id)
            await reply.document(400, [*_standard_headers(record), ("content-type", JSON_TYPE)], _dump(document))
            return False
        if answer is not None and answer.streaming and play.kind != "json_to_stream":
            return await self._body(reply, record, play, SSE_TYPE, answer.events(), answer)
        status, document, extra = (200, answer.document(), []) if answer else _plain(record)
        data = _dump(document)
        if status != 200 or record.method == "HEAD":
            headers = [*_standard_headers(record), *extra, ("content-type", JSON_TYPE)]
            await reply.document(status, headers, data)
            return False
        halves = iter((data[: len(data) // 2], data[len(data) // 2 :]))
        return await self._body(reply, record, play, JSON_TYPE, halves, answer)

    async def _body(
        self,
        reply: Reply,
        record: Recorded,
        play: Play,
        content_type: str,
        pieces: Iterator[bytes],
        answer: Answer | None,
    ) -> bool:
        """A 200 answer piece by piece, with whatever goes wrong in the middle of it."""
        shape = play.shape
        streaming = content_type == SSE_TYPE
        framing = shape.framing or ("chunked" if streaming else "length")
        if framing == "length":
            whole = list(pieces)
            pieces, length = iter(whole), sum(map(len, whole))
        else:
            length = None
        await reply.start(_standard_headers(record) + content_headers(content_type, shape), framing, length)
        if play.kind == "reset_after_head":
            await reply.break_off("reset")
            return True
        after = play.settings.get("after")
        if after is not None and not streaming:
            after = min(after, 1)
        sent = 0
        for piece in pieces:
            if sent == after and await _trouble(reply, play, piece, answer):
                return True
            await reply.connection.pause(shape.interval if sent else shape.first_delay)
            await reply.piece(piece)
            sent += 1
        if after is not None and sent <= after and await _trouble(reply, play, b"", answer):
            return True  # the answer was shorter than that: the trouble comes at its end
        await reply.end()
        return play.kind is not None

    async def _control(self, connection: Connection, method: str, target: str, body: bytes) -> None:
        """`/__ctl` (GET: the rules; POST {"faults": [...]}: these instead), `/__reset` (POST), `/__requests` (GET)."""
        status, answer = 200, {}
        try:
            match method, target:
                case "POST", "/__ctl":
                    self.rules.clear()
                    for rule in json.loads(body)["faults"]:
                        self.rules.add(**rule)
                    answer = {"faults": self.rules.as_json()}
                case "GET", "/__ctl":
                    answer = {"faults": self.rules.as_json(), "in_flight": self.in_flight}
                case "POST", "/__reset":
                    self.rules.clear()
                    self.recorder.clear()
                case "GET", "/__requests":
                    answer = {"requests": [record.as_json() for record in self.recorder.all()]}
                case _:
                    status, answer = 404, {"problem": f"no {method} {target}"}
        except (ValueError, TypeError, KeyError) as error:
            status, answer = 400, {"problem": str(error)}
        data = _dump(answer)
        headers = [("content-type", JSON_TYPE), ("content-length", str(len(data)))]
        await connection.write(head(status, "OK" if status == 200 else "Refused", headers) + data)


async def _trouble(reply: Reply, play: Play, piece: bytes, answer: Answer | None) -> bool:
    """What goes wrong before `piece`. Gives whether the answer is over."""
    settings = play.settings
    match play.kind:
        case "half_event":
            await reply.piece(piece[: len(piece) // 2])
            await reply.break_off(settings["how"])
        case "cut":
            await reply.break_off(settings["how"])
        case "error_event" if answer is not None and answer.streaming:
            event = settings["event"]
            await reply.piece(answer.error_event(settings["message"]) if event is None else event.encode())
            await reply.end()
        case "stall":
            await reply.connection.pause(settings["seconds"])
            return False
        case _:
            return False
    return True


def _standard_headers(record: Recorded) -> Headers:
    # Anthropic and OpenAI spell the id's header differently.
    messages = record.operation is not None and record.operation.startswith("/messages")
    name = "request-id" if messages else "x-request-id"
    return [("date", formatdate(usegmt=True)), ("server", "scripted-upstream"), (name, record.request_id)]


def _plain(record: Recorded) -> tuple[int, dict[str, Any], Headers]:
    """The answer to what is not a scripted model call: status, document, headers."""
    path = record.path.rstrip("/")
    if record.operation in COUNTS:
        return 200, count_document(record.operation, max(1, len(record.body) // 4)), []
    if record.method == "GET" and path.endswith("/responses"):
        # A WebSocket is offered nowhere here; 426 is what makes Codex use HTTP at once.
        return 426, error_document(None, 426, "WebSocket is not offered"), [("upgrade", "HTTP/1.1")]
    if record.method == "GET" and path.endswith("/models"):
        data = [_model(one) for one in MODELS]
        return (
            200,
            {"object": "list", "data": data, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]},
            [],
        )
    if record.method == "GET" and "/models/" in path:
        return 200, _model(unquote(path.rpartition("/models/")[2])), []
    if record.method in ("GET", "HEAD") and path == "":
        return 200, {"ok": True}, []
    return 404, error_document(record.operation, 404, f"no {record.method} {record.path}"), []


def _model(name: str) -> dict[str, Any]:
    """One entry of a model list, with the members of both list forms."""
    dates = {"created": 1735689600, "created_at": "2025-01-01T00:00:00Z"}
    return {"id": name, "type": "model", "object": "model", "display_name": name, "owned_by": "scripted"} | dates


def _dump(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()
