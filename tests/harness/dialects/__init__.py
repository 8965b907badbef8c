"""How the scripted model speaks each wire protocol: a request body becomes an `Answer`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.harness.dialects.answer import Answer
from tests.harness.dialects.chat import ChatAnswer, chat_error
from tests.harness.dialects.messages import MessagesAnswer, messages_error
from tests.harness.dialects.responses import ResponsesAnswer

# By the end of the path: providers put these operations under prefixes of their own.
OPERATIONS = ("/messages/count_tokens", "/messages", "/chat/completions", "/responses")

_ANSWERS: dict[str, Callable[[dict[str, Any], set[str]], Answer]] = {
    "/messages": MessagesAnswer,
    "/chat/completions": ChatAnswer,
    "/responses": ResponsesAnswer,
}


def operation_of(path: str) -> str | None:
    """The operation that a path names, None for any other path."""
    return next((end for end in OPERATIONS if path.endswith(end)), None)


def answer_for(operation: str, body: dict[str, Any], issued: set[str]) -> Answer:
    """The answer to a request. `issued` collects the tool ids given out, to recognise them when they come back."""
    return _ANSWERS[operation](body, issued)


def error_document(operation: str | None, status: int, message: str, request_id: str = "") -> dict[str, Any]:
    """An error body in the form of the operation's dialect."""
    if operation is not None and operation.startswith("/messages"):
        return messages_error(status, message, request_id)
    return chat_error(status, message)


__all__ = ["OPERATIONS", "Answer", "answer_for", "error_document", "operation_of"]
