"""Thinking between tags, however the stream is cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.protocols.canonical.answer import Cite, Close, Delta, Done, Event, Finish, Open, Sign, Start, Stop
from gate.protocols.canonical.events import folded
from gate.protocols.canonical.parts import Citation, Foreign, Opaque, Part, Text, Thinking, ToolCall
from gate.protocols.transformers.inline_thinking import InlineThinking

END = [Finish(Stop.END), Done()]
CITATION = Citation(Dialect.ANTHROPIC_MESSAGES, {"type": "char_location"})
TAGGED = st.lists(
    st.sampled_from(["<think>", "</think>", "<thi", "nk>", "</", "<", ">", " ", "\n", "a", "idea", "é🙂"]), max_size=12
).map("".join)


def text_events(*pieces: str, index: int = 0) -> list[Event]:
    return [Open(index, Text("")), *(Delta(index, piece) for piece in pieces), Close(index)]


def parts(*events: Event, opened: bool = False) -> tuple[Part, ...]:
    hook = InlineThinking("think", opened=opened)
    out = [one for event in (Start("a", "m"), *events, *END) for one in hook.feed([event])]
    well_formed(out)
    return folded(out).parts


def well_formed(events: list[Event]) -> None:
    """Every block is opened once, before its deltas, and closed."""
    live: set[int] = set()
    seen: set[int] = set()
    for event in events:
        if isinstance(event, Open):
            assert event.index not in seen
            live.add(event.index)
            seen.add(event.index)
        elif isinstance(event, Delta | Cite | Sign):
            assert event.index in live
        elif isinstance(event, Close):
            live.remove(event.index)
    assert not live


def test_thinking_and_text_become_two_blocks() -> None:
    assert parts(*text_events("<think>\nhm, so\n</think>\n\nForty-two.")) == (Thinking("hm, so\n"), Text("Forty-two."))


def test_the_tags_may_come_in_pieces() -> None:
    pieces = ("  <", "th", "ink", ">h", "m</", "th", "ink>", "\n", "yes", " it is")
    assert parts(*text_events(*pieces)) == (Thinking("hm"), Text("yes it is"))


def test_what_only_looks_like_a_tag_is_text() -> None:
    assert parts(*text_events("<th", "an>ks")) == (Text("<than>ks"),)
    assert parts(*text_events("<thi")) == (Text("<thi"),)
    assert parts(*text_events("<think>a </thin", "g> b</think>c")) == (Thinking("a </thing> b"), Text("c"))


def test_a_tag_within_the_answer_is_what_it_speaks_of() -> None:
    said = "Models write <think> and </think> around it."
    assert parts(*text_events(said)) == (Text(said),)
    assert parts(*text_events(f"<think>x</think>{said}")) == (Thinking("x"), Text(said))


def test_several_thoughts_in_a_row() -> None:
    assert parts(*text_events("<think>a</think>\n<think>b</think>c")) == (Thinking("a"), Thinking("b"), Text("c"))


def test_thinking_that_never_ends_is_thinking() -> None:
    assert parts(*text_events("<think>cut o", "ff </th")) == (Thinking("cut off </th"),)


def test_an_empty_thought_leaves_the_answer_alone() -> None:
    assert parts(*text_events("<think>\n\n</think>\n\nHi.")) == (Text("Hi."),)


def test_texts_without_tags_are_as_they_were() -> None:
    for pieces in ((), ("",), ("\n ",), ("\n\n", "a", " b "), (" " * 1000, "<think>far too late")):
        assert parts(*text_events(*pieces)) == (Text("".join(pieces)),)


def test_only_thinking_leaves_no_empty_text() -> None:
    assert parts(*text_events("<think>tool</think>\n\n")) == (Thinking("tool"),)


def test_an_opened_answer_starts_inside() -> None:
    assert parts(*text_events("hm", "</think>", "\nyes"), opened=True) == (Thinking("hm"), Text("yes"))
    assert parts(*text_events("<think>hm</think>yes"), opened=True) == (Thinking("hm"), Text("yes"))
    two = parts(*text_events("hm</think>yes"), *text_events("no", index=1), opened=True)
    assert two == (Thinking("hm"), Text("yes"), Text("no"))


def test_other_blocks_pass_and_indexes_stay_apart() -> None:
    call = ToolCall("c1", "look", '{"a":1}')
    signed = Opaque("google", "thought_signature", "c2ln")
    foreign = Foreign(Dialect.OPENAI_CHAT, "odd", {"type": "odd"})
    found = parts(
        *text_events("<think>a</think>b"),
        Open(1, ToolCall("c1", "look")),
        *text_events("<think>c</think>d", index=2),
        Delta(1, '{"a":1}'),
        Sign(1, signed),
        Close(1),
        Open(7, foreign),
        Close(7),
        Open(8, Thinking()),
        Delta(8, "own"),
        Close(8),
    )
    assert found == (
        Thinking("a"),
        Text("b"),
        ToolCall(call.id, call.name, call.arguments, opaque=signed),
        Thinking("c"),
        Text("d"),
        foreign,
        Thinking("own"),
    )


def test_citations_stay_with_the_text() -> None:
    events = [Open(0, Text("")), Delta(0, "<think>x</think>y"), Cite(0, CITATION), Delta(0, "z"), Close(0)]
    assert parts(*events) == (Thinking("x"), Text("yz", citations=(CITATION,)))
    before = [Open(0, Text("")), Delta(0, "<think>x"), Cite(0, CITATION), Delta(0, "</think>"), Close(0)]
    assert parts(*before) == (Thinking("x"), Text("</think>", citations=(CITATION,)))


def test_text_is_streamed_as_it_comes() -> None:
    """Nothing is held but what may become a tag."""
    hook = InlineThinking("think")
    hook.feed([Open(4, Text(""))])
    assert hook.feed([Delta(4, "<think>a")]) == [Open(0, Thinking()), Delta(0, "a")]
    assert hook.feed([Delta(4, "b</")]) == [Delta(0, "b")]
    assert hook.feed([Delta(4, "think>c")]) == [Close(0), Open(1, Text("")), Delta(1, "c")]
    assert hook.feed([Delta(4, "d")]) == [Delta(1, "d")]
    assert hook.feed([Close(4)]) == [Close(1)]


def test_a_stream_that_breaks_off_breaks_off() -> None:
    hook = InlineThinking("think")
    assert hook.feed([Open(0, Text("")), Delta(0, "<th")]) == []


@given(TAGGED, st.lists(st.integers(0, 80)), st.booleans())
def test_any_cut_gives_the_same(said: str, cuts: list[int], opened: bool) -> None:
    places = sorted({min(cut, len(said)) for cut in cuts} | {0, len(said)})
    pieces = [said[a:b] for a, b in pairwise(places)]
    whole, cut = (parts(*text_events(*each), opened=opened) for each in ((said,), tuple(pieces)))
    assert whole == cut


def read_at_once(said: str) -> tuple[Part, ...]:
    """What a whole text amounts to, read in the plainest way."""
    found: list[Part] = []
    rest, tagged = said, False
    while rest.lstrip().startswith("<think>"):
        tagged = True
        thought, closed, rest = rest.lstrip().removeprefix("<think>").lstrip().partition("</think>")
        found += [Thinking(thought)] if thought else []
        if not closed:
            break
    rest = rest.lstrip() if tagged else rest
    return (*found, Text(rest)) if rest or not found else tuple(found)


@given(TAGGED)
def test_it_is_read_as_a_whole_text_would_be(said: str) -> None:
    assert parts(*text_events(said)) == read_at_once(said)
