"""prometheus-client metric families as OTLP: the numbers of `/metrics`, pushed.

Cumulative temporality: counters are monotonic sums, gauges, infos and state sets are gauges, histograms have explicit
bounds; exemplars keep their trace. Names, attributes and units are the caller's to map. Summaries and gauge histograms,
which Gate does not have, are left out. All three signals' messages: metrics.proto of opentelemetry-proto.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, isfinite
from struct import pack

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import Metric
from prometheus_client.samples import Exemplar, Sample

from gate.telemetry.otlp.wire import AttributeEncoder, Origin, envelope, message_field, text_field, varint

_UNITS = {"seconds": "s", "bytes": "By", "ratio": "1"}
_CUMULATIVE = b"\x10\x02"
_MONOTONIC = b"\x18\x01"


def prometheus_unit(family: Metric) -> str:
    """UCUM for Prometheus' spelled-out base units; others as they are."""
    return _UNITS.get(family.unit, family.unit)


def same_name(family: str) -> str:
    return family


def same_label(family: str, label: str) -> str:
    del family
    return label


def same_value(key: str, value: str) -> str | int:
    del key
    return value


class MetricEncoder:
    """Encodes families again and again, as one resource and scope. Times in nanoseconds since 1970.

    start_ns: since when the counts run, where a family does not say so itself (`_created`). name: of a family to the
    metric's. label: family and label to the attribute's key. value: key and label value to the attribute's. unit: of a
    family.
    """

    def __init__(
        self,
        resource: Resource,
        scope: InstrumentationScope | None = None,
        *,
        start_ns: int,
        name: Callable[[str], str] = same_name,
        label: Callable[[str, str], str] = same_label,
        value: Callable[[str, str], str | int] = same_value,
        unit: Callable[[Metric], str] = prometheus_unit,
    ) -> None:
        self._value = value
        self._origin = Origin(resource, scope)
        self._start_ns = start_ns
        self._name = name
        self._label = label
        self._unit = unit
        self._numbers = AttributeEncoder(7)
        self._histograms = AttributeEncoder(9)
        self._filtered = AttributeEncoder(7)

    def encode(self, families: Iterable[Metric], now_ns: int) -> tuple[bytes, int]:
        """A whole `ExportMetricsServiceRequest` and the number of its data points."""
        metrics: list[bytes] = []
        total = 0
        for family in families:
            data, points = self._data(family, now_ns)
            if points:
                described = text_field(b"\x0a", self._name(family.name))
                described += text_field(b"\x12", family.documentation) + text_field(b"\x1a", self._unit(family))
                metrics.append(message_field(b"\x12", described + data))
                total += points
        return envelope((self._origin, metric) for metric in metrics), total

    def _data(self, family: Metric, now_ns: int) -> tuple[bytes, int]:
        """The metric's data field with its tag: 5 gauge, 7 sum, 9 histogram."""
        samples = family.samples
        if family.type == "histogram":
            points = self._histogram_points(family, samples, now_ns)
            return message_field(b"\x4a", b"".join(points) + _CUMULATIVE), len(points)
        if family.type == "counter":
            points = self._number_points(family, samples, now_ns, "_total", counted=True)
            return message_field(b"\x3a", b"".join(points) + _CUMULATIVE + _MONOTONIC), len(points)
        if family.type in ("gauge", "info", "stateset", "unknown", "untyped"):
            suffix = "_info" if family.type == "info" else ""
            points = self._number_points(family, samples, now_ns, suffix, counted=False)
            return message_field(b"\x2a", b"".join(points)), len(points)
        return b"", 0

    def _number_points(
        self, family: Metric, samples: list[Sample], now_ns: int, suffix: str, *, counted: bool
    ) -> list[bytes]:
        """`NumberDataPoint`: 2 start, 3 time, 4 as double, 5 exemplars, 7 attributes."""
        begun = _created(samples, family.name, None) if counted else {}
        points: list[bytes] = []
        for sample in samples:
            if sample.name != family.name + suffix:
                continue
            point = self._numbers.encode(self._named(family.name, sample.labels))
            if counted:
                start = begun.get(_key(sample.labels, None), self._start_ns)
                point += pack("<BQ", 0x11, start)
            point += pack("<BQBd", 0x19, now_ns, 0x21, sample.value)
            if sample.exemplar is not None:
                point += self._exemplar(b"\x2a", sample.exemplar, now_ns)
            points.append(message_field(b"\x0a", point))
        return points

    def _histogram_points(self, family: Metric, samples: list[Sample], now_ns: int) -> list[bytes]:
        """`HistogramDataPoint`: 2 start, 3 time, 4 count, 5 sum, 6 counts, 7 bounds, 8 exemplars, 9 attributes."""
        begun = _created(samples, family.name, "le")
        sums: dict[tuple[tuple[str, str], ...], float] = {}
        buckets: dict[tuple[tuple[str, str], ...], list[tuple[float, Sample]]] = {}
        for sample in samples:
            key = _key(sample.labels, "le")
            if sample.name == family.name + "_bucket":
                buckets.setdefault(key, []).append((float(sample.labels["le"]), sample))
            elif sample.name == family.name + "_sum":
                sums[key] = sample.value
        points: list[bytes] = []
        for key, found in buckets.items():
            found.sort(key=lambda pair: pair[0])
            # Prometheus counts what is at most a bound, OTLP what is between two; the last of them has no bound.
            counts = _between([sample.value for _, sample in found])
            bounds = [bound for bound, _ in found if bound != inf]
            if len(bounds) == len(found):
                counts.append(0)
            fields = [
                self._histograms.encode(self._named(family.name, dict(key))),
                pack("<BQBQ", 0x11, begun.get(key, self._start_ns), 0x19, now_ns),
                pack("<BQ", 0x21, sum(counts)),
                pack("<Bd", 0x29, sums[key]) if key in sums else b"",
                message_field(b"\x32", pack(f"<{len(counts)}Q", *counts)),
                message_field(b"\x3a", pack(f"<{len(bounds)}d", *bounds)) if bounds else b"",
            ]
            exemplars = (sample.exemplar for _, sample in found)
            fields += [self._exemplar(b"\x42", exemplar, now_ns) for exemplar in exemplars if exemplar is not None]
            points.append(message_field(b"\x0a", b"".join(fields)))
        return points

    def _exemplar(self, tag: bytes, exemplar: Exemplar, now_ns: int) -> bytes:
        """`Exemplar`: 2 time, 3 as double, 4 span id, 5 trace id, 7 other labels. One without a time is of now."""
        labels = dict(exemplar.labels)
        trace_id, span_id = _hex(labels.pop("trace_id", ""), 16), _hex(labels.pop("span_id", ""), 8)
        at = now_ns if exemplar.timestamp is None else round(float(exemplar.timestamp) * 1e9)
        body = self._filtered.encode(labels) + pack("<BQBd", 0x11, max(at, 0), 0x19, exemplar.value)
        body += message_field(b"\x22", span_id) if span_id else b""
        body += message_field(b"\x2a", trace_id) if trace_id else b""
        return tag + varint(len(body)) + body

    def _named(self, family: str, labels: Mapping[str, str]) -> dict[str, str | int]:
        keys = ((self._label(family, name), value) for name, value in labels.items() if name != "le")
        return {key: self._value(key, value) for key, value in keys}


