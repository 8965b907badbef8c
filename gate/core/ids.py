"""Ids of decisions. They name the worker that holds the decision, so that any worker can find it."""

import re

_PATTERN = re.compile(r"gd-(\d{1,4})-([0-9a-f]{20})")


def decision_id(worker: int, random: bytes) -> str:
    """`gd-<worker>-<20 hex digits>` from a worker's index and 10 random bytes."""
    return f"gd-{worker}-{random.hex()}"


def worker_of(decision: str) -> int | None:
    """The worker's index named by a decision id; None when it is not one."""
    match = _PATTERN.fullmatch(decision)
    return int(match[1]) if match else None
