"""Tools of an answer in the client's own terms."""

from collections.abc import Sequence

from gate.protocols.canonical.answer import Close, Delta, Event, Open
from gate.protocols.canonical.events import folded
from gate.protocols.canonical.parts import CallKind, Opaque, Part, Text, ToolCall
from gate.protocols.canonical.restore import Restorer
from gate.protocols.canonical.tools import Named
from gate.protocols.opaque import read_id

NAMES = {
    "exec": Named("exec", CallKind.CUSTOM, None),
    "linear__list": Named("list", CallKind.FUNCTION, "linear"),
}


def restored(events: Sequence[Event], *, keeps: bool = False) -> tuple[Part, ...]:
    restorer = Restorer(NAMES, keeps_signature=keeps, token="ab12")
    out: list[Event] = []
    for event in events:
        out.extend(restorer.feed([event]))
    return folded(out).parts


def call(name: str, arguments: Sequence[str], call_id: str = "c1") -> list[Event]:
    return [Open(0, ToolCall(call_id, name)), *(Delta(0, piece) for piece in arguments), Close(0)]


def test_text_passes_untouched() -> None:
    events: list[Event] = [Open(0, Text("")), Delta(0, "hi"), Close(0)]
    assert Restorer(NAMES, keeps_signature=False, token="t").feed(events) is events


def test_a_flattened_function_gets_its_name_and_namespace_back() -> None:
    assert restored(call("linear__list", ['{"a":', "1}"])) == (ToolCall("c1", "list", '{"a":1}', namespace="linear"),)


def test_the_text_of_an_emulated_custom_tool_is_free_again() -> None:
    expected = (ToolCall("c1", "exec", 'print("é")', CallKind.CUSTOM),)
    assert restored(call("exec", ['{"input":"pri', 'nt(\\"\\u00e9\\")"}'])) == expected


def test_what_a_model_wrote_in_another_shape_is_handed_on_as_it_is() -> None:
    for arguments in ("ls -l", '{"command":"ls"}', '["ls"]', '{"input":1}', ""):
        assert restored(call("exec", [arguments])) == (ToolCall("c1", "exec", arguments, CallKind.CUSTOM),)


def test_a_call_without_an_id_gets_one_of_its_own() -> None:
    parts = restored([*call("a", ["{}"], ""), Open(1, ToolCall("", "b")), Close(1)])
    ids = [part.id for part in parts if isinstance(part, ToolCall)]
    assert ids == ["call_ab120", "call_ab121"]
    assert restored(call("a", ["{}"], ""), keeps=True) == (ToolCall("", "a", "{}"),)


def test_a_signature_rides_in_the_id_only_where_the_client_keeps_nothing_else() -> None:
    opaque = Opaque("google", "thought_signature", "AAEC")
    events: list[Event] = [Open(0, ToolCall("c1", "a", opaque=opaque)), Close(0)]
    (part,) = restored(events)
    assert isinstance(part, ToolCall)
    assert (read_id(part.id), part.opaque) == (("c1", opaque), None)
    assert restored(events, keeps=True) == (ToolCall("c1", "a", opaque=opaque),)
