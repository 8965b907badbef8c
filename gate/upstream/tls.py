"""Whom an upstream's certificate may be signed by.

Promises: certificates and host names are always checked, TLS 1.2 is the least, and only HTTP/1.1 is offered. The
authorities are those of SSL_CERT_FILE and SSL_CERT_DIR when set, else the system's, else certifi's; a provider's own CA
file is added to them. A file that is named and cannot be used is an error at start, not a failed request later.
"""

import functools
import os
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

import certifi


class CertificateFileError(ValueError):
    """A named file or directory of certificate authorities cannot be used."""


def build_ssl_context(*, ca_file: str | None = None, env: Mapping[str, str]) -> ssl.SSLContext:
    """A client context. ca_file: PEM, in addition to the default authorities. Raises CertificateFileError.

    Reading some 150 authorities takes tens of milliseconds and a megabyte, so equal settings share one context as long
    as the files named stay as they are: do not change what this returns.
    """
    file, directories = env.get("SSL_CERT_FILE") or "", env.get("SSL_CERT_DIR") or ""
    stamps = tuple(_stamp(path) for path in (file, ca_file or ssl.get_default_verify_paths().openssl_cafile))
    return _build(ca_file or "", file, directories, stamps)


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


@functools.lru_cache(maxsize=32)
def _build(ca_file: str, file: str, directories: str, stamps: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # An authority that is trusted need not be self-signed: private CA files often hold only the issuing one.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.set_alpn_protocols(["http/1.1"])
    if file:
        _load_file(context, file, "SSL_CERT_FILE")
    for directory in directories.split(os.pathsep) if directories else ():
        if not Path(directory).is_dir():
            raise CertificateFileError(f"SSL_CERT_DIR is not a directory: {directory}")
        context.load_verify_locations(capath=directory)
    if not file and not directories and not _load_system(context):
        context.load_verify_locations(cafile=certifi.where())
    if ca_file:
        _load_file(context, ca_file, "the CA file")
    return context


def _load_file(context: ssl.SSLContext, path: str, what: str) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except (OSError, ssl.SSLError) as error:
        reason = "it holds no PEM certificate" if isinstance(error, ssl.SSLError) else error.strerror or "unreadable"
        raise CertificateFileError(f"{what} cannot be used: {path}: {reason}") from error


def _load_system(context: ssl.SSLContext) -> bool:
    """Whether the system has authorities where this Python's OpenSSL looks for them."""
    if sys.platform == "win32":
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return bool(context.cert_store_stats()["x509_ca"])
    # The places compiled in; `cafile` and `capath` of the same value would follow the process's environment instead.
    places = ssl.get_default_verify_paths()
    try:
        context.load_verify_locations(cafile=places.openssl_cafile)
    except (OSError, ssl.SSLError):
        pass
    found = bool(context.cert_store_stats()["x509_ca"])
    directory = Path(places.openssl_capath)
    try:
        # A directory is looked into by hash when a certificate is checked: `<8 hex digits>.<n>`.
        hashed = any(directory.glob("[0-9a-f]" * 8 + ".[0-9]*"))
    except OSError:
        hashed = False
    if hashed:
        context.load_verify_locations(capath=directory)
    return found or hashed
