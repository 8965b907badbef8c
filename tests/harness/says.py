"""What a scripted model says, in words of no dialect: a test writes it once and every dialect renders it.

upstream.shape(says=Says(text="Two files.", calls=(ToolCall("read", {"path": "a"}), ToolCall("read", {"path": "b"}))))
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.harness.task import ToolCall

STOPS = ("natural", "length", "filter", "sequence")


@dataclass(frozen=True, slots=True)
class Says:
    """One answer. text, thought: None for none (chat puts a thought where DeepSeek does). calls: in this order.

    stop: `natural` (the end, or the calls), `length` (the limit was met), `filter` (the vendor declined), `sequence`
    (a stop sequence was met, here the first that was asked for). calls_in_turn: chat only; the pieces of the calls'
    arguments come one after the other, not interleaved.
    """

    text: str | None = None
    thought: str | None = None
    calls: tuple[ToolCall, ...] = ()
    stop: str = "natural"
    calls_in_turn: bool = False

    def __post_init__(self) -> None:
        if self.stop not in STOPS:
            raise ValueError(f"stop is one of {STOPS}, not {self.stop!r}")
