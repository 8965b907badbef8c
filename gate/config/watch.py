"""Notices that a configuration file has changed, without asking the operating system for more than its `stat`.

A mounted Kubernetes ConfigMap is swapped by a symbolic link: the file behind the path changes, so its inode counts too.
"""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

EVERY_S = 1.0
Fingerprint = tuple[int, int, int] | None


def fingerprint(path: Path) -> Fingerprint:
    """What changes when the file does; None while it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


async def watch(files: Callable[[], Iterable[Path]], changed: Callable[[], None], every_s: float = EVERY_S) -> None:
    """Call `changed` after each change of one of the files, until cancelled. A file that is gone is not a change; its
    return is. files: which ones, asked each time, for a change may name others."""
    seen = {path: fingerprint(path) for path in files()}
    while True:
        await asyncio.sleep(every_s)
        now = {path: fingerprint(path) or seen.get(path) for path in files()}
        if now != seen:
            seen = now
            changed()
