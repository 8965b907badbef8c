"""How the scripted model speaks each wire protocol: a request body becomes an `Answer`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.harness.dialects.answer import Answer
from tests.harness.dialects.chat import ChatAnswer, chat_error
from tests.harness.dialects.gemini import GeminiAnswer, gemini_error
from tests.harness.dialects.messages import MessagesAnswer, messages_error
from tests.harness.dialects.responses import ResponsesAnswer

GEMINI = (":generateContent", ":streamGenerateContent")
# Those that count the tokens of a request, and what their answers call the count.
COUNTS = {
    "/messages/count_tokens": "input_tokens",
    "/responses/input_tokens": "input_tokens",
    ":countTokens": "totalTokens",
}
# By the end of the path: providers put these operations under prefixes of their own.
OPERATIONS = (*COUNTS, "/messages", "/chat/completions", "/responses", *GEMINI)

_ANSWERS: dict[str, Callable[[dict[str, Any], set[str], str], Answer]] = {
    "/messages": MessagesAnswer,
    "/chat/completions": ChatAnswer,
    "/responses": ResponsesAnswer,
    **dict.fromkeys(GEMINI, GeminiAnswer),
}


def operation_of(path: str) -> str | None:
    """The operation that a path names, None for any other path."""
    return next((end for end in OPERATIONS if path.endswith(end)), None)


def answer_for(operation: str, body: dict[str, Any], issued: set[str], target: str = "") -> Answer:
    """The answer to a request. `issued` collects the tool ids and signatures given out, to recognise them when they
    come back. target: the request's, which says more than the body in Gemini's case."""
    return _ANSWERS[operation](body, issued, target)


def error_document(operation: str | None, status: int, message: str, request_id: str = "") -> dict[str, Any]:
    """An error body in the form of the operation's dialect."""
    if operation is not None and operation.startswith("/messages"):
        return messages_error(status, message, request_id)
    if operation is not None and operation.startswith(":"):
        return gemini_error(status, message)
    return chat_error(status, message)


def count_document(operation: str, tokens: int) -> dict[str, Any]:
    """The answer to a request that counts tokens."""
    kind = {"object": "response.input_tokens"} if operation == "/responses/input_tokens" else {}
    return {**kind, COUNTS[operation]: tokens}


__all__ = ["COUNTS", "OPERATIONS", "Answer", "answer_for", "count_document", "error_document", "operation_of"]
