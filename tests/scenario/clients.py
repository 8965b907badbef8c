"""How the clients of the scenario look on the wire: the headers of each client profile, the bodies of each dialect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PROFILES: dict[str, dict[str, str]] = {
    "claude": {"user-agent": "claude-cli/2.1.7 (external, cli)", "anthropic-version": "2023-06-01"},
    "opencode": {"user-agent": "opencode/1.2.3"},
    "openclaw": {"user-agent": "openclaw/0.9"},
    "codex": {"user-agent": "codex_cli_rs/0.50.0", "originator": "codex_cli_rs"},
    "cursor": {"x-gate-client": "cursor/1.7"},
    "continue": {"user-agent": "continue/1.3.0"},
    "automation": {"user-agent": "python-httpx"},
}
SESSION_HEADERS = {"claude": "x-claude-code-session-id", "codex": "session-id", "opencode": "x-session-id"}

SHELL = {
    "type": "object",
    "properties": {"command": {"type": "string"}},
    "required": ["command"],
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """One protocol: its path, and how a request is said in it."""

    name: str
    path: str

    def body(
        self, model: str, stream: bool = False, tools: bool = False, text: str = "a quiet little question"
    ) -> dict[str, Any]:
        """A small request; with tools it offers a shell."""
        if self.path == "/v1/responses":
            body: dict[str, Any] = {"model": model, "input": text}
            tool: dict[str, Any] = {"type": "function", "name": "shell", "parameters": SHELL}
        else:
            body = {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": text}]}
            if self.path == "/v1/messages":
                tool = {"name": "Bash", "input_schema": SHELL}
            else:
                tool = {"type": "function", "function": {"name": "bash", "parameters": SHELL}}
        if stream:
            body["stream"] = True
            if self.path == "/v1/chat/completions":
                body["stream_options"] = {"include_usage": True}
        if tools:
            body["tools"] = [tool]
        return body


MESSAGES = Dialect("messages", "/v1/messages")
CHAT = Dialect("chat", "/v1/chat/completions")
RESPONSES = Dialect("responses", "/v1/responses")
DIALECTS = (MESSAGES, CHAT, RESPONSES)
