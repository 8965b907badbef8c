"""Words for unexpected exceptions in logs: the kind and the place, never values, which may be a client's or secret."""

import traceback
from pathlib import Path
from typing import cast

from gate.server.application import StartFailed


def describe(error: BaseException) -> str:
    """One line, such as `KeyError at app.py:120 in build`. A system error keeps its text, which holds no values of
    requests; StartFailed has a text meant to be read."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    if isinstance(error, StartFailed):
        return str(error)
    kind = type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        kind = f"{kind} ({error.strerror})"
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return kind
    last = frames[-1]
    return f"{kind} at {Path(last.filename).name}:{last.lineno} in {last.name}"
