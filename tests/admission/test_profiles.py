"""Clients by what their releases send; the header values are those of real clients."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.admission.profiles import DEFAULT_PROFILES, DEFAULT_RULES, Client, ProfileRule, Profiles
from gate.core.request import NO_SESSION, ClientProfile, Session

C = ClientProfile
UA = b"user-agent"
TRACE = (b"traceparent", b"00-18fe5743ffc2a203e880443e5518ef30-10976c80a14923a4-01")
Headers = list[tuple[bytes, bytes]]


@pytest.mark.parametrize(
    ("headers", "profile", "version"),
    [
        ([(UA, b"claude-cli/2.1.329 (external, sdk-cli)")], C.CLAUDE, "2.1.329"),
        ([(UA, b"claude-code/2.1.329")], C.CLAUDE, "2.1.329"),
        ([(b"x-claude-code-session-id", b"abc"), (UA, b"other")], C.CLAUDE, None),
        ([(UA, b"opencode/1.18.33 ai-sdk/provider-utils/4.0.46 runtime/bun/1.3.14")], C.OPENCODE, "1.18.33"),
        ([(UA, b"codex_exec/0.169.0 (Debian 12.0.0; x86_64) xterm-256color")], C.CODEX, "0.169.0"),
        ([(UA, b"codex_cli_rs/0.99.1-alpha.2 (Mac OS)")], C.CODEX, "0.99.1-alpha.2"),
        ([(UA, b"codex-cli")], C.CODEX, None),
        ([(b"originator", b"codex_vscode"), (UA, b"x")], C.CODEX, None),
        ([(UA, b"OpenAI/JS 7.15.0"), TRACE, (b"sec-fetch-mode", b"cors")], C.OPENCLAW, None),
        ([(UA, b"undici"), TRACE, (b"anthropic-dangerous-direct-browser-access", b"true")], C.OPENCLAW, None),
        ([(UA, b"OpenAI/JS 7.15.0"), (b"sec-fetch-mode", b"cors")], C.AUTOMATION, None),
        ([(UA, b"ls/JS 5.23.2")], C.CONTINUE, None),
        ([(UA, b"node-fetch"), (b"anthropic-beta", b"prompt-caching-2024-07-31")], C.CONTINUE, None),
        ([(UA, b"node-fetch")], C.AUTOMATION, None),
        ([(UA, b"Cursor/1.7.2")], C.CURSOR, "1.7.2"),
        ([(b"x-cursor-client-version", b"2.0.1")], C.CURSOR, "2.0.1"),
        ([(UA, b"Anthropic/Python 2.11.0")], C.AUTOMATION, None),
        ([(UA, b"OpenAI/Python 3.52.0")], C.AUTOMATION, None),
        ([(UA, b"litellm/1.81.10")], C.AUTOMATION, None),
        ([(UA, b"GeminiCLI-tui/0.61.0/gemini-2.5-flash (linux; x64; terminal)")], C.AUTOMATION, None),
        ([(b"x-gate-client", b"Cursor/3.1"), (UA, b"node")], C.CURSOR, "3.1"),
        ([(b"x-gate-client", b"cursor"), (UA, b"claude-cli/2.1.329")], C.CURSOR, None),
        ([(b"x-gate-client", b"unheard-of"), (UA, b"claude-cli/2.1.329")], C.CLAUDE, "2.1.329"),
        ([], C.AUTOMATION, None),
    ],
)
def test_recognise(headers: Headers, profile: ClientProfile, version: str | None) -> None:
    client = DEFAULT_PROFILES.recognise(headers)
    assert (client.profile, client.version) == (profile, version)


@pytest.mark.parametrize(
    ("headers", "session"),
    [
        ([], NO_SESSION),
        ([(b"x-claude-code-session-id", b"s-1")], Session("s-1")),
        (
            [
                (b"x-claude-code-session-id", b"s-1"),
                (b"x-claude-code-agent-id", b"a-2"),
                (b"x-claude-code-parent-agent-id", b"a-1"),
            ],
            Session("s-1", "a-2", "a-1"),
        ),
        ([(b"session-id", b"one"), (b"thread-id", b"one")], Session("one")),
        ([(b"session-id", b"one"), (b"thread-id", b"two")], Session("one", "two")),
        ([(b"x-session-id", b"ses_e05b"), (b"x-session-affinity", b"ses_e05b")], Session("ses_e05b")),
        ([(b"x-session-affinity", b"ses_e05b")], Session("ses_e05b")),
        ([(b"session-id", b" padded ")], Session("padded")),
        ([(b"session-id", b"x" * 129)], NO_SESSION),
        ([(b"session-id", b"line\nbreak")], NO_SESSION),
        ([(b"session-id", "ü".encode()), (b"x-session-id", b"good")], Session("good")),
        ([(b"session-id", b"")], NO_SESSION),
    ],
)
def test_sessions(headers: Headers, session: Session) -> None:
    assert DEFAULT_PROFILES.recognise(headers).session == session


def test_a_configured_table_comes_in_its_own_order() -> None:
    ours = ProfileRule(C.CURSOR, ((UA, b"acme-"),), b"acme-")
    profiles = Profiles((ours, *DEFAULT_RULES))
    assert profiles.recognise([(UA, b"Acme-7.1 x")]) == Client(C.CURSOR, "7.1")
    assert profiles.recognise([(UA, b"claude-cli/2.1.329")]).profile is C.CLAUDE
    assert Profiles(()).recognise([(UA, b"claude-cli/2.1.329")]).profile is C.AUTOMATION


NAMES = st.sampled_from(sorted({name for rule in DEFAULT_RULES for name, _ in rule.markers} | {b"x-gate-client"}))
VALUES = st.binary(max_size=60) | st.sampled_from([b"codex", b"cursor/", b"claude-cli/" + b"9" * 99])


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=8))
def test_total_and_printable(headers: Headers) -> None:
    client = DEFAULT_PROFILES.recognise(headers)
    assert client.version is None or (len(client.version) <= 32 and client.version.isascii())
    assert client.version is None or client.version.isprintable()
