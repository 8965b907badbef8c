"""One conversation of one client dialect on one upstream dialect, with both ends compared at every turn."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.harness.dialects.messages import SIGNATURE
from tests.harness.dialects.responses import ENCRYPTED
from tests.harness.faults import Rule
from tests.harness.says import Says
from tests.harness.shape import Tokens
from tests.harness.upstream import Upstream
from tests.interop.heard import HEARD
from tests.interop.neutral import FILE_NAME, Ask, Conversation, Counts, Heard, Item, Refused, Result, Told, Turns
from tests.interop.typed import findings

TOKENS = Tokens(reasoning=10)
COUNTS = Counts(TOKENS.prompt, TOKENS.cache_read, TOKENS.output, TOKENS.reasoning)
STOPS = {"natural": "end", "calls": "calls", "length": "length", "filter": "filter", "sequence": "end"}


class Differs(AssertionError):
    """What one end said is not what the other understood, and no loss tells of it."""


@dataclass
class Place:
    """Where a trial runs. converse: opens the client's conversation. losses: those Gate reported of the answer with
    these headers, as (feature, path, action)."""

    client: str
    target: str
    stream: bool
    upstream: Upstream
    converse: Callable[[Ask], Conversation]
    losses: Callable[[dict[str, str]], list[tuple[str, str, str]]]


@dataclass
class Trial:
    """A conversation that is being judged. losses: all that were reported so far. lost: features that did not arrive
    and are among them."""

    place: Place
    ask: Ask
    losses: set[tuple[str, str, str]] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.conversation = self.place.converse(self.ask)
        self._turns: Turns = [(role, [("text", text)]) for role, text in self.ask.history]
        self._turns.append(("user", list(self.ask.prompt)))
        self._images: list[tuple[str, str]] = []
        self._errors: set[str] = set()

    def turn(self, says: Says) -> tuple[Told, Heard]:
        """The next answer is `says`. Raises Differs, and Refused when the upstream or Gate refuses."""
        told, heard = self.exchange(says)
        self._check_heard(heard)
        self._check_told(told, says)
        items: list[Item] = [("text", says.text)] if says.text else []
        items += [("call", one.id, one.name, one.arguments) for one in told.calls]
        self._turns.append(("assistant", items))
        return told, heard

    def exchange(self, says: Says) -> tuple[Told, Heard]:
        """Sends, and gives what either end understood, unjudged."""
        upstream = self.place.upstream
        before = len(upstream.calls)
        rule = upstream.shape(says=says, tokens=TOKENS, strict=True)
        try:
            told = self.conversation.send(self.place.stream)
        finally:
            remove(upstream, rule)
        self.note()
        calls = upstream.calls[before:]
        if len(calls) != 1:
            raise Differs(f"{len(calls)} requests arrived instead of one")
        if self.place.client != self.place.target:  # what a client itself sends on the raw lane is its own business
            same("what the vendor's SDK would not send", findings(self.place.target, calls[0].json), [])
        return told, HEARD[self.place.target](calls[0].json)

    def note(self) -> None:
        """Takes down the losses of the last answer."""
        self.losses.update(self.place.losses(self.conversation.headers))

    def give(self, *results: Result) -> None:
        """Results of the last answer's calls."""
        self.conversation.give(list(results))
        items: list[Item] = []
        for one in results:
            items.append(("result", one.id, one.text))
            if one.error:
                self._errors.add(one.text)
            if one.image:
                self._images.append(one.image)
        self._turns.append(("user", items))

    def say(self, text: str) -> None:
        """Another user turn."""
        self.conversation.say(text)
        self._turns.append(("user", [("text", text)]))

    def arrives(self, came: bool, feature: str, what: str) -> None:
        """What has to arrive or to be reported as a loss of that feature. Raises Differs."""
        if came:
            return
        if not any(loss[0] == feature for loss in self.losses):
            raise Differs(f"{what} did not arrive, and no loss of {feature} was reported")
        self.lost.add(feature)

    # Both ends.

    def _check_heard(self, heard: Heard) -> None:
        ask = self.ask
        same("the system prompt", heard.system.strip(), (ask.system or "").strip())
        moved = any(feature == "images" and action in ("moved", "replaced") for feature, _, action in self.losses)
        same("the turns", _linked(self._plain(heard.turns), moved), _linked(self._turns, moved))
        sent = [item[1:] for item in heard.items("image", "result_image")]
        wanted = [item[1:] for item in ask.prompt if item[0] == "image"] + self._images
        self.arrives([image[-2:] for image in sent] == wanted, "images", f"of {len(wanted)} images {len(sent)}")
        same("the tools", sorted(heard.tools), sorted(tool.name for tool in ask.tools))
        for tool in ask.tools:
            came = heard.tools[tool.name]
            same(f"the description of {tool.name}", came.description, tool.description)
            if came.schema != tool.schema:
                self.arrives(False, "json_schema", f"the schema of {tool.name}: {came.schema}, not {tool.schema}")
        same("the limit", heard.max_tokens, ask.max_tokens)
        self.arrives(heard.choice == (ask.force or "auto"), "tool_choice", f"the tool choice ({heard.choice})")
        if ask.schema:
            self.arrives(heard.schema == ask.schema, "json_schema", f"the schema: {heard.schema}")
        if ask.stop and self.place.client != "openai_responses":  # which has no stop sequences
            self.arrives(heard.stop == ask.stop, "sampling", f"the stop sequences ({heard.stop})")
        if ask.temperature is not None:
            self.arrives(heard.temperature == ask.temperature, "sampling", f"the temperature ({heard.temperature})")
        self._check_thoughts(heard)

    def _plain(self, turns: Turns) -> Turns:
        """Without what dialects that lack a member say in words: that a result is an error, what a file is called."""

        def plain(item: Item) -> Item:
            match item:
                case ("result", made, words):
                    return ("result", made, next((one for one in self._errors if words.endswith(one)), words))
                case ("text", words) if words.endswith(FILE_NAME):
                    return ("text", "")
                case _:
                    return item

        return [(role, [plain(item) for item in items]) for role, items in turns]

    def _check_thoughts(self, heard: Heard) -> None:
        if self.ask.think:
            self.arrives(bool(heard.think), "thinking", "the wish for reasoning")
        for item in heard.items("thought"):
            # A strict upstream looks at the tokens that it made itself; this is for those that it cannot tell.
            if self.place.target == "anthropic_messages":
                same("the signature", item[2], SIGNATURE)
            if self.place.target == "openai_responses":
                same("the encrypted reasoning", item[2], ENCRYPTED)

    def _check_told(self, told: Told, says: Says) -> None:
        same("the answer's text", told.text, says.text or "")
        same(
            "the calls", [(one.name, one.arguments) for one in told.calls], [(c.name, c.arguments) for c in says.calls]
        )
        same("the ids of the calls", len({one.id for one in told.calls}), len(told.calls))
        stop = "calls" if says.calls and says.stop == "natural" else says.stop
        same("the end", told.stop, STOPS[stop])
        if says.thought:
            self.arrives(told.thought == says.thought, "thinking", f"the answer's reasoning ({told.thought!r})")
        same("the usage", told.counts, COUNTS)


