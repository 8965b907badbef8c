"""Writes AWS event-stream frames, as a server of AWS does. Shares nothing with the decoder it tests."""

import base64
import binascii
import json
import random


def header(name: str, value: object) -> bytes:
    """One header of the type that fits the value: string, boolean, integer (as a long) or bytes."""
    head = bytes([len(name)]) + name.encode("ascii")
    if isinstance(value, bool):
        return head + (b"\x00" if value else b"\x01")
    if isinstance(value, int):
        return head + b"\x05" + value.to_bytes(8, "big", signed=True)
    kind, data = (b"\x07", value.encode()) if isinstance(value, str) else (b"\x06", bytes(value))  # type: ignore[arg-type]
    return head + kind + len(data).to_bytes(2, "big") + data


def framed(raw_headers: bytes, payload: bytes) -> bytes:
    """One frame with these headers, encoded already."""
    total = 16 + len(raw_headers) + len(payload)
    prelude = total.to_bytes(4, "big") + len(raw_headers).to_bytes(4, "big")
    checked = prelude + binascii.crc32(prelude).to_bytes(4, "big") + raw_headers + payload
    return checked + binascii.crc32(checked).to_bytes(4, "big")


def frame(headers: dict[str, object], payload: bytes) -> bytes:
    return framed(b"".join(header(name, value) for name, value in headers.items()), payload)


def chunk(event: object) -> bytes:
    """A model's event as Bedrock sends it: base64 in JSON, padded to a length that tells nothing."""
    data = event if isinstance(event, bytes) else json.dumps(event, separators=(",", ":")).encode()
    padding = "abcdefghijklmnopqrstuvwxyz"[: random.Random(len(data)).randrange(26)]
    payload = json.dumps({"bytes": base64.b64encode(data).decode(), "p": padding}).encode()
    names = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
    return frame(names, payload)


def exception(name: str, message: str) -> bytes:
    """What ends a stream that fails, e.g. `throttlingException`."""
    names = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return frame(names, json.dumps({"message": message}).encode())
