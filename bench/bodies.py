"""Request bodies shaped like a coding agent's: a system prompt, tool calls and results, code-like text; about the size
that was asked for, the same bytes every time."""

import json
import random
from pathlib import Path
from typing import Any

WORDS = [
    "def", "class", "return", "import", "self.", "value", "path/to/module.py", "if", "else:", "for item in items:",
    "{", "}", "[0]", '"text"', "x = 1", "\n", "    ", "# note", "test", "é", "—", "->", "None",
]  # fmt: skip
SIZES = {"1k": 700, "100k": 100_000, "1m": 1_000_000}


def _text(chance: random.Random, length: int) -> str:
    words: list[str] = []
    size = 0
    while size < length:
        word = chance.choice(WORDS)
        words.append(word)
        size += len(word) + 1
    return " ".join(words)[:length]


def messages(size: str, *, stream: bool) -> bytes:
    """An Anthropic Messages body of about `SIZES[size]` bytes."""
    chance = random.Random(size)
    system = [{"type": "text", "text": _text(chance, 240), "cache_control": {"type": "ephemeral"}}]
    turns: list[dict[str, Any]] = [{"role": "user", "content": _text(chance, 300)}]
    body: dict[str, Any] = {"model": "claude-sonnet-4-6", "max_tokens": 512, "system": system, "messages": turns}
    if size != "1k":
        schema = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
        body["tools"] = [
            {"name": f"tool_{index}", "description": _text(chance, 80), "input_schema": schema} for index in range(12)
        ]
    if stream:
        body["stream"] = True
    written = len(json.dumps(body))
    index = 0
    while written < SIZES[size]:
        use = {"type": "tool_use", "id": f"toolu_{index}", "name": "tool_1", "input": {"path": _text(chance, 40)}}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{index}", "content": _text(chance, 2_000)}
        pair: list[dict[str, Any]] = [
            {"role": "assistant", "content": [{"type": "text", "text": _text(chance, 100)}, use]},
            {"role": "user", "content": [result]},
        ]
        turns += pair
        written += len(json.dumps(pair))
        index += 1
    return json.dumps(body).encode()


def write_all(folder: Path) -> None:
    """`<size>.json` and `<size>_stream.json` for every size."""
    folder.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        (folder / f"{size}.json").write_bytes(messages(size, stream=False))
        (folder / f"{size}_stream.json").write_bytes(messages(size, stream=True))
