"""Protocol buffers by hand, as far as OTLP needs them: varints, attributes, and the envelope of a request.

Promises: what is written parses with the published messages (opentelemetry-proto 1.x, package `opentelemetry.proto`);
nothing raises, whatever a value is; caches have bounds. Numbers in names are field numbers; a tag is
`field number << 3 | wire type` (0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes).
Source: https://protobuf.dev/programming-guides/encoding/ and common.proto of opentelemetry-proto.
"""

from collections.abc import Iterable, Mapping, Sequence
from struct import Struct
from typing import Any, cast

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

_DOUBLE = Struct("<Bd").pack
_SMALL = 4096
_KEYS_KEPT = 1024
_KEY_LENGTH_KEPT = 256
_VALUES_KEPT = 96
_VALUE_LENGTH_KEPT = 96
_INT64 = 1 << 63
_UINT64 = (1 << 64) - 1
_DEEPEST = 16


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


_SIZES = [_varint(number) for number in range(_SMALL)]


def varint(number: int) -> bytes:
    """Base 128, least significant first. number: 0 to 2^64 - 1."""
    return _SIZES[number] if number < _SMALL else _varint(number)


def utf8(text: str) -> bytes:
    """Always valid UTF-8, which protobuf insists on: half a surrogate pair becomes a question mark."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def text_field(tag: bytes, text: str) -> bytes:
    """A string field; nothing when empty (proto3)."""
    if not text:
        return b""
    encoded = utf8(text)
    return tag + varint(len(encoded)) + encoded


def message_field(tag: bytes, message: bytes) -> bytes:
    """A message field, also when empty: its presence counts."""
    return tag + varint(len(message)) + message


_TRUE = b"\x10\x01"
_FALSE = b"\x10\x00"
_INTS = [b"\x18" + _SIZES[number] for number in range(_SMALL)]


def any_value(value: object, depth: int = 0) -> bytes:
    """`AnyValue` without its own tag: string 1, bool 2, int 3, double 4, array 5, key-value list 6, bytes 7.

    An integer beyond 64 bits becomes a string; a value of no known type becomes its type's name, never its repr.
    """
    if isinstance(value, str):
        encoded = utf8(value)
        return b"\x0a" + varint(len(encoded)) + encoded
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, int):
        if 0 <= value < _SMALL:
            return _INTS[value]
        if -_INT64 <= value < _INT64:
            return b"\x18" + varint(value & _UINT64)
        return any_value(str(value))
    if isinstance(value, float):
        return _DOUBLE(0x21, value)
    if value is None:
        return b""
    if isinstance(value, bytes):
        return b"\x3a" + varint(len(value)) + value
    if depth < _DEEPEST:
        if isinstance(value, Mapping):
            pairs = cast("Mapping[Any, Any]", value).items()
            inner = [
                message_field(
                    b"\x0a", text_field(b"\x0a", str(key)) + message_field(b"\x12", any_value(item, depth + 1))
                )
                for key, item in pairs
            ]
            return message_field(b"\x32", b"".join(inner))
        if isinstance(value, Sequence | set | frozenset):
            items = cast("Iterable[Any]", value)
            return message_field(
                b"\x2a", b"".join(message_field(b"\x0a", any_value(item, depth + 1)) for item in items)
            )
    return any_value(f"<{type(value).__qualname__}>")


class Unchanging(dict[str, Any]):
    """Attributes that nobody changes once they are made, and that are sent again and again: what an `AttributeEncoder`
    makes of them is kept with them. encoded: the encoder and its bytes."""

    __slots__ = ("encoded",)

    encoded: tuple["AttributeEncoder", bytes] | None

    def __init__(self, attributes: Mapping[str, Any]) -> None:
        super().__init__(attributes)
        self.encoded = None


class AttributeEncoder:
    """Repeated `KeyValue` fields under one tag (spans have them at 9, events at 3, and so on).

    Keys are encoded once; so are integers and short strings, of which the first `_VALUES_KEPT` of each key are kept
    (methods, routes, models, statuses come again and again; ids do not and soon find no room).
    """

    __slots__ = ("_keys", "_tag")

    def __init__(self, field: int) -> None:
        self._tag = varint(field << 3 | 2)
        self._keys: dict[str, tuple[bytes, dict[object, bytes]]] = {}

    def encode(self, attributes: Mapping[str, object]) -> bytes:
        """All of them in their order."""
        fields: list[bytes] = []
        self.append_to(fields, attributes)
        return b"".join(fields)

    def unchanging(self, attributes: Unchanging) -> bytes:
        """`encode`, once."""
        kept = attributes.encoded
        if kept is None or kept[0] is not self:
            kept = attributes.encoded = self, self.encode(attributes)
        return kept[1]

    def append_to(self, fields: list[bytes], attributes: Mapping[str, object]) -> None:
        """The same, one piece each, onto `fields`."""
        keys = self._keys
        append = fields.append
        for key, value in attributes.items():
            known = keys.get(key)
            if known is None:
                known = self._learn(key)
            kind = type(value)
            # By exact type: True and 1.0 are equal to 1 as keys of a dict.
            if kind is str or kind is int:
                ready = known[1].get(value)
                append(self._scalar(known, value) if ready is None else ready)
            else:
                append(self._pair(known[0], any_value(value)))

    def _learn(self, key: str) -> tuple[bytes, dict[object, bytes]]:
        known = text_field(b"\x0a", key) + b"\x12", dict[object, bytes]()
        if len(self._keys) < _KEYS_KEPT and len(key) <= _KEY_LENGTH_KEPT:
            self._keys[key] = known
        return known

    def _scalar(self, known: tuple[bytes, dict[object, bytes]], value: object) -> bytes:
        encoded = any_value(value)
        field = self._pair(known[0], encoded)
        if len(encoded) <= _VALUE_LENGTH_KEPT and len(known[1]) < _VALUES_KEPT:
            known[1][value] = field
        return field

    def _pair(self, key: bytes, value: bytes) -> bytes:
        size = len(value)
        pair = key + (_SIZES[size] if size < _SMALL else _varint(size)) + value
        size = len(pair)
        return self._tag + (_SIZES[size] if size < _SMALL else _varint(size)) + pair


_RESOURCE_ATTRIBUTES = AttributeEncoder(1)
_SCOPE_ATTRIBUTES = AttributeEncoder(3)


class Origin:
    """Who recorded: a resource and an instrumentation scope, encoded once. Compared by identity."""

    __slots__ = ("resource", "resource_schema", "scope", "scope_schema")

    def __init__(self, resource: Resource, scope: InstrumentationScope | None) -> None:
        attributes = cast("Mapping[str, Any]", resource.attributes)
        self.resource = message_field(b"\x0a", _RESOURCE_ATTRIBUTES.encode(attributes))
        self.resource_schema = text_field(b"\x1a", resource.schema_url)
        described = b""
        if scope is not None:
            described = text_field(b"\x0a", scope.name) + text_field(b"\x12", scope.version or "")
            described += _SCOPE_ATTRIBUTES.encode(cast("Mapping[str, Any]", scope.attributes or {}))
        self.scope = message_field(b"\x0a", described)
        self.scope_schema = text_field(b"\x1a", (scope.schema_url or "") if scope is not None else "")


class Origins:
    """The origins of what passes through one encoder, found by identity: hashing a resource costs more than a span."""

    __slots__ = ("_found", "_limit")

    def __init__(self, limit: int = 64) -> None:
        self._limit = limit
        # The resource and the scope are held, so that their ids stay theirs.
        self._found: dict[tuple[int, int], tuple[Origin, Resource, InstrumentationScope | None]] = {}

    def of(self, resource: Resource, scope: InstrumentationScope | None) -> Origin:
        key = id(resource), id(scope)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= self._limit:
                self._found.clear()
            found = self._found[key] = Origin(resource, scope), resource, scope
        return found[0]


Record = tuple[Origin, bytes]
"""An encoded span, metric or log record as field 2 of its scope's message, tag included."""


def envelope(records: Iterable[Record]) -> bytes:
    """The body of an export request.

    `ExportTraceServiceRequest`, `ExportMetricsServiceRequest` and `ExportLogsServiceRequest` have one shape:
    1 resource_x {1 resource, 2 scope_x {1 scope, 2 records, 3 schema_url}, 3 schema_url}.
    """
    scopes: dict[Origin, list[bytes]] = {}
    for origin, encoded in records:
        held = scopes.get(origin)
        if held is None:
            scopes[origin] = [encoded]
        else:
            held.append(encoded)
    resources: dict[tuple[bytes, bytes], list[bytes]] = {}
    for origin, held in scopes.items():
        scope = message_field(b"\x12", b"".join((origin.scope, *held, origin.scope_schema)))
        resources.setdefault((origin.resource, origin.resource_schema), []).append(scope)
    bodies = [b"".join((resource, *held, schema)) for (resource, schema), held in resources.items()]
    return b"".join(message_field(b"\x0a", body) for body in bodies)
