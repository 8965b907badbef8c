"""The scripted task: what it reads out of prompts, and which tool it calls."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.harness.task import DEFAULT_CONTENT, DEFAULT_FINAL, ToolCall, Wanted, choose_tool, shell_command, wanted

PROMPT = 'Create hello.txt containing exactly the text "abc-1" (no newline), then reply with exactly: FIN-1'


def test_reads_the_wishes_out_of_any_string_of_a_body() -> None:
    body = {"messages": [{"content": [{"text": "<cwd>/work/x</cwd>"}, {"text": PROMPT}]}]}
    assert wanted(body) == Wanted("abc-1", "FIN-1", "/work/x")


def test_takes_the_last_prompt_and_one_that_was_quoted() -> None:
    quoted = '"' + PROMPT.replace("-1", "-2").replace('"', '\\"') + '"'
    assert wanted([PROMPT, quoted]) == Wanted("abc-2", "FIN-2", None)


def test_has_words_of_its_own_for_a_prompt_without_wishes() -> None:
    assert wanted({"input": "hi", "n": 1, "x": None}) == Wanted(DEFAULT_CONTENT, DEFAULT_FINAL, None)


def test_reads_a_body_nested_deeper_than_the_stack() -> None:
    body: object = PROMPT
    for _ in range(100_000):
        body = [body]
    assert wanted(body).content == "abc-1"


@pytest.mark.parametrize(
    ("name", "schema", "arguments"),
    [
        ("Bash", {"properties": {"command": {}, "description": {}}}, {"description": "Create hello.txt"}),
        ("exec_command", {"properties": {"cmd": {"type": "string"}}}, {}),
        ("shell", {"properties": {"command": {"type": "array"}}}, {}),
    ],
)
def test_calls_a_shell_with_the_arguments_it_takes(
    name: str, schema: dict[str, object], arguments: dict[str, str], tmp_path: Path
) -> None:
    call = choose_tool({"Other": {}, name: schema}, Wanted("a'b $c", "f", None))
    assert call is not None and call.name == name and isinstance(call.arguments, dict)
    assert arguments.items() <= call.arguments.items()
    command: Any = call.arguments.get("cmd") or call.arguments["command"]
    subprocess.run(["sh", "-c", command] if isinstance(command, str) else command, cwd=tmp_path, check=True)
    assert (tmp_path / "hello.txt").read_text() == "a'b $c"


def test_calls_a_file_writer_where_there_is_no_shell() -> None:
    schema: dict[str, Any] = {"properties": {"filePath": {}, "content": {}}}
    assert choose_tool({"write": schema}, Wanted("c", "f", "/w")) == ToolCall(
        "write", {"filePath": "/w/hello.txt", "content": "c"}
    )
    assert choose_tool({"lookup": {}}, Wanted("c", "f", None)) is None


def test_the_command_is_plain_for_plain_content() -> None:
    assert shell_command("abc") == "printf %s 'abc' > hello.txt"
