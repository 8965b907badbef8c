"""What is asked and answered, in words of no dialect. Neither Gate's form nor any vendor's: the judge is independent.

A client (client_*.py) spells an `Ask` in its dialect and reads the answer, with its vendor's own SDK, as a `Told`. An
upstream's side (heard.py) reads the body that arrived as a `Heard`. A conversation's turns are lists of items, each a
tuple whose first member is its kind:

    ("text", words) ("image", media type, base64) ("image_url", address) ("document", media type, base64)
    ("call", id, name, arguments) ("result", id, words) ("result_image", id, media type, base64)
    ("thought", words, token)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

FILE_NAME = "paper.pdf"  # of documents, in the dialects that name them
Item = tuple[Any, ...]
Turns = list[tuple[str, list[Item]]]


@dataclass(frozen=True)
class ToolDef:
    name: str
    description: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class Ask:
    """A first request. prompt: items of the first user turn. think: ask for reasoning that is shown. force: the name of
    a tool that has to be called."""

    prompt: tuple[Item, ...]
    system: str | None = None
    history: tuple[tuple[str, str], ...] = ()
    tools: tuple[ToolDef, ...] = ()
    schema: dict[str, Any] | None = None
    think: bool = False
    force: str | None = None
    stop: tuple[str, ...] = ()
    max_tokens: int = 4096
    temperature: float | None = None


@dataclass(frozen=True)
class Result:
    """What a tool returned for the call with this id."""

    id: str
    name: str
    text: str
    image: tuple[str, str] | None = None
    error: bool = False


@dataclass(frozen=True)
class Called:
    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Counts:
    """input: all of it, cached too. output: all of it, reasoning too."""

    input: int | None
    cached: int | None
    output: int | None
    reasoning: int | None


@dataclass(frozen=True)
class Told:
    """An answer as the client understood it. stop: `end`, `calls`, `length`, `filter` or the dialect's own other word.
    tokens: what it keeps to send back with the thought."""

    text: str
    thought: str
    calls: tuple[Called, ...]
    stop: str
    counts: Counts


class Refused(Exception):
    """An error as the client understood it. status: None when it came inside a stream. kind: the dialect's type (for
    Gemini its status word). code: OpenAI's."""

    def __init__(
        self, status: int | None, kind: str | None, message: str, headers: dict[str, str], code: str | None = None
    ) -> None:
        super().__init__(f"{status} {kind} {code}: {message}")
        self.status = status
        self.kind = kind
        self.code = code
        self.message = message
        self.headers = headers


@dataclass
class Heard:
    """A request as it arrived. think: whatever asks for reasoning, empty for nothing. choice: `auto`, `none`, `any` or
    a tool's name."""

    system: str = ""
    turns: Turns = field(default_factory=list)
    tools: dict[str, ToolDef] = field(default_factory=dict)
    schema: dict[str, Any] | None = None
    think: dict[str, Any] = field(default_factory=dict)
    choice: str = "auto"
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    temperature: float | None = None

    def items(self, *kinds: str) -> list[Item]:
        """The items of these kinds, in order."""
        return [item for _, items in self.turns for item in items if item[0] in kinds]


class Conversation(ABC):
    """One client's conversation about one `Ask`, kept as its SDK keeps it. headers: of the last answer."""

    def __init__(self, url: str, key: str, model: str, ask: Ask) -> None:
        self.url, self.key, self.model, self.ask = url, key, model, ask
        self.headers: dict[str, str] = {}

    @abstractmethod
    def send(self, stream: bool) -> Told:
        """Asks, keeps the answer in the history and gives it. Raises Refused."""

    @abstractmethod
    def give(self, results: list[Result]) -> None:
        """Puts the results of the last answer's calls in the history."""

    @abstractmethod
    def say(self, text: str) -> None:
        """Another user turn."""

    @abstractmethod
    def close(self) -> None:
        """Closes the connections."""
