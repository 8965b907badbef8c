"""One block at a time."""

from hypothesis import given
from hypothesis import strategies as st

from gate.protocols.canonical.answer import Close, Delta, Done, Event, Finish, Open, Start, Stop
from gate.protocols.canonical.events import folded
from gate.protocols.canonical.parts import Text, ToolCall
from gate.protocols.canonical.sequence import Sequencer, sequenced


def test_a_stream_without_overlap_is_handed_on_as_it_is() -> None:
    events: list[Event] = [Start("r", "m"), Open(0, Text("")), Delta(0, "a"), Close(0), Finish(Stop.END), Done()]
    assert sequenced(events) == events


def test_interleaved_calls_come_one_after_the_other() -> None:
    a, b = ToolCall("1", "a"), ToolCall("2", "b")
    events: list[Event] = [Open(0, a), Delta(0, "x"), Open(1, b), Delta(1, "y"), Delta(0, "z"), Close(1), Close(0)]
    assert sequenced(events) == [
        Open(0, a), Delta(0, "x"), Delta(0, "z"), Close(0), Open(1, b), Delta(1, "y"), Close(1),
    ]  # fmt: skip


@st.composite
def interleaved(draw: st.DrawFn) -> list[Event]:
    """Blocks whose events overlap in any order that keeps each block's own."""
    blocks: list[list[Event]] = []
    for index in range(draw(st.integers(1, 5))):
        deltas = [Delta(index, text) for text in draw(st.lists(st.text(max_size=3), max_size=4))]
        blocks.append([Open(index, ToolCall(str(index), "f")), *deltas, Close(index)])
    events: list[Event] = []
    while any(blocks):
        at = draw(st.sampled_from([place for place, block in enumerate(blocks) if block]))
        events.append(blocks[at].pop(0))
    return events


@given(interleaved(), st.data())
def test_any_overlap_in_any_pieces(events: list[Event], data: st.DataObject) -> None:
    sequencer = Sequencer()
    out: list[Event] = []
    rest = events
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        out.extend(sequencer.feed(rest[:size]))
        rest = rest[size:]
    front: int | None = None
    for event in out:
        if isinstance(event, Open):
            assert front is None
            front = event.index
        elif isinstance(event, Close):
            assert event.index == front
            front = None
        elif isinstance(event, Delta):
            assert event.index == front
    assert sorted(map(repr, out)) == sorted(map(repr, events))
    assert set(folded(out).parts) == set(folded(events).parts)
