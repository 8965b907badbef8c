"""Which client is asking, and in which session: read from headers, by one ordered table that can be replaced.

The markers of Claude Code, Codex, opencode, Continue and OpenClaw are what their releases of 2026 were seen to send.
Cursor calls custom endpoints from its own servers and documents no marker; its name as User-Agent and its `x-cursor-`
headers are taken where they appear. Any client can name itself: `x-gate-client: cursor/1.7`. What nothing recognises is
`automation` (SDKs, aider, curl). A profile labels traffic, it never grants anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.core.request import NO_SESSION, ClientProfile, Session

Header = tuple[bytes, bytes]

MAX_ID = 128
MAX_VERSION = 32


@dataclass(frozen=True, slots=True)
class ProfileRule:
    """A client is recognised when all markers are there.

    markers: header name (lower case) and what its value begins with, in lower case (empty: any value).
    version_after: in the first marker's value the version follows this text, up to the first character that is none of
    a version's.
    """

    profile: ClientProfile
    markers: tuple[tuple[bytes, bytes], ...]
    version_after: bytes | None = None


_UA = b"user-agent"

DEFAULT_RULES: tuple[ProfileRule, ...] = (
    ProfileRule(ClientProfile.CLAUDE, ((_UA, b"claude-cli/"),), b"claude-cli/"),
    ProfileRule(ClientProfile.CLAUDE, ((_UA, b"claude-code/"),), b"claude-code/"),
    ProfileRule(ClientProfile.CLAUDE, ((b"x-claude-code-session-id", b""),)),
    ProfileRule(ClientProfile.OPENCODE, ((_UA, b"opencode/"),), b"opencode/"),
    ProfileRule(ClientProfile.CODEX, ((_UA, b"codex"),), b"/"),
    ProfileRule(ClientProfile.CODEX, ((b"originator", b"codex"),)),
    ProfileRule(ClientProfile.OPENCLAW, ((_UA, b"openclaw"),), b"/"),
    ProfileRule(ClientProfile.CURSOR, ((_UA, b"cursor"),), b"/"),
    ProfileRule(ClientProfile.CURSOR, ((b"x-cursor-client-version", b""),), b""),
    # Continue's bundled SDK names itself `ls/JS`; its own Anthropic client goes by the fetch library's name.
    ProfileRule(ClientProfile.CONTINUE, ((_UA, b"continue/"),), b"continue/"),
    ProfileRule(ClientProfile.CONTINUE, ((_UA, b"ls/js"),)),
    ProfileRule(ClientProfile.CONTINUE, ((_UA, b"node-fetch"), (b"anthropic-beta", b"prompt-caching-2024-07-31"))),
    # OpenClaw names no client; it is the one that traces every request from inside Node's own fetch. Another traced
    # Node program on the OpenAI SDK looks the same: it can say who it is with `x-gate-client`.
    ProfileRule(
        ClientProfile.OPENCLAW,
        ((_UA, b"undici"), (b"traceparent", b""), (b"anthropic-dangerous-direct-browser-access", b"true")),
    ),
    ProfileRule(ClientProfile.OPENCLAW, ((_UA, b"openai/js"), (b"traceparent", b""), (b"sec-fetch-mode", b"cors"))),
)

SELF_NAMED = b"x-gate-client"
_SESSION = (
    b"x-claude-code-session-id",
    b"session-id",
    b"session_id",
    b"x-session-id",
    b"x-session-affinity",
)
_AGENT = (b"x-claude-code-agent-id", b"thread-id")
_PARENT = (b"x-claude-code-parent-agent-id",)
_VERSION_CHARACTERS = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+-_")
_PROFILES = {profile.value.encode(): profile for profile in ClientProfile}


@dataclass(frozen=True, slots=True)
class Client:
    """Who is asking. version: as the client gave it, None when it did not."""

    profile: ClientProfile = ClientProfile.AUTOMATION
    version: str | None = None
    session: Session = NO_SESSION


class Profiles:
    """A table of rules, ready to be applied. The first rule that matches wins."""

    def __init__(self, rules: Sequence[ProfileRule] = DEFAULT_RULES) -> None:
        self._rules = tuple(rules)
        marked = (name for rule in self._rules for name, _ in rule.markers)
        self._read = frozenset((SELF_NAMED, *_SESSION, *_AGENT, *_PARENT, *marked))

    def recognise(self, headers: Sequence[Header]) -> Client:
        """The client behind a request. Total: unusable values are passed over."""
        read = self._read
        found: dict[bytes, bytes] = {}
        for name, value in headers:
            if name in read and name not in found:
                found[name] = value
        session = _session(found)
        named = found.get(SELF_NAMED)
        if named is not None:
            name, _, version = named.strip().partition(b"/")
            profile = _PROFILES.get(name.lower())
            if profile is not None:
                return Client(profile, _version(version), session)
        for rule in self._rules:
            if _matches(rule, found):
                return Client(rule.profile, _version_of(rule, found), session)
        return Client(ClientProfile.AUTOMATION, None, session)


DEFAULT_PROFILES = Profiles()
"""The built-in table alone."""


def _matches(rule: ProfileRule, found: dict[bytes, bytes]) -> bool:
    for name, begins in rule.markers:
        value = found.get(name)
        if value is None or value[: len(begins)].lower() != begins:
            return False
    return True


def _version_of(rule: ProfileRule, found: dict[bytes, bytes]) -> str | None:
    if rule.version_after is None:
        return None
    value = found[rule.markers[0][0]]
    at = value.lower().find(rule.version_after)
    return None if at < 0 else _version(value[at + len(rule.version_after) :])


def _version(text: bytes) -> str | None:
    """The version at the start of `text`; None when there is none. Versions begin with a digit."""
    end = 0
    while end < len(text) and end < MAX_VERSION and text[end] in _VERSION_CHARACTERS:
        end += 1
    return text[:end].decode("ascii") if text[:1].isdigit() else None


def _session(found: dict[bytes, bytes]) -> Session:
    """Codex names a thread beside its session; they are the same for the main one, and a sub-agent's otherwise."""
    ids = (_first_id(found, _SESSION), _first_id(found, _AGENT), _first_id(found, _PARENT))
    session, agent, parent = ids
    if agent == session:
        agent = None
    return NO_SESSION if (session, agent, parent) == (None, None, None) else Session(session, agent, parent)


def _first_id(found: dict[bytes, bytes], names: tuple[bytes, ...]) -> str | None:
    """The first of these headers with a usable id: printable ASCII, not too long for a span attribute."""
    for name in names:
        value = found.get(name)
        if value is None:
            continue
        text = value.strip().decode("latin-1")
        if 0 < len(text) <= MAX_ID and text.isascii() and text.isprintable():
            return text
    return None
