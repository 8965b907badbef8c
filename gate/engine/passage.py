"""How the bytes of one attempt cross Gate: as they are, or through the canonical form.

The raw passage touches the members Gate owns and nothing else. The translated passage is taken when the upstream is
asked in another dialect, when the route has transformers, and when the history holds an envelope of Gate's own, which
no upstream may see.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from gate.core.dialect import Dialect, Operation
from gate.core.loss import Loss
from gate.protocols.codec import Answer, Codec, Scanned, StreamTap
from gate.protocols.crossing import Crossing
from gate.protocols.opaque import ID_MARK, MARK, MARK64

_MARKS = re.compile(b"%s|%s|%s" % (re.escape(MARK.encode()), MARK64.encode(), ID_MARK.encode()))


class Passage(Protocol):
    """One attempt's way through Gate."""

    @property
    def dialect(self) -> Dialect:
        """Of the upstream."""
        ...

    @property
    def translated(self) -> bool:
        """Whether that is another one than the client's."""
        ...

    @property
    def body(self) -> bytes:
        """For the upstream."""
        ...

    @property
    def losses(self) -> tuple[Loss, ...]:
        """Of the request, and of as much of the answer as has come."""
        ...

    def tap(self) -> StreamTap: ...

    def whole(self, body: bytes) -> tuple[Answer, bytes]:
        """What was read of a whole answer, and the answer for the client. Raises ValueError when it is none."""
        ...

    def streamed(self, body: bytes) -> tuple[Answer, bytes]:
        """The same as a whole stream, for an upstream that answered JSON to a streaming request."""
        ...


@dataclass(frozen=True, slots=True)
class RawPassage:
    """Byte for byte, but for `model` and what else Gate owns."""

    codec: Codec
    scanned: Scanned
    operation: Operation
    body: bytes
    losses: tuple[Loss, ...] = ()
    translated: bool = False

    @property
    def dialect(self) -> Dialect:
        return self.codec.dialect

    def tap(self) -> StreamTap:
        return self.codec.tap(self.scanned)

    def whole(self, body: bytes) -> tuple[Answer, bytes]:
        return self.codec.read_answer(body, self.operation), body

    def streamed(self, body: bytes) -> tuple[Answer, bytes]:
        return self.codec.read_answer(body, self.operation), self.codec.synthesize(body, self.scanned)


@dataclass(frozen=True, slots=True)
class TranslatedPassage:
    """Through the canonical form, by a `gate.protocols.crossing.Crossing`."""

    crossing: Crossing
    dialect: Dialect
    translated: bool
    operation: Operation

    @property
    def body(self) -> bytes:
        return self.crossing.body

    @property
    def losses(self) -> tuple[Loss, ...]:
        return self.crossing.losses

    def tap(self) -> StreamTap:
        return self.crossing.tap()

    def whole(self, body: bytes) -> tuple[Answer, bytes]:
        counting = self.operation is Operation.COUNT_TOKENS
        return self.crossing.counted(body) if counting else self.crossing.whole(body)

    def streamed(self, body: bytes) -> tuple[Answer, bytes]:
        return self.crossing.streamed(body)


def holds_envelope(body: bytes) -> bool:
    """Whether something in this body was made by Gate and must be opened before an upstream sees it."""
    return _MARKS.search(body) is not None
