"""Puts another configuration in the place of the current one: in one step, and with a way back.

The file is never half written and never missing: a running Gate that watches it sees the old one or the new one. What
was there before is kept beside it, the last ten times. Who owns it and who may read it stays as it is.
"""

import errno
import os
import re
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

KEPT = 10
_BACKUP = re.compile(r"\.backup-\d{8}T\d{6}\.\d{6}Z")


class CannotApply(Exception):
    """The file cannot be replaced; the text says what to do instead."""


def place_of(path: Path) -> Path:
    """The file itself, behind symbolic links. Raises CannotApply for one that Kubernetes keeps in step with a
    ConfigMap: there the file is not the truth."""
    seen = path.absolute()
    for _ in range(40):
        if "..data" in seen.parts or (seen.is_symlink() and "..data" in seen.readlink().parts):
            raise CannotApply(
                f"{path} is mounted from a ConfigMap and would be set back: change the ConfigMap (kubectl apply, helm "
                "upgrade) and a running Gate takes it by itself; `gate diff --config NEW` shows beforehand what changes"
            )
        if not seen.is_symlink():
            return seen.resolve()
        seen = seen.parent / seen.readlink()
    raise CannotApply(f"{path}: its symbolic links go round")


def backups(place: Path) -> list[Path]:
    """What was there before, the newest first."""
    try:
        beside = list(place.parent.iterdir())
    except OSError:
        return []
    found = [
        one for one in beside if one.name.startswith(place.name) and _BACKUP.fullmatch(one.name[len(place.name) :])
    ]
    return sorted(found, reverse=True)


def made_at(backup: Path) -> datetime:
    """When a backup was made."""
    stamp = backup.name.rpartition("-")[2]
    return datetime.strptime(stamp, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)


def read(place: Path) -> bytes | None:
    """What is there now; None where there is nothing. Raises CannotApply."""
    try:
        return place.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CannotApply(f"{place} cannot be read: {error.strerror}") from None


def swap(place: Path, content: bytes, before: bytes | None, now: datetime) -> Path | None:
    """Replace the file and keep what was there. before: what it was when the change was decided on. Returns the backup,
    None where there was nothing to keep. Raises CannotApply, and then nothing has changed."""
    if read(place) != before:
        raise CannotApply(f"{place} was changed meanwhile: look at it and try again")
    backup = None
    try:
        if before is not None:
            backup = place.with_name(f"{place.name}.backup-{now.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}")
            _write(backup, before, place)
        _write(place, content, place)
    except OSError as error:
        if backup is not None:
            with suppress(OSError):
                backup.unlink()
        raise CannotApply(_refused(place, error)) from None
    for old in backups(place)[KEPT:]:
        with suppress(OSError):
            old.unlink()
    return backup


def _write(path: Path, content: bytes, like: Path) -> None:
    """The whole file or nothing, also after a loss of power; with the mode and the owner of `like` if there is one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    made = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            _like(file.fileno(), like)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    except BaseException:
        with suppress(OSError):
            made.unlink()
        raise
    # It is in its place; that its name outlives a loss of power is asked for, not insisted on.
    with suppress(OSError):
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _like(descriptor: int, like: Path) -> None:
    try:
        status = like.stat()
    except FileNotFoundError:
        os.fchmod(descriptor, 0o644)
        return
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
        os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, status.st_mode & 0o7777)


def _refused(place: Path, error: OSError) -> str:
    why = error.strerror or type(error).__name__
    if error.errno in (errno.EBUSY, errno.EROFS, errno.EXDEV):
        return (
            f"{place} cannot be replaced here ({why}): it is mounted. Change it where it comes from; a running Gate "
            "takes the new one by itself"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{place} cannot be replaced ({why}): run this as its owner, who may also write into {place.parent}"
    return f"{place} cannot be replaced: {why}"
