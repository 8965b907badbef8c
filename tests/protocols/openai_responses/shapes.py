"""Small responses traffic in OpenAI's shapes, written for these tests."""

from __future__ import annotations

import json
from typing import Any

USAGE: dict[str, Any] = {
    "input_tokens": 200,
    "input_tokens_details": {"cached_tokens": 50, "cache_write_tokens": 20},
    "output_tokens": 25,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 225,
}
ITEMS: list[dict[str, Any]] = [
    {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "content": [{"type": "reasoning_text", "text": "deep"}],
        "encrypted_content": "b3BhcXVl",
    },
    {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [
            {
                "type": "output_text",
                "text": "Look: é",
                "annotations": [{"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1}],
                "logprobs": [],
            },
            {"type": "refusal", "refusal": "no"},
        ],
    },
    {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "ls",
        "arguments": '{"a": 1}',
        "status": "completed",
    },
    {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_2", "name": "exec", "input": "text(1);"},
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "x"}},
]


def response(status: str = "completed", **members: Any) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1700000000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": "gpt-x",
        "output": [],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": None,
        **members,
    }


ANSWER = response(output=ITEMS, usage=USAGE)


def sse(kind: str, number: int, **members: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, 'sequence_number': number, **members})}\n\n".encode()


CREATED = sse("response.created", 0, response=response("in_progress"))
IN_PROGRESS = sse("response.in_progress", 1, response=response("in_progress"))
ADDED = sse("response.output_item.added", 2, output_index=0, item={"type": "message", "id": "msg_1", "content": []})
DELTAS = b"".join(
    sse("response.output_text.delta", 3 + at, item_id="msg_1", output_index=0, content_index=0, delta=f"é{at}")
    for at in range(4)
)
ITEM_DONE = sse("response.output_item.done", 7, output_index=0, item=ITEMS[1])
COMPLETED = sse("response.completed", 8, response=ANSWER)
BEGUN = CREATED + IN_PROGRESS + ADDED + DELTAS
STREAM = BEGUN + ITEM_DONE + COMPLETED


def made(whole: dict[str, Any] = ANSWER) -> bytes:
    """OpenAI's stream of a whole response, every event of it."""
    events: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": {**whole, "status": "in_progress", "output": [], "usage": None}}),
        ("response.in_progress", {"response": {**whole, "status": "in_progress", "output": [], "usage": None}}),
    ]
    for at, item in enumerate(whole["output"]):
        events += _item_events(at, item)
    events.append((f"response.{whole['status']}", {"response": whole}))
    return b"".join(sse(kind, number, **members) for number, (kind, members) in enumerate(events))


_EMPTY = {"content": [], "summary": [], "arguments": "", "input": ""}


def _item_events(at: int, item: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    place = {"item_id": item["id"], "output_index": at}
    begun = {name: _EMPTY.get(name, value) for name, value in item.items() if name != "encrypted_content"}
    events: list[tuple[str, dict[str, Any]]] = [
        ("response.output_item.added", {"output_index": at, "item": {**begun, "status": "in_progress"}})
    ]
    for member, kind in (("arguments", "function_call_arguments"), ("input", "custom_tool_call_input")):
        if isinstance(item.get(member), str):
            events += [(f"response.{kind}.delta", {**place, "delta": half}) for half in _halves(item[member])]
            events.append((f"response.{kind}.done", {**place, member: item[member]}))
    for index, part in enumerate(item.get("summary", [])):
        here = {**place, "summary_index": index}
        events.append(("response.reasoning_summary_part.added", {**here, "part": {**part, "text": ""}}))
        events += [("response.reasoning_summary_text.delta", {**here, "delta": half}) for half in _halves(part["text"])]
        events.append(("response.reasoning_summary_text.done", {**here, "text": part["text"]}))
        events.append(("response.reasoning_summary_part.done", {**here, "part": part}))
    for index, part in enumerate(item.get("content", [])):
        here = {**place, "content_index": index}
        kind, member = {
            "output_text": ("output_text", "text"),
            "refusal": ("refusal", "refusal"),
            "reasoning_text": ("reasoning_text", "text"),
        }[part["type"]]
        events.append(("response.content_part.added", {**here, "part": {**part, member: ""}}))
        events += [(f"response.{kind}.delta", {**here, "delta": half}) for half in _halves(part[member])]
        for number, noted in enumerate(part.get("annotations", [])):
            noticed = {**here, "annotation_index": number, "annotation": noted}
            events.append(("response.output_text.annotation.added", noticed))
        events.append((f"response.{kind}.done", {**here, member: part[member]}))
        events.append(("response.content_part.done", {**here, "part": part}))
    events.append(("response.output_item.done", {"output_index": at, "item": item}))
    return events


def _halves(text: str) -> list[str]:
    return [text[: len(text) // 2], text[len(text) // 2 :]]


WHOLE_STREAM = made()
REASONED = made(
    response(
        output=[
            {
                "type": "reasoning",
                "id": "rs_9",
                "summary": [{"type": "summary_text", "text": "first"}, {"type": "summary_text", "text": "second"}],
                "encrypted_content": "dG9rZW4=",
            },
            {
                "type": "message",
                "id": "msg_9",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": "é😀 done", "annotations": [], "logprobs": []}],
            },
        ],
        usage=USAGE,
    )
)
