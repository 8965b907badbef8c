"""OTLP over gRPC against a real server of the library."""

import subprocess
import sys
import time
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
import trustme
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from gate.telemetry.otlp import grpc_sender
from gate.telemetry.otlp.grpc_sender import GrpcSender
from gate.telemetry.otlp.reading import SettingsError
from gate.telemetry.otlp.sending import Verdict
from gate.telemetry.otlp.settings import Target, otlp_settings
from tests.telemetry.otlp.samples import BlackHole, closed_port, grpc_server


def target(port: int, scheme: str = "http", host: str = "127.0.0.1", **env: str) -> Target:
    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"{scheme}://{host}:{port}", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", **env}
    found = otlp_settings(given).traces
    assert found is not None
    return found


def test_a_request_arrives_with_its_headers_and_partial_success_is_read() -> None:
    seen: list[tuple[bytes, dict[str, str]]] = []

    def handle(body: bytes, context: Any) -> bytes:
        seen.append((body, dict(context.invocation_metadata())))
        return ExportTraceServiceResponse(
            partial_success=ExportTracePartialSuccess(rejected_spans=2)
        ).SerializeToString()

    with grpc_server(handle) as port:
        env = {"OTEL_EXPORTER_OTLP_HEADERS": "Api-Key=secret", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}
        sender = GrpcSender(target(port, **env))
        result = sender.send(b"body", 5)
        sender.abort()
        assert sender.send(b"body", 5).verdict is Verdict.FAILED
    assert (result.verdict, result.rejected) == (Verdict.SENT, 2)
    assert seen[0][0] == b"body" and seen[0][1]["api-key"] == "secret" and len(seen) == 1


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        *[(code, "RETRY") for code in ("UNAVAILABLE", "ABORTED", "DATA_LOSS", "DEADLINE_EXCEEDED")],
        *[(code, "REFUSED") for code in ("INVALID_ARGUMENT", "UNAUTHENTICATED", "RESOURCE_EXHAUSTED")],
    ],
)
def test_what_a_code_means(code: str, verdict: str) -> None:
    grpc: Any = pytest.importorskip("grpc")

    def handle(body: bytes, context: Any) -> bytes:
        context.abort(grpc.StatusCode[code], "no")
        return b""

    with grpc_server(handle) as port:
        sender = GrpcSender(target(port))
        result = sender.send(b"x", 5)
        sender.abort()
    assert result.verdict is Verdict[verdict] and result.why == f"grpc_{code.lower()}"
    assert result.too_large == (code == "RESOURCE_EXHAUSTED")


def test_out_of_resources_with_a_date_is_tried_again() -> None:
    grpc: Any = pytest.importorskip("grpc")
    detail = b"\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x04\x0a\x02\x08\x02"
    status = b"\x08\x08\x1a" + bytes([len(detail)]) + detail

    def handle(body: bytes, context: Any) -> bytes:
        context.set_trailing_metadata((("grpc-status-details-bin", status),))
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "later")
        return b""

    with grpc_server(handle) as port:
        sender = GrpcSender(target(port))
        result = sender.send(b"x", 5)
        sender.abort()
    assert (result.verdict, result.retry_after_s) == (Verdict.RETRY, 2.0)


def test_a_collector_that_is_not_there_or_says_nothing() -> None:
    pytest.importorskip("grpc")
    sender = GrpcSender(target(closed_port()))
    refused = sender.send(b"x", 2)
    sender.abort()
    assert refused.verdict is Verdict.RETRY and refused.unreachable
    with BlackHole() as hole:
        begun = time.monotonic()
        sender = GrpcSender(target(hole.port))
        silent = sender.send(b"x", 0.3)
        sender.abort()
    assert silent.verdict is Verdict.RETRY and time.monotonic() - begun < 3


def test_tls_with_a_private_authority(tmp_path: Path) -> None:
    authority = trustme.CA()
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    issued = authority.issue_cert("localhost")
    pair = (issued.private_key_pem.bytes(), issued.cert_chain_pems[0].bytes())
    with grpc_server(lambda body, context: b"", lambda grpc: grpc.ssl_server_credentials([pair])) as port:
        sender = GrpcSender(target(port, "https", "localhost", OTEL_EXPORTER_OTLP_CERTIFICATE=str(ca)))
        assert sender.send(b"x", 5).verdict is Verdict.SENT
        sender.abort()


def test_without_the_package_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> ModuleSpec | None:
        return None

    monkeypatch.setattr(grpc_sender, "find_spec", nothing)
    with pytest.raises(SettingsError, match=r"pip install 'otelgate\[grpc\]'"):
        GrpcSender(target(4317))


def test_the_package_is_not_imported_before_it_is_needed() -> None:
    code = "import sys; import gate.telemetry.otlp.grpc_sender; sys.exit('grpc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
