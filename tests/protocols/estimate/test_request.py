"""The estimate of whole requests: what counts, what does not, and that nothing makes it raise."""

import base64
import json
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Foreign, Media, MediaKind, Part, Text, Thinking, ToolCall, ToolResult
from gate.protocols.canonical.request import Message, OutputFormat, Request, Role, Tool, ToolKind
from gate.protocols.estimate.request import TEXT_ERROR, Estimate, estimate
from gate.protocols.registry import translators
from tests.protocols.canonical.test_events import parts as any_part
from tests.protocols.estimate.test_documents import pdf
from tests.protocols.estimate.test_picture_size import png

TEXTS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "texts.json").read_text("utf-8"))
CLAUDE, GPT = "claude-sonnet-5-5", "gpt-4o"
WORDS = "Nobody was on the pier when the ferry came in. "


def request(*parts: Part, tools: tuple[Tool, ...] | None = None, **more: Any) -> Request:
    turn = Message(Role.USER, parts)
    return Request(Dialect.ANTHROPIC_MESSAGES, "m", (turn,), tools=tools, **more)


def tokens(*parts: Part, model: str = GPT, **more: Any) -> int:
    return estimate(request(*parts, **more), model).tokens()


def image(size: tuple[int, int] | None = None, **more: Any) -> Media:
    data = None if size is None else base64.b64encode(png(*size)).decode()
    return Media(MediaKind.IMAGE, "image/png", data=data, **more)


def test_a_conversation_is_met_within_seven_percent() -> None:
    """The texts of the table as turns of one request, whose tokens OpenAI's tokenizer counted."""
    turns = tuple(
        Message(Role.ASSISTANT if at % 2 else Role.USER, (Text(one["text"]),)) for at, one in enumerate(TEXTS)
    )
    counted = sum(one["tokens"]["O200K"] + 4 for one in TEXTS) + 3
    found = estimate(Request(Dialect.OPENAI_CHAT, "m", turns), GPT)
    assert found.tokens() == pytest.approx(counted, rel=0.07)
    assert abs(found.tokens() - counted) < found.margin()


def test_anthropics_own_examples() -> None:
    """platform.claude.com/docs/en/build-with-claude/token-counting: 14 tokens, and 403 with a tool."""
    system = Message(Role.SYSTEM, (Text("You are a scientist"),), top=True)
    greeting = Request(
        Dialect.ANTHROPIC_MESSAGES, "m", (system, Message(Role.USER, (Text("Hello, Claude"),))), tools=()
    )
    assert abs(estimate(greeting, "claude-opus-4-6").tokens() - 14) <= 8
    schema = {
        "type": "object",
        "properties": {
            "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
        },
        "required": ["location"],
    }
    weather = Tool(ToolKind.FUNCTION, "get_weather", "Get the current weather in a given location", schema=schema)
    asked = request(Text("What's the weather like in San Francisco?"), tools=(weather,))
    assert estimate(asked, "claude-opus-4-6").tokens() == pytest.approx(403, rel=0.1)


@pytest.mark.parametrize(
    "more",
    [
        [Text(WORDS)],
        [Thinking(WORDS)],
        [ToolCall("c1", "look", json.dumps({"where": WORDS}))],
        [ToolResult("c1", (Text(WORDS),))],
        [Media(MediaKind.DOCUMENT, "text/plain", text=WORDS)],
        [Media(MediaKind.DOCUMENT, "text/plain", data=base64.b64encode(WORDS.encode()).decode())],
        [Media(MediaKind.DOCUMENT, content=(Text(WORDS),))],
        [Foreign(Dialect.OPENAI_RESPONSES, "x", {"type": "x", "words": WORDS})],
        [Foreign(Dialect.OPENAI_RESPONSES, "x", {}, text=WORDS)],
    ],
    ids=lambda parts: type(parts[0]).__name__,
)
def test_all_text_counts(more: list[Part]) -> None:
    assert 8 < tokens(Text("hi"), *more) - tokens(Text("hi")) < 40


def test_tools_count_unless_they_are_loaded_later() -> None:
    schema = {"type": "object", "properties": {"where": {"type": "string", "description": WORDS}}}
    tool = Tool(ToolKind.FUNCTION, "look", WORDS, schema=schema)
    later = Tool(ToolKind.FUNCTION, "look", WORDS, schema=schema, deferred=True)
    grammar = Tool(ToolKind.CUSTOM, "exec", WORDS, grammar={"type": "grammar", "definition": WORDS})
    plain = tokens(Text("hi"))
    assert tokens(Text("hi"), tools=(later,)) == plain
    assert tokens(Text("hi"), tools=()) == plain
    assert tokens(Text("hi"), tools=(tool,)) > plain + 40
    assert tokens(Text("hi"), tools=(grammar,)) > plain + 20
    assert tokens(Text("hi"), tools=(tool,), model=CLAUDE) > tokens(Text("hi"), model=CLAUDE) + 330


