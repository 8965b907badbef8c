"""Values and envelopes, read back with the published messages."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from gate.telemetry.otlp.wire import (
    AttributeEncoder,
    Origin,
    Origins,
    Unchanging,
    any_value,
    envelope,
    message_field,
    varint,
)
from tests.telemetry.otlp.samples import any_message, attributes, pairs, values


@given(values)
def test_every_value_is_the_message_it_should_be(value: object) -> None:
    assert AnyValue.FromString(any_value(value)) == any_message(value)


@given(st.lists(attributes, max_size=4))
def test_attributes_stay_right_with_a_filled_cache(given_sets: list[dict[str, object]]) -> None:
    encoder = AttributeEncoder(9)
    for given_set in given_sets * 2:
        assert list(Span.FromString(encoder.encode(given_set)).attributes) == pairs(given_set)


def test_equal_keys_of_other_types_are_kept_apart() -> None:
    encoder = AttributeEncoder(9)
    for value in (1, True, 1.0, "1", b"1", 0, False, 0.0, 1):
        assert list(Span.FromString(encoder.encode({"k": value})).attributes) == pairs({"k": value})


def test_caches_do_not_grow_without_end() -> None:
    encoder = AttributeEncoder(9)
    for number in range(5000):
        encoder.encode({f"key-{number}": "v", "same": f"value-{number}"})
    assert len(encoder._keys) <= 1024  # pyright: ignore[reportPrivateUsage]
    assert len(encoder._keys["same"][1]) <= 96  # pyright: ignore[reportPrivateUsage]


def test_what_has_no_message_is_shown_by_its_type_and_never_raises() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise AssertionError("nobody asks")

    assert AnyValue.FromString(any_value(Odd())).string_value.endswith("Odd>")
    assert AnyValue.FromString(any_value(2**63)).string_value == str(2**63)
    assert AnyValue.FromString(any_value("half a pair \ud83d")).string_value == "half a pair ?"
    endless: list[object] = []
    endless.append(endless)
    assert AnyValue.FromString(any_value(endless)).HasField("array_value")


@given(st.integers(0, 2**64 - 1))
def test_a_varint_is_what_protobuf_reads(number: int) -> None:
    assert AnyValue.FromString(b"\x18" + varint(number)).int_value == (number + 2**63) % 2**64 - 2**63


def test_an_envelope_has_one_part_per_resource_and_scope() -> None:
    first, second = Resource({"service.name": "a"}, "https://schema/a"), Resource({"service.name": "b"})
    one, two = InstrumentationScope("one", "1", "https://schema/one", {"x": 1}), InstrumentationScope("two")
    origins = [Origin(first, one), Origin(first, two), Origin(second, None)]
    records = [
        (origin, message_field(b"\x12", b"\x2a\x01" + name))
        for origin, name in zip([*origins, origins[0]], (b"p", b"q", b"r", b"s"), strict=True)
    ]
    request = ExportTraceServiceRequest.FromString(envelope(records))
    shape = [
        (
            part.resource.attributes[0].value.string_value,
            part.schema_url,
            scope.scope.name,
            scope.scope.version,
            scope.schema_url,
            [span.name for span in scope.spans],
        )
        for part in request.resource_spans
        for scope in part.scope_spans
    ]
    assert shape == [
        ("a", "https://schema/a", "one", "1", "https://schema/one", ["p", "s"]),
        ("a", "https://schema/a", "two", "", "", ["q"]),
        ("b", "", "", "", "", ["r"]),
    ]
    assert request.resource_spans[0].scope_spans[0].scope.attributes[0].value.int_value == 1


def test_an_origin_is_made_once_and_the_table_is_bounded() -> None:
    origins = Origins(limit=4)
    resource = Resource({"service.name": "a"})
    assert origins.of(resource, None) is origins.of(resource, None)
    for number in range(20):
        origins.of(Resource({"n": number}), None)
    assert len(origins._found) <= 4  # pyright: ignore[reportPrivateUsage]


def test_an_empty_envelope_is_empty() -> None:
    assert envelope([]) == b""


def test_what_does_not_change_is_encoded_once_for_each_encoder() -> None:
    given = {"gate.candidate.route": "a/b", "gate.candidate.score": 1.5, "gate.candidate.reasons": ("x", "y")}
    kept = Unchanging(given)
    one, two = AttributeEncoder(3), AttributeEncoder(9)
    assert one.unchanging(kept) == one.encode(given)
    assert one.unchanging(kept) is one.unchanging(kept)
    assert two.unchanging(kept) == two.encode(given) != one.encode(given)
