"""The TLS side of a target: files named by variables, read once at start so that a wrong one stops Gate there."""

import ssl
from pathlib import Path

from gate.telemetry.otlp.reading import SettingsError
from gate.telemetry.otlp.settings import Target


def tls_context(target: Target) -> ssl.SSLContext:
    """For HTTP. The system's authorities, or only those of the given file. Raises SettingsError."""
    _complete(target)
    try:
        context = ssl.create_default_context(cafile=target.certificate)
    except (OSError, ssl.SSLError) as error:
        raise _unreadable(target, "CERTIFICATE", error) from None
    if target.client_certificate is not None:
        try:
            context.load_cert_chain(target.client_certificate, target.client_key)
        except (OSError, ssl.SSLError) as error:
            raise _unreadable(target, "CLIENT_CERTIFICATE", error) from None
    return context


def pem_files(target: Target) -> tuple[bytes | None, bytes | None, bytes | None]:
    """For gRPC: authorities, client key, client certificate, as they are in the files. Raises SettingsError."""
    _complete(target)
    named = (
        ("CERTIFICATE", target.certificate),
        ("CLIENT_KEY", target.client_key),
        ("CLIENT_CERTIFICATE", target.client_certificate),
    )
    contents: list[bytes | None] = []
    for variable, path in named:
        try:
            contents.append(None if path is None else Path(path).read_bytes())
        except OSError as error:
            raise _unreadable(target, variable, error) from None
    return contents[0], contents[1], contents[2]


def _complete(target: Target) -> None:
    if (target.client_key is None) != (target.client_certificate is None):
        raise SettingsError(_variables(target, "CLIENT_KEY"), "a client key and a client certificate go together")


def _unreadable(target: Target, variable: str, error: Exception) -> SettingsError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return SettingsError(_variables(target, variable), f"names a file that cannot be used ({reason})")


def _variables(target: Target, suffix: str) -> str:
    return f"OTEL_EXPORTER_OTLP_{suffix} (or OTEL_EXPORTER_OTLP_{target.signal.upper()}_{suffix})"
