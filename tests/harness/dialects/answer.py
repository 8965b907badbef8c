"""What every dialect's answer has: a step of the task, a whole document, a stream of events, an error event."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from tests.harness.shape import Shape, dress
from tests.harness.task import SIDE_ANSWER, Step, ToolCall, Wanted, choose_tool, wanted

NamedEvent = tuple[str, bytes]


class Answer(ABC):
    """The scripted model's answer to one request body, in one dialect. `shape` may be changed until it is rendered.

    target: path and query of the request.
    """

    THOUGHT = "The file has one line. I will write it with the shell."

    def __init__(self, body: dict[str, Any], issued: set[str], target: str = "") -> None:
        self.body = body
        self.target = target
        self.shape = Shape()
        self.issued = issued
        self.step = self.plan()

    @property
    def model(self) -> Any:
        """What the answer calls its model."""
        return self.shape.answer_model or self.body.get("model")

    @property
    def text(self) -> str:
        """What the model says; only an answer without a tool call is lengthened."""
        if self.shape.says:
            return self.shape.says.text or ""
        return self.step.text if self.step.call else self.shape.text(self.step.text)

    @property
    def thought(self) -> str | None:
        """The reasoning that is shown, None for none."""
        if self.shape.says and self.shape.says.thought is not None:
            return self.shape.says.thought
        return self.THOUGHT if self.shape.thinking else None

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tools called."""
        if self.shape.says:
            return self.shape.says.calls
        return (self.step.call,) if self.step.call else ()

    @property
    def stop(self) -> str:
        """Why the answer ends: a word of `Says.stop`, or `calls`."""
        stop = self.shape.says.stop if self.shape.says else "natural"
        return "calls" if stop == "natural" and self.calls else stop

    @property
    def streaming(self) -> bool:
        """Whether the client asked for a stream."""
        return self.body.get("stream") is True

    @abstractmethod
    def plan(self) -> Step:
        """What to do with the request."""

    @abstractmethod
    def document(self) -> dict[str, Any]:
        """The answer in one piece."""

    @abstractmethod
    def named_events(self) -> Iterator[NamedEvent]:
        """The answer as server-sent events, each with the name that `Shape.drop` knows it by."""

    @abstractmethod
    def error_event(self, message: str) -> bytes:
        """The event with which the dialect says, in the middle of a stream, that it failed."""

    @abstractmethod
    def refusal(self) -> str | None:
        """The words with which the real vendor would refuse the request with a 400, None when it would not."""

    def events(self) -> Iterator[bytes]:
        """The stream as it goes out, without what the shape drops and with its oddities."""
        return dress((data for name, data in self.named_events() if name not in self.shape.drop), self.shape)

    def issue(self, prefix: str) -> str:
        """A new tool call id or signature, remembered."""
        made = prefix + uuid.uuid4().hex[:24]
        self.issued.add(made)
        return made

    def next_step(self, tools: Mapping[str, Mapping[str, Any]], results: list[str | None], want: Wanted) -> Step:
        """The step for the tools offered and the ids of the tool results that came back."""
        if results:
            unknown = tuple(str(one) for one in results if one not in self.issued)
            return Step("final", want.final, unknown_tool_ids=unknown)
        call = choose_tool(tools, want)
        if call is not None:
            return Step("tool", "I will create the file.", call)
        return Step("side", SIDE_ANSWER)

    def want(self) -> Wanted:
        """What the prompt asks for."""
        return wanted(self.body)


def cut(text: str, size: int = 7) -> list[str]:
    """The text in pieces of `size` characters; none for an empty text."""
    return [text[start : start + size] for start in range(0, len(text), size)]
