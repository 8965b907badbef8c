"""gate.protocols.openai_responses.content and plain: content parts, annotations, and items in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Foreign, Media, MediaKind, Refusal, Text
from gate.protocols.openai_responses.content import parts_of, read_data_url
from gate.protocols.openai_responses.plain import plain_text


def media(part: dict[str, Any]) -> Media:
    (found,) = parts_of([part])
    assert isinstance(found, Media)
    assert found.raw == part
    return found


def test_texts() -> None:
    assert parts_of("x") == (Text("x"),)
    assert parts_of("") == parts_of(None) == parts_of(5) == parts_of([]) == ()
    found = parts_of([{"type": kind, "text": "x"} for kind in ("input_text", "output_text", "text", "summary_text")])
    assert [part.text for part in found if isinstance(part, Text)] == ["x"] * 4
    (refusal,) = parts_of([{"type": "refusal", "refusal": "no"}])
    assert isinstance(refusal, Refusal)
    assert refusal.text == "no"
    (marked,) = parts_of([{"type": "input_text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}}])
    assert isinstance(marked, Text)
    assert marked.cache == {"type": "ephemeral"}


def test_images() -> None:
    found = media({"type": "input_image", "image_url": "data:image/webp;base64,aGk=", "detail": "high"})
    assert (found.kind, found.media_type, found.data, found.url, found.detail) == (
        MediaKind.IMAGE,
        "image/webp",
        "aGk=",
        None,
        "high",
    )
    assert media({"type": "input_image", "image_url": "https://x.test"}).url == "https://x.test"
    assert media({"type": "input_image", "image_url": {"url": "https://x.test"}}).url == "https://x.test"
    assert media({"type": "input_image", "file_id": "f"}).file_id == "f"


def test_files() -> None:
    found = media({"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="})
    assert (found.kind, found.media_type, found.data, found.name) == (
        MediaKind.DOCUMENT,
        "application/pdf",
        "aGk=",
        "a.pdf",
    )
    bare = media({"type": "input_file", "filename": "a.TXT", "file_data": "aGk="})
    assert (bare.media_type, bare.data) == ("text/plain", "aGk=")
    assert media({"type": "input_file", "file_url": "https://x.test"}).url == "https://x.test"
    assert media({"type": "input_file", "file_id": "f"}).file_id == "f"


def test_audio() -> None:
    found = media({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}})
    assert (found.kind, found.media_type, found.data) == (MediaKind.AUDIO, "audio/mpeg", "aGk=")


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_image"},
        {"type": "input_file", "filename": "a"},
        {"type": "input_audio"},
        {"type": "new", "text": "words"},
        {"type": "input_text"},
        {},
        5,
    ],
)
def test_what_is_not_understood_is_kept(part: Any) -> None:
    (found,) = parts_of([part])
    assert isinstance(found, Foreign)
    assert found.dialect is Dialect.OPENAI_RESPONSES
    assert found.raw == (part if isinstance(part, dict) else {})
    assert found.text == ("words" if part == {"type": "new", "text": "words"} else None)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("data:image/png;base64,aGk=", ("image/png", "aGk=")),
        ("data:image/png;name=a;base64,aGk=", ("image/png", "aGk=")),
        ("data:;base64,aGk=", (None, "aGk=")),
        ("data:text/plain,hello", (None, None)),
        ("data:nonsense", (None, None)),
        ("https://x.test", (None, None)),
    ],
)
def test_data_urls(url: str, read: tuple[str | None, str | None]) -> None:
    assert read_data_url(url) == read


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"type": "web_search_call", "action": {"type": "search", "queries": ["a", "b"]}}, "[Web search]\na\nb"),
        ({"type": "web_search_call", "action": {"type": "open_page", "url": "u"}}, "[Web search]\nu"),
        ({"type": "file_search_call", "queries": ["q"], "results": [{"text": "found"}]}, "[File search]\nq\nfound"),
        (
            {"type": "code_interpreter_call", "code": "1+1", "outputs": [{"type": "logs", "logs": "2"}]},
            "[Code run]\n1+1\n2",
        ),
        ({"type": "mcp_call", "name": "n", "arguments": "{}", "output": "out"}, "[Tool call]\nn({})\nout"),
        ({"type": "local_shell_call", "action": {"command": ["ls", "-l"]}}, "[Shell command]\nls -l"),
        ({"type": "shell_call", "action": {"commands": ["ls", "pwd"]}}, "[Shell command]\nls\npwd"),
        ({"type": "shell_call_output", "output": [{"stdout": "a", "stderr": "b"}]}, "[Shell output]\na\nb"),
        ({"type": "apply_patch_call", "operation": {"diff": "+a"}}, '[Patch]\n{"diff":"+a"}'),
        ({"type": "apply_patch_call_output", "output": "done"}, "done"),
        ({"type": "computer_call", "action": {"type": "wait"}}, '[Computer action]\n{"type":"wait"}'),
        ({"type": "program", "code": "x"}, "[Program]\nx"),
        ({"type": "program_output", "result": "y"}, "y"),
        ({"type": "image_generation_call", "result": "aGk="}, None),
        ({"type": "web_search_call"}, None),
        ({"type": "compaction"}, None),
    ],
)
def test_items_in_plain_words(item: dict[str, Any], text: str | None) -> None:
    assert plain_text(item["type"], item) == text
