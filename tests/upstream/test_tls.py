"""Which certificates are accepted, over real handshakes."""

import datetime
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path

import certifi
import httpx
import pytest
import trustme

from gate.core.failure import FailureKind
from gate.upstream import tls
from gate.upstream.failures import classify_exception
from gate.upstream.tls import CertificateFileError, build_ssl_context
from gate.upstream.transport import LeanTransport
from tests.upstream.conftest import Run
from tests.upstream.rawserver import OK, Peer, answering, failure, fetch, post, serve

PRIVATE = trustme.CA(organization_name="Gate tests")
OTHER = trustme.CA(organization_name="Someone else")


def server_context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2", "http/1.1"])
    leaf.configure_cert(context)
    return context


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    path = tmp_path / "private-ca.pem"
    PRIVATE.cert_pem.write_to_path(str(path))
    return str(path)


def with_ca(ca_file: str | None, env: Mapping[str, str] | None = None) -> LeanTransport:
    return LeanTransport(ssl_context=build_ssl_context(ca_file=ca_file, env=env or {}))


def test_private_ca_is_accepted_and_the_connection_kept(run: Run, ca_file: str) -> None:
    async def main() -> None:
        chosen: list[str | None] = []

        async def handler(peer: Peer) -> None:
            chosen.append(peer.writer.get_extra_info("ssl_object").selected_alpn_protocol())
            await answering(OK)(peer)

        leaf = server_context(PRIVATE.issue_cert("127.0.0.1"))
        async with serve(handler, leaf) as server:
            transport = with_ca(ca_file)
            for size in (10, 1_000_000):
                request = post(server.url(scheme="https"), b"x" * size, read=10, write=10, connect=10)
                assert await fetch(transport, request) == (200, b"ok")
            assert (server.accepted, transport.pool.idle) == (1, 1)
            await transport.aclose()
            await server.quiet()
            assert chosen == ["http/1.1"]

    run(main())


@pytest.mark.parametrize("problem", ["unknown authority", "expired", "another name"])
def test_bad_certificates_are_tls_errors(run: Run, ca_file: str, problem: str) -> None:
    async def main() -> None:
        if problem == "unknown authority":
            leaf = OTHER.issue_cert("127.0.0.1")
        elif problem == "expired":
            then = datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)
            leaf = PRIVATE.issue_cert("127.0.0.1", not_before=then - datetime.timedelta(days=1), not_after=then)
        else:
            leaf = PRIVATE.issue_cert("other.example")
        async with serve(answering(OK), server_context(leaf)) as server:
            transport = with_ca(ca_file)
            error = await failure(transport, post(server.url(scheme="https"), connect=10))
            assert isinstance(error, httpx.ConnectError)
            assert isinstance(error.__cause__, ssl.SSLCertVerificationError)
            assert classify_exception(error) is FailureKind.TLS_ERROR
            assert transport.pool.places == 0
            await server.quiet()

    run(main())


def test_default_authorities_do_not_trust_a_private_one(run: Run) -> None:
    async def main() -> None:
        async with serve(answering(OK), server_context(PRIVATE.issue_cert("127.0.0.1"))) as server:
            error = await failure(with_ca(None), post(server.url(scheme="https"), connect=10))
            assert classify_exception(error) is FailureKind.TLS_ERROR

    run(main())


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_environment_names_the_authorities(run: Run, tmp_path: Path, ca_file: str, kind: str) -> None:
    async def main() -> None:
        other_file = tmp_path / "other.pem"
        OTHER.cert_pem.write_to_path(str(other_file))
        if kind == "file":
            env = {"SSL_CERT_FILE": str(other_file)}
        else:
            env = {"SSL_CERT_DIR": str(hashed(tmp_path / "certs", OTHER))}
        async with serve(answering(OK), server_context(OTHER.issue_cert("127.0.0.1"))) as server:
            for transport in (with_ca(None, env), with_ca(ca_file, env)):
                assert await fetch(transport, post(server.url(scheme="https"))) == (200, b"ok")
                await transport.aclose()
        async with serve(answering(OK), server_context(PRIVATE.issue_cert("127.0.0.1"))) as server:
            transport = with_ca(ca_file, env)  # the provider's own file is added, not exchanged
            assert await fetch(transport, post(server.url(scheme="https"))) == (200, b"ok")
            await transport.aclose()
            error = await failure(with_ca(None, env), post(server.url(scheme="https")))
            assert classify_exception(error) is FailureKind.TLS_ERROR

    run(main())