def remove(upstream: Upstream, rule: Rule) -> None:
    """The rule is no longer in force."""
    upstream.rules.remove(rule)


def same(what: str, came: Any, wanted: Any) -> None:
    """Raises Differs."""
    if came != wanted:
        raise Differs(f"{what}: {came!r} instead of {wanted!r}")


def refusal(act: Callable[[], Any]) -> Refused:
    """The error that the client saw. Raises Differs when there was none."""
    try:
        answer = act()
    except Refused as error:
        return error
    raise Differs(f"the client saw no error but {answer!r}")


def _linked(turns: Turns, moved: bool) -> list[tuple[str, list[Item]]]:
    """The texts, calls and results, with ids replaced by the position of the call they name; texts in a row are one.
    Spaces around a text do not count: a turn may be put together of several. moved: the picture of a result stands
    beside it, and words that say so stand in the result and beside it."""
    numbers: dict[str, int] = {}
    linked: list[tuple[str, list[Item]]] = []
    for role, items in turns:
        kept: list[Item] = []
        results: list[Item] = []
        for item in items:
            match item:
                case ("text", ""):
                    pass  # beside calls, chat clients send an empty text
                case ("text", words) if kept and kept[-1][0] == "text":
                    kept[-1] = ("text", kept[-1][1] + words)
                case ("text", _):
                    kept.append(item)
                case ("call", made, name, arguments):
                    numbers[made] = len(numbers)
                    kept.append(("call", numbers[made], name, arguments))
                case ("result", made, words):
                    said = words.partition("\n")[0] if moved else words
                    results.append(("result", numbers.get(made, f"unknown call {made}"), said))
                case _:
                    pass
        results.sort(key=lambda one: str(one[1]))  # the id is the link, not the order
        kept = results if results and moved else results + kept
        if kept:
            linked.append((role, [("text", item[1].strip()) if item[0] == "text" else item for item in kept]))
    return linked


def overflow_numbers(message: str) -> tuple[str, ...]:
    """N and M of `prompt is too long: N tokens > M maximum`; empty when it says something else."""
    found = re.search(r"prompt is too long: (\d+) tokens > (\d+) maximum", message)
    return found.groups() if found else ()
