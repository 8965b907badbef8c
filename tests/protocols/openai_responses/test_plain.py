"""gate.protocols.openai_responses.plain: items of tools only this dialect knows, in words."""

from __future__ import annotations

from typing import Any

import pytest

from gate.protocols.openai_responses.plain import plain_text


@pytest.mark.parametrize(
    ("kind", "members", "text"),
    [
        ("web_search_call", {"action": {"type": "search", "query": "x"}}, "[Web search]\nx"),
        ("web_search_call", {"action": {"query": "x", "queries": ["a", "b"]}}, "[Web search]\na\nb"),
        ("web_search_call", {"action": {"url": "https://x.test", "pattern": "p"}}, "[Web search]\nhttps://x.test\np"),
        ("file_search_call", {"queries": ["q"], "results": [{"text": "f"}]}, "[File search]\nq\nf"),
        ("code_interpreter_call", {"code": "1", "outputs": [{"logs": "l"}, {"url": "u"}]}, "[Code run]\n1\nl"),
        ("mcp_call", {"name": "f", "arguments": "{}", "output": "o", "error": "e"}, "[Tool call]\nf({})\no"),
        ("mcp_call", {"name": "f", "arguments": "{}", "error": "e"}, "[Tool call]\nf({})\ne"),
        ("mcp_call", {"name": "f", "arguments": "{}"}, "[Tool call]\nf({})"),
        ("program", {"code": "c"}, "[Program]\nc"),
    ],
)
def test_what_the_vendor_ran(kind: str, members: dict[str, Any], text: str) -> None:
    assert plain_text(kind, members) == text


@pytest.mark.parametrize(
    ("kind", "members", "text"),
    [
        ("local_shell_call", {"action": {"command": ["ls", "-l"]}}, "[Shell command]\nls -l"),
        ("shell_call", {"action": {"commands": ["ls", "pwd"]}}, "[Shell command]\nls\npwd"),
        ("shell_call_output", {"output": [{"stdout": "o", "stderr": "e"}, {"stdout": ""}]}, "[Shell output]\no\ne"),
        ("shell_call_output", {"output": "plain"}, "[Shell output]\nplain"),
        ("local_shell_call_output", {"output": "o", "result": "r"}, "o"),
        ("program_output", {"result": "r"}, "r"),
        ("apply_patch_call", {"operation": {"path": "a"}}, '[Patch]\n{"path":"a"}'),
        ("computer_call", {"action": {"type": "click"}}, '[Computer action]\n{"type":"click"}'),
        ("computer_call", {"actions": [{"type": "wait"}]}, '[Computer action]\n[{"type":"wait"}]'),
    ],
)
def test_what_the_client_ran(kind: str, members: dict[str, Any], text: str) -> None:
    assert plain_text(kind, members) == text


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("item_of_tomorrow", {"text": "x", "output": "o"}),
        ("", {}),
        ("web_search_call", {}),
        ("web_search_call", {"action": "search"}),
        ("file_search_call", {"queries": "q", "results": None}),
        ("code_interpreter_call", {"code": None, "outputs": [5, {"logs": ""}]}),
        ("shell_call", {"action": {"commands": "ls"}}),
        ("shell_call_output", {"output": {"stdout": "o"}}),
        ("apply_patch_call", {"operation": None}),
        ("computer_call", {}),
        ("program", {"code": ["c"]}),
    ],
)
def test_nothing_to_say(kind: str, members: dict[str, Any]) -> None:
    assert plain_text(kind, members) is None
