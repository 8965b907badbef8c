"""Workers ask each other: which of them holds a decision, what the metrics of all are.

Each worker answers on a Unix socket in the server's runtime directory, which only this user can enter. A message is
four bytes of length, big-endian, and one JSON object: `{"method": ..., "params": {...}}` is answered by `{"ok": {...}}`
or `{"error": code}`. One question for each connection. Sizes and times are bounded on both sides.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from gate.server.trouble import describe

LOG = logging.getLogger("gate.server")

QUESTION_LIMIT = 1 << 20
ANSWER_LIMIT = 32 << 20
HANDLER_TIMEOUT_S = 10.0
MOST_QUESTIONS = 128
"""Answered at the same time by one worker; further ones are refused."""

Answer = dict[str, Any]
Handler = Callable[[dict[str, Any]], Awaitable[Answer] | Answer]


class _Refused(Exception):
    """The exchange failed; the text is its code: bad_message, too_large, busy, unknown_method, timeout, failed."""


def socket_path(runtime_dir: Path, index: int) -> Path:
    return runtime_dir / f"worker-{index}.sock"


class PeerServer:
    """Answers the questions of the other workers, one handler for each method. A handler gets the params and returns,
    at once or awaited, an object that can be written as JSON."""

    def __init__(self, runtime_dir: Path, index: int, handlers: Mapping[str, Handler]) -> None:
        self._path = socket_path(runtime_dir, index)
        self._handlers = dict(handlers)
        self._server: asyncio.AbstractServer | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Answers from now on, in the place of a dead worker of the same index. Raises OSError."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._connected, path=str(self._path))

    async def close(self) -> None:
        """No more answers; questions under way get none."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        self._path.unlink(missing_ok=True)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        busy = len(self._tasks) >= MOST_QUESTIONS
        task = asyncio.get_running_loop().create_task(self._exchange(reader, writer, busy=busy))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, busy: bool) -> None:
        try:
            async with asyncio.timeout(HANDLER_TIMEOUT_S):
                message = await self._answer(reader, busy=busy)
                writer.write(message)
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the asker has left or will give up by itself
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, *, busy: bool) -> bytes:
        method: object = None
        try:
            if busy:
                raise _Refused("busy")
            question = await _read(reader, QUESTION_LIMIT)
            method, params = question.get("method"), question.get("params")
            if not isinstance(method, str) or not isinstance(params, dict):
                raise _Refused("bad_message")
            handler = self._handlers.get(method)
            if handler is None:
                raise _Refused("unknown_method")
            answer = handler(cast("dict[str, Any]", params))
            return _message({"ok": answer if isinstance(answer, dict) else await answer}, ANSWER_LIMIT)
        except _Refused as refusal:
            return _message({"error": str(refusal)}, ANSWER_LIMIT)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            raise
        except Exception as error:
            fields = {"event": "peer_handler_failed", "method": method}
            LOG.error("a question of another worker failed: %s", describe(error), extra=fields)
            return _message({"error": "failed"}, ANSWER_LIMIT)


async def ask(runtime_dir: Path, index: int, method: str, params: dict[str, Any], timeout_s: float) -> Answer | None:
    """What worker `index` answers; None when it is not there (being restarted), refuses, fails or takes too long."""
    try:
        async with asyncio.timeout(timeout_s):
            return await _ask(socket_path(runtime_dir, index), method, params)
    except (FileNotFoundError, ConnectionError, asyncio.IncompleteReadError):
        code = "absent"
    except TimeoutError:
        code = "timeout"
    except _Refused as refusal:
        code = str(refusal)
    except OSError as error:
        code = f"errno_{error.errno}"
    fields = {"event": "peer_unanswered", "peer": index, "method": method, "code": code}
    LOG.log(logging.INFO if code == "absent" else logging.WARNING, "worker %d: %s", index, code, extra=fields)
    return None


async def ask_all(
    runtime_dir: Path,
    workers: int,
    method: str,
    params: dict[str, Any],
    timeout_s: float,
    *,
    but: int | None = None,
) -> dict[int, Answer]:
    """The answers of all workers by index, asked at the same time; who did not answer is missing. but: a worker that is
    not asked, usually the asker, who knows its own answer."""
    asked = [index for index in range(workers) if index != but]
    answers = await asyncio.gather(*(ask(runtime_dir, index, method, params, timeout_s) for index in asked))
    return {index: answer for index, answer in zip(asked, answers, strict=True) if answer is not None}


async def _ask(path: Path, method: str, params: dict[str, Any]) -> Answer:
    message = _message({"method": method, "params": params}, QUESTION_LIMIT)
    reader, writer = await asyncio.open_unix_connection(str(path))
    try:
        writer.write(message)
        await writer.drain()
        answer = await _read(reader, ANSWER_LIMIT)
    finally:
        writer.close()
    if isinstance(answer.get("ok"), dict):
        return answer["ok"]
    raise _Refused(str(answer.get("error", "bad_message")))


async def _read(reader: asyncio.StreamReader, limit: int) -> dict[str, Any]:
    """One message. Raises _Refused too_large or bad_message, IncompleteReadError."""
    size = int.from_bytes(await reader.readexactly(4), "big")
    if size > limit:
        raise _Refused("too_large")
    try:
        value: object = msgspec.json.decode(await reader.readexactly(size))
    except msgspec.DecodeError:
        raise _Refused("bad_message") from None
    if not isinstance(value, dict):
        raise _Refused("bad_message")
    return cast("dict[str, Any]", value)


def _message(value: dict[str, Any], limit: int) -> bytes:
    """Raises _Refused too_large; TypeError for what JSON cannot say."""
    body = msgspec.json.encode(value)
    if len(body) > limit:
        raise _Refused("too_large")
    return len(body).to_bytes(4, "big") + body
