"""OTLP over HTTP against collectors that answer well, badly, late, or not at all."""

import gzip
import ssl
import time
from email.utils import formatdate
from pathlib import Path

import pytest
import trustme
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from gate.telemetry.otlp.http_sender import HttpSender
from gate.telemetry.otlp.reading import SettingsError
from gate.telemetry.otlp.sending import Verdict
from gate.telemetry.otlp.settings import Target, otlp_settings
from tests.telemetry.otlp.samples import Answer, BlackHole, Collector, closed_port


def target(port: int, scheme: str = "http", **env: str) -> Target:
    found = otlp_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": f"{scheme}://127.0.0.1:{port}", **env}).traces
    assert found is not None
    return found


def test_a_request_as_the_specification_has_it() -> None:
    with Collector() as collector:
        sender = HttpSender(target(collector.port, OTEL_EXPORTER_OTLP_HEADERS="Api-Key=secret,content-type=no"))
        for _ in range(2):
            assert sender.send(b"body", 5).verdict is Verdict.SENT
        sender.abort()
        assert sender.send(b"body", 5).verdict is Verdict.FAILED
    first, second = collector.received
    assert (first.path, first.body) == ("/v1/traces", b"body")
    assert first.headers["content-type"] == "application/x-protobuf"
    assert first.headers["api-key"] == "secret" and first.headers["user-agent"].startswith("otelgate/")
    assert "content-encoding" not in second.headers


def test_gzip_when_asked() -> None:
    with Collector() as collector:
        HttpSender(target(collector.port, OTEL_EXPORTER_OTLP_COMPRESSION="gzip")).send(b"body" * 100, 5)
    assert collector.received[0].headers["content-encoding"] == "gzip"
    assert gzip.decompress(collector.received[0].body) == b"body" * 100


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *[(status, "SENT") for status in (200, 202)],
        *[(status, "RETRY") for status in (429, 502, 503, 504)],
        *[(status, "REFUSED") for status in (301, 400, 401, 404, 413, 500)],
    ],
)
def test_what_a_status_means(status: int, verdict: str) -> None:
    with Collector(Answer(status)) as collector:
        result = HttpSender(target(collector.port)).send(b"x", 5)
    assert result.verdict is Verdict[verdict]
    assert result.why == ("" if verdict == "SENT" else f"http_{status}")
    assert result.too_large == (status in (400, 413))


def test_retry_after_as_seconds_and_as_a_date() -> None:
    later = formatdate(time.time() + 30, usegmt=True)
    answers = [Answer(503, headers={"Retry-After": value}) for value in ("7", later, "soon", "-1")]
    with Collector(*answers) as collector:
        sender = HttpSender(target(collector.port))
        found = [sender.send(b"x", 5).retry_after_s for _ in answers]
    assert found[0] == 7 and found[1] is not None and 25 < found[1] <= 30 and found[2:] == [None, None]


def test_partial_success_is_read() -> None:
    body = ExportTraceServiceResponse(partial_success=ExportTracePartialSuccess(rejected_spans=3)).SerializeToString()
    with Collector(Answer(200, body)) as collector:
        assert HttpSender(target(collector.port)).send(b"x", 5).rejected == 3


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    with Collector(Answer(200, b"x" * 1_000_000)) as collector:
        sender = HttpSender(target(collector.port))
        assert [sender.send(b"x", 5).verdict for _ in range(2)] == [Verdict.SENT] * 2


def test_a_connection_closed_while_idle_costs_nothing() -> None:
    with Collector(Answer(headers={"Connection": "close"})) as collector:
        sender = HttpSender(target(collector.port))
        assert [sender.send(b"x", 5).verdict for _ in range(3)] == [Verdict.SENT] * 3
    assert sender.send(b"x", 5).unreachable


def test_a_collector_that_is_not_there_or_says_nothing() -> None:
    refused = HttpSender(target(closed_port())).send(b"x", 5)
    assert (refused.verdict, refused.why, refused.unreachable) == (Verdict.RETRY, "refused", True)
    with BlackHole() as hole:
        begun = time.monotonic()
        silent = HttpSender(target(hole.port)).send(b"x", 0.2)
    assert (silent.verdict, silent.why) == (Verdict.RETRY, "timeout") and time.monotonic() - begun < 2
    with Collector(Answer(wait_s=0.5)) as slow:
        assert HttpSender(target(slow.port)).send(b"x", 0.1).why == "timeout"


def test_a_name_that_no_one_knows() -> None:
    settings = otlp_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.invalid:4318"})
    assert settings.traces is not None
    result = HttpSender(settings.traces).send(b"x", 5)
    assert result.verdict is Verdict.RETRY and result.unreachable


def test_tls_with_a_private_authority_and_a_client_certificate(tmp_path: Path) -> None:
    authority = trustme.CA()
    ca, cert, key = tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem"
    authority.cert_pem.write_to_path(str(ca))
    client = authority.issue_cert("client@example.org")
    client.cert_chain_pems[0].write_to_path(str(cert))
    client.private_key_pem.write_to_path(str(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    context.load_verify_locations(str(ca))
    context.verify_mode = ssl.CERT_REQUIRED
    with Collector() as collector:
        collector.use_tls(context)
        trusted = {"OTEL_EXPORTER_OTLP_CERTIFICATE": str(ca)}
        both = {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": str(cert), "OTEL_EXPORTER_OTLP_CLIENT_KEY": str(key)}
        sender = HttpSender(target(collector.port, "https", **trusted, **both))
        assert [sender.send(b"x", 5).verdict for _ in range(2)] == [Verdict.SENT] * 2
        sender.abort()
        assert HttpSender(target(collector.port, "https", **trusted)).send(b"x", 5).verdict is Verdict.RETRY
        stranger = HttpSender(target(collector.port, "https")).send(b"x", 5)
        assert (stranger.verdict, stranger.why) == (Verdict.RETRY, "tls_not_trusted")


@pytest.mark.parametrize("suffix", ["CERTIFICATE", "CLIENT_CERTIFICATE"])
def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path, suffix: str) -> None:
    env = {f"OTEL_EXPORTER_OTLP_{suffix}": str(tmp_path / "none.pem")}
    if suffix != "CERTIFICATE":
        env["OTEL_EXPORTER_OTLP_CLIENT_KEY"] = str(tmp_path / "none.pem")
    with pytest.raises(SettingsError, match=f"OTEL_EXPORTER_OTLP_{suffix} .*cannot be used"):
        HttpSender(target(1, "https", **env))


def test_a_client_key_needs_its_certificate() -> None:
    with pytest.raises(SettingsError, match="go together"):
        HttpSender(target(1, "https", OTEL_EXPORTER_OTLP_CLIENT_KEY="key.pem"))