def test_a_schema_for_the_output_counts() -> None:
    form = OutputFormat("json_schema", {"type": "object", "description": WORDS})
    assert tokens(Text("hi"), output=form) > tokens(Text("hi")) + 10


@pytest.mark.parametrize(
    ("model", "cost"),
    [("claude-sonnet-4-6", 37 * 37), (CLAUDE, 37 * 37), (GPT, 765), ("gemini-3-pro", 1_120), ("gemini-2.5-pro", 1_032)],
)
def test_a_picture_costs_what_its_vendor_says(model: str, cost: int) -> None:
    """And not what its base64 text would."""
    with_it = estimate(request(Text("hi"), image((1024, 1024))), model)
    without = estimate(request(Text("hi")), model)
    assert (with_it.tokens() - without.tokens(), with_it.unsure) == (cost, 0)


def test_detail_and_results() -> None:
    assert tokens(image((1024, 1024), detail="low")) == tokens() + 85
    inside = ToolResult("c", (image((1024, 1024)),))
    assert tokens(inside) == tokens(ToolResult("c")) + 765


@pytest.mark.parametrize("unknown", [image(url="https://pictures.example/1.png"), image(file_id="f1"), image((0, 0))])
def test_a_picture_of_unknown_size_is_unsure(unknown: Media) -> None:
    found = estimate(request(Text("hi"), unknown), GPT)
    assert found.unsure == 765
    assert found.margin() > 700


def test_documents_are_counted_by_the_page() -> None:
    document = Media(MediaKind.DOCUMENT, "application/pdf", data=base64.b64encode(pdf(10)).decode())
    linked = Media(MediaKind.DOCUMENT, "application/pdf", url="https://papers.example/1.pdf")
    gemini = estimate(request(document), "gemini-3-pro")
    assert gemini.tokens() == pytest.approx(5_600, abs=20)
    assert gemini.unsure == pytest.approx(0.5 * 5_600)
    claude = estimate(request(document), "claude-haiku-4-5")
    assert 20_000 < claude.tokens() < 22_000, "2,100 tokens for a page of text, as measured"
    assert estimate(request(linked), GPT).unsure > 0


def test_sound_and_films_are_counted_by_their_length() -> None:
    minute = base64.b64encode(bytes(60 * 16_000)).decode()
    assert tokens(Media(MediaKind.AUDIO, "audio/mp3", data=minute)) == pytest.approx(60 * 32, rel=0.05)
    film = estimate(request(Media(MediaKind.VIDEO, "video/mp4", url="https://films.example/1")), GPT)
    assert film.unsure > 0


def test_calibration_moves_the_text_only() -> None:
    found = Estimate(1_000.0, 500.0, 100.0)
    assert [found.tokens(ratio) for ratio in (0.5, 1.0, 2.0)] == [1_000, 1_500, 2_500]
    assert found.margin(2.0) == round(2_000 * TEXT_ERROR + 100)
    assert Estimate().tokens() == 1, "no count is ever zero"


@given(st.lists(any_part, max_size=6), st.lists(any_part, max_size=3), st.sampled_from([CLAUDE, GPT, "gemini-3", ""]))
def test_more_of_a_request_is_never_fewer_tokens(some: list[Part], more: list[Part], model: str) -> None:
    assert tokens(*some, model=model) <= tokens(*some, *more, model=model)


_MEMBERS = """role content type text input parts contents messages tools name description input_schema parameters id
    function source data media_type arguments output image_url url inlineData thinking system instructions"""
_KINDS = "text image document tool_use tool_result thinking message input_image function function_call"
members, kinds = st.sampled_from(_MEMBERS.split()), st.sampled_from(_KINDS.split())
bodies = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(st.characters(exclude_categories=[]), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members, inner, max_size=4),
    max_leaves=12,
)


@given(
    st.sampled_from(sorted(translators())),
    st.dictionaries(members, bodies | kinds, max_size=4),
    st.lists(st.dictionaries(members, bodies | kinds, max_size=4), max_size=3),
)
def test_any_request_that_decodes_has_an_estimate(
    dialect: Dialect, top: dict[str, Any], turns: list[dict[str, Any]]
) -> None:
    place = {Dialect.OPENAI_RESPONSES: "input", Dialect.GEMINI: "contents"}.get(dialect, "messages")
    body = json.dumps({"model": "m", **top, place: turns}).encode()
    try:
        decoded = translators()[dialect].decode_request(body, model="m", stream=False)
    except Exception:
        return
    assert estimate(decoded, CLAUDE).tokens() >= 1


def test_things_nested_without_end_are_not_followed() -> None:
    part: Part = Text(WORDS)
    for _ in range(2_000):
        part = ToolResult("c", (part,))
    assert tokens(part) < 100


def test_a_hundred_kilobytes_take_less_than_a_millisecond() -> None:
    """Of work: the best of several, for other programs share the machine."""
    words = Text((WORDS * 20)[:800])
    asked = request(*([words] * 125))
    took: list[float] = []
    for _ in range(20):
        began = perf_counter()
        estimate(asked, CLAUDE)
        took.append(perf_counter() - began)
    assert min(took) < 0.001
