"""What stands in Redis, and how: names, values, messages. No prompt, key or credential is in any of them.

Names of sessions and turns are hashed with a key that all replicas derive from the prefix and the password, so that
whoever can read Redis but does not know them cannot find out which session a name stands for by trying.

    PREFIX:health      a hash: `r:ROUTE` or `g:GROUP` -> its marks
    PREFIX:s:HASH      a session's binding, expires with it
    PREFIX:t:HASH      a list of when a turn was let through, expires with the guard's window
    PREFIX:DB:news     the channel
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeVar

import msgspec

from gate.core.binding import Binding
from gate.engine.snapshot import StateSettings
from gate.health.sharing import Mark, Marks

MESSAGE_BYTES = 256 << 10
"""The longest message that is read."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class News:
    """What a worker tells the others as soon as it knows it. sender: itself. marks: of routes and groups, by subject.
    moved: names of sessions that are served elsewhere from now on."""

    sender: str
    marks: dict[str, Marks] = field(default_factory=dict[str, Marks])
    moved: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class _Bound:
    """A `Binding`; at: seconds since 1970."""

    route: str
    lane: str
    at: float
    cached_tokens: int | None = None


_news = msgspec.json.Decoder(News)
_marks = msgspec.json.Decoder(dict[str, Mark])
_bound = msgspec.json.Decoder(_Bound)
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Names:
    """The names under one prefix. secret: keys the hashes."""

    health: str
    channel: str
    prefix: str
    secret: bytes

    def session(self, session: str) -> str:
        """Where a session's binding is."""
        digest = blake2b(session.encode("utf-8", "surrogatepass"), digest_size=16, key=self.secret)
        return f"{self.prefix}:s:{digest.hexdigest()}"

    def turn(self, turn: bytes) -> str:
        """Where a turn's times are. turn: a digest under `secret`."""
        return f"{self.prefix}:t:{turn.hex()}"


def names_of(settings: StateSettings) -> Names:
    """secret: the same for all that share, whatever address they use."""
    password = "" if settings.password is None else settings.password.reveal()
    secret = blake2b(f"{settings.prefix}\0{password}".encode(), digest_size=32).digest()
    prefix = settings.prefix
    return Names(f"{prefix}:health", f"{prefix}:{settings.database}:news", prefix, secret)


def encode_news(news: News) -> bytes:
    return _encoder.encode(news)


def decode_news(data: bytes) -> News | None:
    """None for what is no such message, or too long to be one."""
    return _decoded(_news, data)


def encode_marks(marks: Marks) -> bytes:
    return _encoder.encode(marks)


def decode_marks(data: bytes) -> Marks | None:
    return _decoded(_marks, data)


def encode_binding(binding: Binding, offset: float) -> bytes:
    """offset: wall-clock time minus the clock of `binding`."""
    return _encoder.encode(_Bound(binding.route, binding.lane, binding.at + offset, binding.cached_tokens))


def decode_binding(data: bytes, offset: float) -> Binding | None:
    found = _decoded(_bound, data)
    return None if found is None else Binding(found.route, found.lane, found.at - offset, found.cached_tokens)


def _decoded(decoder: msgspec.json.Decoder[T], data: bytes) -> T | None:
    if len(data) > MESSAGE_BYTES:
        return None
    try:
        return decoder.decode(data)
    except msgspec.DecodeError:
        return None
