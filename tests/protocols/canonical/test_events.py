"""Whole answers and events are two forms of one thing."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.core.failure import Failure, FailureKind
from gate.core.usage import Usage
from gate.protocols.canonical.answer import Failed, Response, Start, Stop
from gate.protocols.canonical.events import Folder, events_of, folded
from gate.protocols.canonical.parts import (
    CallKind,
    Citation,
    Foreign,
    Media,
    MediaKind,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)

words = st.text(max_size=8)
opaques = st.builds(Opaque, st.sampled_from(["anthropic", "google"]), words, words, st.none() | words)
citations = st.builds(Citation, st.sampled_from(list(Dialect)), st.just({"a": 1}), st.none() | words)
parts: st.SearchStrategy[Part] = st.one_of(
    st.builds(Text, words, citations=st.lists(citations, max_size=2).map(tuple)),
    st.builds(Refusal, words),
    st.builds(Thinking, words, st.none() | opaques),
    st.builds(ToolCall, words, words, words, st.sampled_from(list(CallKind)), st.none() | words, st.none() | opaques),
    st.builds(Foreign, st.sampled_from(list(Dialect)), words, st.just({"b": 2}), st.booleans()),
    st.builds(Media, st.sampled_from(list(MediaKind)), data=words),
)
responses = st.builds(
    Response,
    id=st.none() | words,
    model=st.none() | words,
    parts=st.lists(parts, max_size=5).map(tuple),
    stop=st.sampled_from(list(Stop)),
    usage=st.builds(Usage, st.none() | st.integers(0, 9), st.none() | st.integers(0, 9)),
    created=st.none() | st.integers(0, 9),
    stop_word=st.none() | words,
    stop_sequence=st.none() | words,
)


@given(responses)
def test_there_and_back(response: Response) -> None:
    assert folded(events_of(response)) == response


def test_a_failure_is_kept_with_what_came_before() -> None:
    folder = Folder()
    failure = Failure(FailureKind.OVERLOADED)
    events: list[Any] = [Start("r", "m"), Failed(failure, "busy")]
    folder.feed(events)
    assert (folder.failure, folder.words) == (failure, "busy")
    assert folder.response().stop is None