def pieces(family: Metric) -> Sequence[Metric]:
    """A family in two, by its samples. Gauges and infos only: the samples of a counter or histogram belong together."""
    samples = family.samples
    if family.type not in ("gauge", "info") or len(samples) < 2:
        return (family,)
    found: list[Metric] = []
    middle = len(samples) // 2
    for some in (samples[:middle], samples[middle:]):
        piece = Metric(family.name, family.documentation, family.type, family.unit)
        piece.samples = some
        found.append(piece)
    return found


def encode_metrics(
    families: Iterable[Metric],
    resource: Resource,
    *,
    start_ns: int,
    now_ns: int,
    name: Callable[[str], str] = same_name,
    label: Callable[[str, str], str] = same_label,
    unit: Callable[[Metric], str] = prometheus_unit,
    scope: InstrumentationScope | None = None,
) -> bytes:
    """A whole `ExportMetricsServiceRequest`, once; `MetricEncoder` does it again and again."""
    encoder = MetricEncoder(resource, scope, start_ns=start_ns, name=name, label=label, unit=unit)
    return encoder.encode(families, now_ns)[0]


def _between(cumulative: list[float]) -> list[int]:
    counts: list[int] = []
    before = 0.0
    for value in cumulative:
        # Read while others count on, a bucket may be behind the one before it: never less than none.
        counts.append(max(0, round(value - before)) if isfinite(value) else 0)
        before = max(before, value)
    return counts


def _key(labels: Mapping[str, str], without: str | None) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in labels.items() if pair[0] != without)


def _created(samples: list[Sample], family: str, without: str | None) -> dict[tuple[tuple[str, str], ...], int]:
    """When each series began, as its `_created` sample says (seconds), in nanoseconds."""
    return {
        _key(sample.labels, without): round(sample.value * 1e9)
        for sample in samples
        if sample.name == family + "_created"
    }


def _hex(text: str, size: int) -> bytes:
    """The bytes of an id; none when it is not one."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return b""
    return found if len(found) == size else b""
