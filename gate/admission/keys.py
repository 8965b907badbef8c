"""Keys that let clients and admins in, kept as hashes.

A key that Gate makes is `gate-` and at least 32 random characters, that is about 190 bits. This is why one plain
SHA-256 is the right hash: slow password hashes exist to make guessing of guessable secrets dear, nobody guesses 190
bits, and the hash is computed on every request. Whoever brings a key of his own should bring one as random.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

GATE_KEY_PREFIX = b"gate-"
MIN_RANDOM_BYTES = 24
_HASH = re.compile(r"[0-9a-f]{64}")


def new_key(random: bytes) -> tuple[str, str]:
    """A key and its hash (64 hex digits) from at least 24 random bytes. Raises ValueError for fewer."""
    if len(random) < MIN_RANDOM_BYTES:
        raise ValueError(f"a key needs at least {MIN_RANDOM_BYTES} random bytes")
    key = "gate-" + base64.urlsafe_b64encode(random).decode().rstrip("=")
    return key, hash_key(key)


def hash_key(key: str) -> str:
    """The hash the configuration keeps of a key, as 64 hex digits."""
    return hashlib.sha256(key.encode()).hexdigest()


def is_gate_key(credential: bytes) -> bool:
    """Whether a credential is Gate's or nobody's; such a one never leaves Gate, known or not."""
    return credential.startswith(GATE_KEY_PREFIX)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys that are accepted. entries: name -> hash (64 hex digits; the configuration's `sha256:` in front is fine).

    Raises ValueError when a hash is not one. An empty ring is false.
    """

    entries: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    _digests: tuple[tuple[str, bytes], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        digests: list[tuple[str, bytes]] = []
        for name, text in self.entries.items():
            digits = text.removeprefix("sha256:")
            if not _HASH.fullmatch(digits):
                raise ValueError(f"the hash of key {name} is not 64 hex digits")
            digests.append((name, bytes.fromhex(digits)))
        object.__setattr__(self, "_digests", tuple(digests))

    def __bool__(self) -> bool:
        return bool(self._digests)

    def name_of(self, credential: bytes) -> str | None:
        """The name of the key that `credential` is, None when it is none.

        All entries are compared, each in constant time, so that the time taken tells nothing about any of them.
        """
        digest = hashlib.sha256(credential).digest()
        found: str | None = None
        for name, known in self._digests:
            if hmac.compare_digest(digest, known):
                found = name
        return found


NO_KEYS = KeyRing()