def hashed(folder: Path, ca: trustme.CA) -> Path:
    """A directory as OpenSSL looks into it, named by the hash that the library itself looks for."""
    folder.mkdir()
    path = folder / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    number = subject_hash(path)
    (folder / f"{number}.0").symlink_to(path)
    return folder


def subject_hash(path: Path) -> str:
    try:
        done = subprocess.run(
            ["openssl", "x509", "-subject_hash", "-noout", "-in", str(path)], capture_output=True, text=True, check=True
        )
    except FileNotFoundError:
        pytest.skip("needs the openssl program")
    return done.stdout.strip()


def test_server_that_speaks_no_tls(run: Run, ca_file: str) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            await peer.gone()

        async with serve(handler) as server:
            error = await failure(with_ca(ca_file), post(server.url(scheme="https"), connect=10))
            assert isinstance(error, httpx.ConnectError)
            assert classify_exception(error) is FailureKind.TLS_ERROR
            await server.quiet()

    run(main())


def test_server_that_never_answers_the_handshake(run: Run, ca_file: str) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.gone()

        async with serve(handler) as server:
            transport = with_ca(ca_file)
            error = await failure(transport, post(server.url(scheme="https"), connect=0.1))
            assert isinstance(error, httpx.ConnectTimeout)
            await server.quiet()
            assert transport.pool.places == 0

    run(main())


def test_server_that_closes_in_the_handshake(run: Run, ca_file: str) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.reader.read(1)

        async with serve(handler) as server:
            error = await failure(with_ca(ca_file), post(server.url(scheme="https"), connect=10))
            assert isinstance(error, httpx.ConnectError)
            assert classify_exception(error) in (FailureKind.CONNECT_ERROR, FailureKind.TLS_ERROR)

    run(main())


def test_named_files_must_be_usable(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate")
    for path in (str(empty), str(tmp_path / "missing.pem")):
        with pytest.raises(CertificateFileError, match="the CA file cannot be used"):
            build_ssl_context(ca_file=path, env={})
        with pytest.raises(CertificateFileError, match="SSL_CERT_FILE"):
            build_ssl_context(env={"SSL_CERT_FILE": path})
    with pytest.raises(CertificateFileError, match="SSL_CERT_DIR"):
        build_ssl_context(env={"SSL_CERT_DIR": str(tmp_path / "missing")})


def test_context_is_strict_and_shared_until_a_file_changes(ca_file: str) -> None:
    context = build_ssl_context(ca_file=ca_file, env={})
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert build_ssl_context(ca_file=ca_file, env={}) is context
    assert build_ssl_context(env={}) is not context
    OTHER.cert_pem.write_to_path(ca_file, append=True)
    changed = build_ssl_context(ca_file=ca_file, env={})
    assert changed.cert_store_stats()["x509_ca"] == context.cert_store_stats()["x509_ca"] + 1


def test_certifi_when_the_system_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    paths = ssl.get_default_verify_paths()
    nowhere = str(tmp_path / "nowhere")
    bare = ssl.DefaultVerifyPaths(None, None, paths.openssl_cafile_env, nowhere, paths.openssl_capath_env, nowhere)
    monkeypatch.setattr(tls.ssl, "get_default_verify_paths", lambda: bare)
    expected = ssl.create_default_context(cafile=certifi.where()).cert_store_stats()
    assert build_ssl_context(env={}).cert_store_stats() == expected
