"""How many pages a PDF has, as far as its head and tail tell.

Pages are counted, not read: many PDFs hold their page objects in compressed streams, and of those only the size is
left to guess from.
"""

import base64
import re
from binascii import Error as BinasciiError
from dataclasses import dataclass
from itertools import islice

_ENDS = 256 << 10
"""So many characters of base64 are looked at from each end."""
_BYTES_OF_PAGE = 60_000
_MOST_PAGES = 3_000
_LINEAR = re.compile(rb"/Linearized\b[^>]{0,200}/N\s+(\d{1,6})")
_TREE = re.compile(rb"/Type\s*/Pages\b")
_COUNT = re.compile(rb"/Count\s+(\d{1,6})")
_BEFORE, _AFTER, _TREES = 200, 2_000, 20
"""Where a node of the page tree has its count: so many bytes around its type, in so many nodes."""
_PAGE = re.compile(rb"/Type\s*/Page\b")


@dataclass(frozen=True, slots=True)
class Pages:
    """sure: they were counted, not guessed from the size."""

    number: int
    sure: bool


UNSEEN = Pages(5, sure=False)
"""A document that is somewhere else: a guess, and said to be one."""


def pages_of(data: str) -> Pages:
    """Of a PDF in base64."""
    size = len(data) * 3 // 4
    seen = _decoded(data[:_ENDS])
    whole = len(data) <= _ENDS
    if not whole:
        # Cut where four characters begin, so that the rest decodes.
        seen += b"\n" + _decoded(data[max(_ENDS, (len(data) - _ENDS) & ~3) :])
    linear = _LINEAR.search(seen, 0, 1_024)
    if linear is not None:
        return _bounded(int(linear[1]), sure=True)
    counted = _in_tree(seen)
    if counted:
        return _bounded(counted, sure=True)
    pages = len(_PAGE.findall(seen))
    if pages and whole:
        return _bounded(pages, sure=True)
    return _bounded(max(pages, size // _BYTES_OF_PAGE), sure=False)


def _in_tree(seen: bytes) -> int:
    """The largest count of a node: the root's, where that is among what was seen."""
    largest = 0
    for node in islice(_TREE.finditer(seen), _TREES):
        near = seen[max(0, node.start() - _BEFORE) : node.end() + _AFTER]
        largest = max([largest, *(int(found[1]) for found in _COUNT.finditer(near))])
    return largest


def _bounded(number: int, *, sure: bool) -> Pages:
    return Pages(min(max(number, 1), _MOST_PAGES), sure)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text[: len(text) & ~3])
    except (BinasciiError, ValueError):
        return b""
