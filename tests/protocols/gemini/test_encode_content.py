"""gate.protocols.gemini.encode_content and its neighbours: other dialects' messages as Gemini's turns."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction, Use
from gate.core.profile import Quirks
from gate.protocols.canonical.parts import (
    Citation,
    Foreign,
    Media,
    MediaKind,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from gate.protocols.canonical.request import Message, Role
from tests.protocols.gemini.shapes import asked, encode, model, user
from tests.protocols.vendor_sdks import check_generate_body

A = LossAction
OWN = Opaque("google", "thought_signature", "c2ln")
OTHER = Opaque("anthropic", "signature", "eHh4")
STAND_IN = "skip_thought_signature_validator"


def contents(*messages: Message, losses: tuple[Loss, ...] = (), **options: Any) -> list[Any]:
    body, lost = encode(asked(*messages), **options)
    check_generate_body(body)
    assert lost == losses
    return body["contents"]


def call(call_id: str, name: str = "f", arguments: str = "{}", opaque: Opaque | None = None) -> ToolCall:
    return ToolCall(call_id, name, arguments, opaque=opaque)


def result(call_id: str, text: str = "ok", **more: Any) -> ToolResult:
    return ToolResult(call_id, (Text(text),), **more)


def response(call_id: str, text: str = "ok", name: str = "f") -> dict[str, Any]:
    return {"functionResponse": {"name": name, "response": {"output": text}, "id": call_id}}


def test_turns_of_one_side_are_joined() -> None:
    found = contents(user(Text("a")), user(Text("b")), model(Text("c")), model(Text("d")), user(Text("e")))
    assert [one["role"] for one in found] == ["user", "model", "user"]
    assert found[0]["parts"] == [{"text": "a"}, {"text": "b"}]


def test_nothing_empty_is_sent() -> None:
    found = contents(user(Text("")), model(), user(Text("a"), Text("")))
    assert found == [{"role": "user", "parts": [{"text": "a"}]}]


def test_instructions_at_the_front_are_the_system_instruction() -> None:
    system = Message(Role.SYSTEM, (Text("one"),), top=True)
    developer = Message(Role.DEVELOPER, (Text("two"),))
    body, losses = encode(asked(system, developer, user(Text("hi"))))
    assert body["systemInstruction"] == {"parts": [{"text": "one"}, {"text": "two"}]}
    assert losses == ()


def test_instructions_in_the_middle_keep_their_place() -> None:
    late = Message(Role.SYSTEM, (Text("now in French"),))
    lost = (Loss(Feature.OTHER, "messages[1]", A.APPROXIMATED),)
    found = contents(user(Text("hi")), late, losses=lost)
    assert found == [{"role": "user", "parts": [{"text": "hi"}, {"text": "now in French"}]}]


def test_instructions_alone_are_asked() -> None:
    body, _ = encode(asked(Message(Role.SYSTEM, (Text("go"),), top=True)))
    assert body == {"contents": [{"role": "user", "parts": [{"text": "go"}]}]}


def test_results_stand_together_in_the_order_of_their_calls_before_everything_else() -> None:
    """A chat client sends each as a message of its own, in any order, and some put a note between."""
    found = contents(
        user(Text("go")),
        model(Text("ok"), call("1", "a"), call("2", "b")),
        user(Text("a note")),
        user(result("2", "second")),
        Message(Role.USER, (result("1", "first"),)),
    )
    assert found[2]["parts"] == [response("1", "first", "a"), response("2", "second", "b"), {"text": "a note"}]


def test_calls_with_the_same_id_have_a_result_each() -> None:
    both = (call("x", "f"), call("x", "g"))
    found = contents(user(Text("go")), model(*both), user(result("x", "1"), result("x", "2")))
    assert found[2]["parts"] == [response("x", "1", "f"), response("x", "2", "g")]


def test_a_result_without_a_call_becomes_a_text() -> None:
    lost = (Loss(Feature.OTHER, "messages[1].content[0]", A.REPLACED),)
    assert contents(user(Text("a")), user(result("?", "found")), losses=lost)[0]["parts"][1] == {"text": "found"}
    twice = (Loss(Feature.OTHER, "messages[2].content[1]", A.REPLACED),)
    found = contents(user(Text("a")), model(call("1")), user(result("1"), result("1", "again")), losses=twice)
    assert found[2]["parts"] == [response("1"), {"text": "again"}]


def test_a_result_is_named_by_its_call() -> None:
    found = contents(user(Text("a")), model(call("1", "Read")), user(result("1", name="wrong")))
    assert found[2]["parts"][0]["functionResponse"]["name"] == "Read"


def test_a_failed_result_says_so() -> None:
    found = contents(user(Text("a")), model(call("1")), user(result("1", "no such file", error=True)))
    assert found[2]["parts"][0]["functionResponse"]["response"] == {"error": "no such file"}
    empty = contents(user(Text("a")), model(call("1")), user(ToolResult("1")))
    assert empty[2]["parts"][0]["functionResponse"]["response"] == {}


PICTURE = Media(MediaKind.IMAGE, "image/png", data="AA")


def test_a_picture_in_a_result() -> None:
    turn = (user(Text("a")), model(call("1")), user(ToolResult("1", (Text("see"), PICTURE))))
    blob = {"inlineData": {"mimeType": "image/png", "data": "AA"}}
    new = contents(*turn)[2]["parts"]
    assert new == [{"functionResponse": {**response("1", "see")["functionResponse"], "parts": [blob]}}]
    moved = (Loss(Feature.IMAGES, "messages[2].content[0]", A.MOVED),)
    old = contents(*turn, model="gemini-2.5-pro", losses=moved)[2]["parts"]
    assert old == [response("1", "see"), blob]


def test_the_first_call_of_each_turn_has_a_signature() -> None:
    found = contents(
        user(Text("a")),
        model(Text("b"), call("1"), call("2")),
        user(result("1"), result("2")),
        model(call("3", opaque=OWN), call("4")),
        user(result("3"), result("4")),
        model(call("5", opaque=OTHER)),
        user(result("5")),
    )
    signatures = [[part.get("thoughtSignature") for part in turn["parts"] if "functionCall" in part] for turn in found]
    assert signatures == [[], [STAND_IN, None], [], ["c2ln", None], [], [STAND_IN], []]


@pytest.mark.parametrize(
    ("arguments", "args", "lost"),
    [
        ('{"a":1}', {"a": 1}, False),
        ("", {}, False),
        ("  ", {}, False),
        ('{"a":"\\ud800"}', {"a": "\ufffd"}, False),
        ("[1]", {"arguments": [1]}, True),
        ("{broken", {"arguments": "{broken"}, True),
    ],
)
def test_arguments_are_an_object(arguments: str, args: dict[str, Any], lost: bool) -> None:
    moved = (Loss(Feature.OTHER, "messages[1].content[0].arguments", A.MOVED),) if lost else ()
    found = contents(user(Text("a")), model(call("1", arguments=arguments)), user(result("1")), losses=moved)
    assert found[1]["parts"][0]["functionCall"]["args"] == args


def test_googles_own_thoughts_come_back_and_others_do_not() -> None:
    lost = (
        Loss(Feature.THINKING, "messages[1].content[2]", A.DROPPED),
        Loss(Feature.THINKING, "messages[1].content[3]", A.DROPPED),
    )
    said = (Thinking("mine", OWN), Text("b"), Thinking("theirs", OTHER), Thinking("nobody's"), Thinking())
    assert contents(user(Text("a")), model(*said), losses=lost)[1]["parts"] == [
        {"text": "mine", "thought": True, "thoughtSignature": "c2ln"},
        {"text": "b"},
    ]


def test_the_signature_of_a_text_is_put_back_on_it() -> None:
    assert contents(user(Text("a")), model(Text("b"), Thinking("", OWN)))[1]["parts"] == [
        {"text": "b", "thoughtSignature": "c2ln"}
    ]
    assert contents(user(Text("a")), model(Thinking("", OWN)))[1]["parts"] == [{"text": "", "thoughtSignature": "c2ln"}]


@pytest.mark.parametrize(
    ("media", "part"),
    [
        (PICTURE, {"inlineData": {"mimeType": "image/png", "data": "AA"}}),
        (Media(MediaKind.IMAGE, data="AA"), {"inlineData": {"mimeType": "image/jpeg", "data": "AA"}}),
        (
            Media(MediaKind.IMAGE, url="https://example.com/a.webp?x=1"),
            {"fileData": {"fileUri": "https://example.com/a.webp?x=1", "mimeType": "image/webp"}},
        ),
        (
            Media(MediaKind.DOCUMENT, url="https://example.com/report"),
            {"fileData": {"fileUri": "https://example.com/report", "mimeType": "application/pdf"}},
        ),
        (
            Media(MediaKind.VIDEO, url="https://youtu.be/x"),
            {"fileData": {"fileUri": "https://youtu.be/x"}},
        ),
        (Media(MediaKind.AUDIO, "audio/mp3", data="AA"), {"inlineData": {"mimeType": "audio/mp3", "data": "AA"}}),
        (Media(MediaKind.DOCUMENT, "text/plain", text="words"), {"text": "words"}),
        (
            Media(MediaKind.IMAGE, "image/png", file_id="files/abc"),
            {"fileData": {"fileUri": "files/abc", "mimeType": "image/png"}},
        ),
    ],
)
def test_media(media: Media, part: dict[str, Any]) -> None:
    assert contents(user(media))[0]["parts"] == [part]


@pytest.mark.parametrize(
    "media",
    [
        Media(MediaKind.IMAGE, "image/gif", data="AA"),
        Media(MediaKind.IMAGE, file_id="file-of-another-vendor"),
        Media(MediaKind.IMAGE, url="ftp://example.com/a.png"),
    ],
)
def test_pictures_that_cannot_be_seen_are_named(media: Media) -> None:
    lost = (Loss(Feature.IMAGES, "messages[0].content[0]", A.REPLACED),)
    assert contents(user(media), losses=lost)[0]["parts"] == [{"text": "[image left out]"}]


def test_a_provider_may_take_less() -> None:
    lost = (Loss(Feature.IMAGES, "messages[0].content[0]", A.REPLACED),)
    link = Media(MediaKind.IMAGE, url="https://example.com/a.png")
    contents(user(link), losses=lost, quirks=Quirks(cannot=frozenset({Use.IMAGE_URL})))


def test_a_document_keeps_its_name_and_its_parts() -> None:
    inner = (Text("one"), PICTURE)
    document = Media(MediaKind.DOCUMENT, content=inner, name="Plan", context="of 2026", cite=True)
    lost = (
        Loss(Feature.DOCUMENTS, "messages[0].content[0].title", A.MOVED),
        Loss(Feature.CITATIONS, "messages[0].content[0].citations", A.DROPPED),
    )
    assert contents(user(document), losses=lost)[0]["parts"] == [
        {"text": "Document: Plan\nof 2026"},
        {"text": "one"},
        {"inlineData": {"mimeType": "image/png", "data": "AA"}},
    ]


def test_what_only_another_dialect_has() -> None:
    said = (
        Foreign(Dialect.ANTHROPIC_MESSAGES, "server_tool_use", {}, server=True),
        Foreign(Dialect.OPENAI_RESPONSES, "new_item", {}, text="readable"),
        Refusal("I will not"),
        Text("cited", cache={"type": "ephemeral"}, citations=(Citation(Dialect.ANTHROPIC_MESSAGES, {}),)),
    )
    lost = (
        Loss(Feature.SERVER_TOOLS, "messages[1].content[0]", A.DROPPED),
        Loss(Feature.OTHER, "messages[1].content[1]", A.REPLACED),
        Loss(Feature.CACHE_HINTS, "messages[1].content[3].cache_control", A.DROPPED),
        Loss(Feature.CITATIONS, "messages[1].content[3].citations", A.DROPPED),
    )
    found = contents(user(Text("a")), model(*said), losses=lost)
    assert found[1]["parts"] == [{"text": "readable"}, {"text": "I will not"}, {"text": "cited"}]


def test_a_participants_name_is_lost() -> None:
    lost = (Loss(Feature.PARAMETERS, "messages[0].name", A.DROPPED),)
    contents(Message(Role.USER, (Text("a"),), name="Ann"), losses=lost)
