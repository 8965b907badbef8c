"""Clouds on the wire: what a local server in their place receives, and what comes back through the transport."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from opentelemetry.context import Context

from gate.core.dialect import Dialect, Operation
from gate.core.execution import AttemptRecord
from gate.core.failure import FailureKind
from gate.core.profile import ProviderProfile
from gate.core.secret import Secret
from gate.engine.ports import Header, TransportFailure, UpstreamCall
from gate.engine.snapshot import CloudAccount, Target
from gate.protocols.anthropic_messages.stream import MessagesTap
from gate.providers import azure, bedrock, bedrock_openai, vertex_anthropic
from gate.upstream.client import HttpTransport
from gate.upstream.hosted import HostedTransport, hosted
from tests.harness.eventstream import chunk, exception
from tests.upstream.auth.test_aws import ID, SECRET, verified
from tests.upstream.conftest import Run
from tests.upstream.rawserver import Handler, Server, answering, serve

MODEL = "us.anthropic.claude-x-v1:0"
BODY = b'{"model":"us.anthropic.claude-x-v1:0","max_tokens":5,"messages":[],"stream":true}'
EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"id": "msg_1", "type": "message", "usage": {"input_tokens": 7}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hé"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 7}},
]
FRAMES = b"".join(chunk(event) for event in EVENTS)


class Scope:
    """No telemetry."""

    context = Context()

    def end(self, record: AttemptRecord) -> None:
        return


def reply(body: bytes, kind: str = "application/json", status: int = 200, extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


STREAM = "application/vnd.amazon.eventstream"


def call(target: Target, dialect: Dialect, path: str, body: bytes = BODY, **changes: Any) -> UpstreamCall:
    headers: list[Header] = [
        (b"content-type", b"application/json"),
        (b"anthropic-version", b"2023-06-01"),
        (b"anthropic-beta", b"context-1m-2025-08-07,claude-code-20250219"),
        (b"x-amz-date", b"20000101T000000Z"),
        (b"content-length", b"%d" % len(body)),
    ]
    if target.key is not None:
        headers.append((b"authorization", b"Bearer " + target.key.reveal().encode()))
    made = UpstreamCall(target, dialect, path, b"beta=true", headers, body, True, 5.0, 5.0, 5.0)
    return replace(made, **changes)


def cloud(profile: ProviderProfile, server: Server, key: str | None = None, base: str = "") -> Target:
    secret = None if key is None else Secret(key)
    return Target(profile, server.url(base), key=secret, account=CloudAccount(region="eu-west-1"))


@asynccontextmanager
async def sent(
    profile: ProviderProfile, handler: Handler, path: str, key: str | None = None, **changes: Any
) -> AsyncIterator[tuple[Any, "Seen", Target]]:
    """The answer to one call, and the request as the server saw it."""
    seen = Seen()

    async def recording(peer: Any) -> None:
        whole = peer.request

        async def request() -> Any:
            found = await whole()
            if found is not None:
                seen.head, seen.body = found
            return found

        peer.request = request
        await handler(peer)

    async with serve(recording) as server:
        target = cloud(profile, server, key, base="")
        transport = hosted(target, HttpTransport(target, {}, lambda inner: inner))
        dialect = next(iter(profile.endpoints))
        try:
            answer = await transport.send(call(target, dialect, path, **changes), Scope())
            yield answer, seen, target
            await answer.aclose()
        finally:
            await transport.aclose()


class Seen:
    head = b""
    body = b""

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n", 1)[0].decode()

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode().split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}


async def read(answer: Any) -> bytes:
    return b"".join([piece async for piece in answer.chunks()])


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


PATH = bedrock.PROFILE.endpoints[Dialect.ANTHROPIC_MESSAGES].path_for(MODEL, stream=True)


def test_bedrock_receives_a_signed_request_in_its_envelope_and_streams_events(run: Run) -> None:
    async def main() -> None:
        handler = answering(reply(FRAMES, STREAM, extra="x-amzn-RequestId: aws-1\r\n"))
        async with sent(bedrock.PROFILE, handler, PATH) as (answer, seen, target):
            assert seen.line == ("POST /model/us.anthropic.claude-x-v1%3A0/invoke-with-response-stream HTTP/1.1")
            verified(target.base_url + PATH, seen.headers, seen.body, region="eu-west-1")
            assert json.loads(seen.body) == {
                "max_tokens": 5,
                "messages": [],
                "anthropic_version": "bedrock-2023-05-31",
                "anthropic_beta": ["context-1m-2025-08-07"],
            }
            assert not {"anthropic-version", "anthropic-beta"} & set(seen.headers)
            assert seen.head.lower().count(b"x-amz-date") == 2  # the header itself and its name among the signed ones
            headers = dict(answer.headers)
            assert headers[b"content-type"].startswith(b"text/event-stream")
            assert headers[b"request-id"] == b"aws-1"
            events = await read(answer)
        tap = MessagesTap()
        tap.feed(events)
        told = tap.answer()
        assert (told.usage.input, told.usage.output) == (7, 2)
        assert tap.finish() == (b"", None)
        assert b'"text":"h\\u00e9"' in events

    run(main())


def test_frames_may_come_in_any_pieces(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Any) -> None:
            await peer.request()
            await peer.send(reply(FRAMES, STREAM).split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n")
            for at in range(0, len(FRAMES), 97):
                await peer.send(FRAMES[at : at + 97])
            await peer.gone()

        async with sent(bedrock.PROFILE, handler, PATH) as (answer, _, _):
            assert (await read(answer)).count(b"\n\n") == len(EVENTS)

    run(main())


def test_an_exception_in_the_stream_is_the_dialects_error_event(run: Run) -> None:
    async def main() -> None:
        frames = chunk(EVENTS[0]) + exception("throttlingException", "Too many tokens")
        async with sent(bedrock.PROFILE, answering(reply(frames, STREAM)), PATH) as (answer, _, _):
            events = await read(answer)
        failure = MessagesTap().feed(events).failure
        assert failure is not None and failure.kind is FailureKind.RATE_LIMITED

    run(main())


def test_a_damaged_frame_ends_the_attempt(run: Run) -> None:
    async def main() -> None:
        damaged = bytearray(FRAMES)
        damaged[200] ^= 1
        async with sent(bedrock.PROFILE, answering(reply(bytes(damaged), STREAM)), PATH) as (answer, _, _):
            with pytest.raises(TransportFailure) as raised:
                await read(answer)
        assert raised.value.failure.kind is FailureKind.MALFORMED_BODY

    run(main())


def test_a_whole_answer_and_its_length_pass_as_they_came(run: Run) -> None:
    async def main() -> None:
        body = b'{"id":"msg_1","type":"message"}'
        async with sent(bedrock.PROFILE, answering(reply(body)), PATH) as (answer, _, _):
            assert await read(answer) == body
            assert dict(answer.headers)[b"content-length"] == b"%d" % len(body)

    run(main())


def test_a_bedrock_key_is_a_bearer_token_and_nothing_is_signed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    async def main() -> None:
        async with sent(bedrock.PROFILE, answering(reply(b"{}")), PATH, key="bedrock-key") as (_, seen, _):
            assert seen.headers["authorization"] == "Bearer bedrock-key"
            assert json.loads(seen.body)["anthropic_version"] == "bedrock-2023-05-31"

    run(main())


def test_an_error_of_aws_is_worded_as_anthropics(run: Run) -> None:
    async def main() -> None:
        told = b'{"message":"Input is too long for requested model."}'
        failed = reply(told, status=400, extra="x-amzn-ErrorType: ValidationException:http://x/\r\n")
        async with sent(bedrock.PROFILE, answering(failed), PATH) as (answer, _, _):
            assert answer.status == 400
            assert json.loads(await read(answer)) == {
                "type": "error",
                "error": {"type": "invalid_request_error", "message": "Input is too long for requested model."},
            }
            assert b"content-length" not in dict(answer.headers)

    run(main())


def test_an_error_too_long_to_be_one_passes(run: Run) -> None:
    async def main() -> None:
        told = b'{"message":"' + b"x" * (3 << 20) + b'"}'
        async with sent(bedrock.PROFILE, answering(reply(told, status=500)), PATH) as (answer, _, _):
            assert await read(answer) == told

    run(main())


def test_counting_is_wrapped_both_ways(run: Run) -> None:
    async def main() -> None:
        path = bedrock.PROFILE.endpoints[Dialect.ANTHROPIC_MESSAGES].path_for(MODEL, stream=False, counting=True)
        changes = {"operation": Operation.COUNT_TOKENS, "body": b'{"model":"m","messages":[]}'}
        async with sent(bedrock.PROFILE, answering(reply(b'{"inputTokens":11}')), path, **changes) as (
            answer,
            seen,
            target,
        ):
            assert seen.line.startswith("POST /model/anthropic.claude-x-v1%3A0/count-tokens ")
            verified(target.base_url + seen.line.split(" ")[1], seen.headers, seen.body, region="eu-west-1")
            inner = json.loads(base64.b64decode(json.loads(seen.body)["input"]["invokeModel"]["body"]))
            assert inner["messages"] == [] and "model" not in inner
            assert await read(answer) == b'{"input_tokens":11}'

    run(main())


def test_bedrocks_openai_paths_are_signed_and_their_bodies_untouched(run: Run) -> None:
    async def main() -> None:
        body = b'{"model" : "openai.gpt-oss-120b", "messages":[]}'
        handler = answering(reply(b"{}"))
        async with sent(bedrock_openai.PROFILE, handler, "/v1/chat/completions", body=body) as (_, seen, target):
            url = target.base_url + "/v1/chat/completions?beta=true"
            verified(url, seen.headers, seen.body, region="eu-west-1")
            assert seen.body == body
            assert seen.head.lower().count(b"x-amz-date") == 2

    run(main())


def test_no_credentials_is_a_failure_of_the_attempt(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))

    async def main() -> None:
        with pytest.raises(TransportFailure) as raised:
            async with sent(bedrock.PROFILE, answering(reply(b"{}")), PATH):
                raise AssertionError("it was sent")
        assert raised.value.failure.kind is FailureKind.INVALID_AUTH

    run(main())


def test_vertex_has_the_model_in_the_path_and_the_token_in_the_head(run: Run) -> None:
    async def main() -> None:
        endpoint = vertex_anthropic.PROFILE.endpoints[Dialect.ANTHROPIC_MESSAGES]
        path = endpoint.path_for("claude-x@20250929", stream=True)
        handler = answering(reply(b"event: ping\ndata: {}\n\n", "text/event-stream"))
        async with sent(vertex_anthropic.PROFILE, handler, path, key="a-token") as (answer, seen, _):
            assert seen.line.endswith("/models/claude-x@20250929:streamRawPredict HTTP/1.1")
            assert seen.headers["authorization"] == "Bearer a-token"
            assert seen.headers["anthropic-beta"] == "context-1m-2025-08-07,claude-code-20250219"
            assert json.loads(seen.body)["anthropic_version"] == "vertex-2023-10-16"
            assert await read(answer) == b"event: ping\ndata: {}\n\n"

    run(main())


class Fixed:
    """An authorizer whose credential never changes; counts how often it was doubted."""

    def __init__(self) -> None:
        self.doubts = 0

    async def headers(self, url: str, host: bytes, content_type: bytes, body: bytes, timeout_s: float) -> list[Header]:
        return [(b"authorization", b"Fixed")]

    def doubt(self) -> None:
        self.doubts += 1

    async def aclose(self) -> None:
        return


@pytest.mark.parametrize(
    ("status", "error", "doubted"),
    [
        (403, "ExpiredTokenException", True),
        (403, "UnrecognizedClientException:http://x/", True),
        (403, "AccessDeniedException", False),
        (401, "", True),
        (429, "ThrottlingException", False),
        (200, "", False),
    ],
)
def test_only_an_answer_about_the_credential_makes_it_doubted(run: Run, status: int, error: str, doubted: bool) -> None:
    async def main() -> None:
        extra = f"x-amzn-ErrorType: {error}\r\n" if error else ""
        async with serve(answering(reply(b'{"message":"x"}', status=status, extra=extra))) as server:
            target = cloud(bedrock.PROFILE, server)
            authorizer = Fixed()
            transport = HostedTransport(target, HttpTransport(target, {}, lambda inner: inner), authorizer)
            answer = await transport.send(call(target, Dialect.ANTHROPIC_MESSAGES, PATH), Scope())
            await read(answer)
            assert authorizer.doubts == doubted
            await transport.aclose()

    run(main())


def test_who_needs_none_of_this_keeps_the_plain_transport(run: Run) -> None:
    async def main() -> None:
        for profile, key, wrapped in (
            (azure.PROFILE, "k", False),
            (bedrock_openai.PROFILE, "k", False),
            (bedrock_openai.PROFILE, None, True),
            (bedrock.PROFILE, "k", True),
        ):
            target = Target(profile, "http://127.0.0.1:9", key=None if key is None else Secret(key))
            inner = HttpTransport(target, {}, lambda made: made)
            made = hosted(target, inner)
            assert isinstance(made, HostedTransport) is wrapped
            assert wrapped or made is inner
            await made.aclose()

    run(main())
