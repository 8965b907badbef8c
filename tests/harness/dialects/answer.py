"""What every dialect's answer has: a step of the task, a whole document, a stream of events, an error event."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, cast

from tests.harness.shape import Shape, dress
from tests.harness.task import SIDE_ANSWER, Step, Wanted, choose_tool, wanted

NamedEvent = tuple[str, bytes]


class Answer(ABC):
    """The scripted model's answer to one request body, in one dialect. `shape` may be changed until it is rendered."""

    def __init__(self, body: dict[str, Any], issued: set[str]) -> None:
        self.body = body
        self.shape = Shape()
        self._issued = issued
        self.step = self.plan()

    @property
    def model(self) -> Any:
        """What the answer calls its model."""
        return self.shape.answer_model or self.body.get("model")

    @property
    def text(self) -> str:
        """What the model says; only an answer without a tool call is lengthened."""
        return self.step.text if self.step.call else self.shape.text(self.step.text)

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

    def events(self) -> Iterator[bytes]:
        """The stream as it goes out, without what the shape drops and with its oddities."""
        return dress((data for name, data in self.named_events() if name not in self.shape.drop), self.shape)

    def issue(self, prefix: str) -> str:
        """A new tool call id, remembered."""
        made = prefix + uuid.uuid4().hex[:24]
        self._issued.add(made)
        return made

    def next_step(self, tools: Mapping[str, Mapping[str, Any]], results: list[str | None], want: Wanted) -> Step:
        """The step for the tools offered and the ids of the tool results that came back."""
        if results:
            unknown = tuple(str(one) for one in results if one not in self._issued)
            return Step("final", want.final, unknown_tool_ids=unknown)
        call = choose_tool(tools, want)
        if call is not None:
            return Step("tool", "I will create the file.", call)
        return Step("side", SIDE_ANSWER)

    def want(self) -> Wanted:
        """What the prompt asks for."""
        return wanted(self.body)


def objects(value: object) -> list[dict[str, Any]]:
    """The objects in a list; nothing for anything else. Bodies here may be malformed on purpose."""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def schema_of(value: object) -> dict[str, Any]:
    """A JSON Schema, empty when there is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
