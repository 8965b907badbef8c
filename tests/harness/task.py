"""The task that the scripted model plays with every client: create hello.txt with a tool, then say the final words.

The words come from the prompt, so that each run can check its own:

    Create a file named hello.txt ... containing exactly the text "CONTENT" ..., then reply with exactly: FINAL

A request that offers a known tool and has no tool result yet gets a tool call; one with a tool result gets FINAL;
anything else (titles, summaries, probes) gets a short text. The functions are pure; the dialects are in dialects/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, cast

FILE = "hello.txt"
DEFAULT_CONTENT = "hello-from-upstream"
DEFAULT_FINAL = "FINAL-UPSTREAM"
SIDE_ANSWER = "OK"

# The names under which coding clients offer a shell and a file writer, the most common first.
SHELL_TOOLS = (
    "Bash",
    "bash",
    "exec_command",
    "shell_command",
    "shell",
    "exec",
    "local_shell",
    "run_shell_command",
    "run_terminal_command",
    "run_terminal_cmd",
    "execute_command",
)
WRITE_TOOLS = ("Write", "write", "write_file", "create_new_file")
PATH_ARGUMENTS = ("file_path", "filePath", "filepath", "path")

# opencode sends the prompt in quotes of its own, with the inner ones escaped.
_CONTENT = re.compile(r'containing exactly the text \\*"([^"\\]+)\\*"')
_FINAL = re.compile(r"reply with exactly: ([A-Za-z0-9_-]+)")
_FOLDERS = (
    re.compile(r"<cwd>([^<\n]+)</cwd>"),
    re.compile(r"[Ww]orking directory(?: is)?: ?([^<\n]+)"),
    re.compile(r"folder: ?([^<\n]+)"),
)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a client's tool. `arguments` are an object, or text for a tool that takes free text."""

    name: str
    arguments: Mapping[str, Any] | str
    namespace: str | None = None

    @property
    def arguments_text(self) -> str:
        """The arguments as they go over the wire."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(dict(self.arguments))


@dataclass(frozen=True, slots=True)
class Step:
    """What the scripted model does with one request.

    kind: `tool` (a call that creates the file), `final` (the last words) or `side` (a request that is not the task).
    unknown_tool_ids: ids of tool results that this upstream never issued, which means that somebody rewrote them.
    """

    kind: str
    text: str
    call: ToolCall | None = None
    unknown_tool_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the prompt asks for. The last mention counts: clients quote earlier prompts."""

    content: str
    final: str
    folder: str | None


def wanted(body: object) -> Wanted:
    """Reads the prompt's wishes out of all the strings of a request body."""
    text = "\n".join(_strings(body))
    contents, finals = _CONTENT.findall(text), _FINAL.findall(text)
    folder = next((found.group(1).strip() for pattern in _FOLDERS if (found := pattern.search(text))), None)
    return Wanted(contents[-1] if contents else DEFAULT_CONTENT, finals[-1] if finals else DEFAULT_FINAL, folder)


def running_turn(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries of a conversation from the last one that holds a prompt of the task; all when none does."""
    prompts = [index for index, entry in enumerate(entries) if any(map(_FINAL.search, _strings(entry)))]
    return entries[prompts[-1] :] if prompts else entries


def shell_command(content: str) -> str:
    """A command for a POSIX shell that creates the file."""
    return "printf %s " + _shell_quoted(content) + f" > {FILE}"


def choose_tool(tools: Mapping[str, Mapping[str, Any]], want: Wanted) -> ToolCall | None:
    """The call for the first known tool among those offered (name -> schema of its arguments), None without one.

    A gateway may have put a tool's namespace before its name (`functions__exec`), and one `input` in the place of the
    free text that a tool took.
    """
    offered = {name.rpartition("__")[2]: name for name in reversed(list(tools))} | {name: name for name in tools}
    for known in (*SHELL_TOOLS, *WRITE_TOOLS):
        if known not in offered:
            continue
        name = offered[known]
        schema = tools[name]
        text = free_text(known, want.content)
        if text and list(schema.get("properties") or {}) == ["input"]:
            return ToolCall(name, {"input": text})
        shell = known in SHELL_TOOLS
        return ToolCall(name, _shell_arguments(schema, want.content) if shell else _write_arguments(schema, want))
    return None


def free_text(tool: str, content: str) -> str | None:
    """What is said to the tools of Codex that take free text: JavaScript (`exec`) or a patch; None for others."""
    if tool == "exec":
        command = json.dumps({"cmd": shell_command(content)})
        return f"text(JSON.stringify(await tools.exec_command({command})));"
    if tool == "apply_patch":
        return f"*** Begin Patch\n*** Add File: {FILE}\n+{content}\n*** End Patch"
    return None


def _shell_arguments(schema: Mapping[str, Any], content: str) -> dict[str, Any]:
    properties: Mapping[str, Any] = schema.get("properties") or {}
    command = shell_command(content)
    if properties.get("command", {}).get("type") == "array":
        return {"command": ["bash", "-lc", command]}
    arguments: dict[str, Any] = {"cmd" if "cmd" in properties else "command": command}
    if "description" in properties:
        arguments["description"] = f"Create {FILE}"
    return arguments


def _write_arguments(schema: Mapping[str, Any], want: Wanted) -> dict[str, Any]:
    properties: Mapping[str, Any] = schema.get("properties") or {}
    path = str(PurePosixPath(want.folder) / FILE) if want.folder else FILE
    path_name = next((name for name in PATH_ARGUMENTS if name in properties), "path")
    return {path_name: path, "contents" if "contents" in properties else "content": want.content}


def _shell_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _strings(node: object) -> Iterable[str]:
    """Every string in a JSON value, without recursion: tests send bodies nested deeper than Python's stack."""
    waiting: list[Any] = [node]
    while waiting:
        value: Any = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting.extend(reversed(list(cast("dict[str, Any]", value).values())))
        elif isinstance(value, list):
            waiting.extend(reversed(cast("list[Any]", value)))
