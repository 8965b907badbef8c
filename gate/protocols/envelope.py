"""The edits that make a vendor's request fit a host of its models (`core.profile.Envelope`): pure, on bytes.

Members are taken out and put in; every other member of the body stays byte for byte. Bedrock: `InvokeModel` and
`CountTokens` of docs.aws.amazon.com/bedrock/latest/APIReference; Vertex AI:
platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai (both read 2026-11-21).
"""

import base64
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

import msgspec

from gate.core.profile import Envelope
from gate.protocols.codec import Header
from gate.protocols.fields import decoded, mapping, tokens
from gate.protocols.splice import JsonObject, read_object

BETA = b"anthropic-beta"
_BETA_MEMBER = "anthropic_beta"
_LENGTH = b"content-length"
# A cross-Region inference profile is named like its model with a geography before it (`us.anthropic.claude-...`).
_PROFILE_PATH = re.compile(r"^/model/[a-z-]+\.(?=anthropic\.)")


def sealed(body: bytes, envelope: Envelope, headers: Sequence[Header], *, counting: bool = False) -> bytes:
    """The body as the host wants it; the same object when nothing is to be changed. headers: of the request, for its
    betas. Raises GateError for a body that is no JSON object (a request that was scanned or encoded by Gate always is).
    """
    drops = envelope.count_drops if counting else envelope.drops
    wrap = counting and envelope.wraps_count
    if not (drops or wrap or envelope.adds or envelope.betas_in_body):
        return body
    found = read_object(body)
    kept = [body[member.key_at : member.end] for member in found.members if member.key not in drops]
    added = [b'"%b":%b' % (name.encode(), text.encode()) for name, text in _added(envelope, found, headers)]
    if wrap and "max_tokens" not in found.values:
        # The model's own schema demands it, though it plays no part in counting; it has to exceed a thinking budget.
        added.append(b'"max_tokens":%d' % (_thinking_budget(found) + 1))
    if not added and not wrap and len(kept) == len(found.members):
        return body
    inner = b"{" + b",".join([*kept, *added]) + b"}"
    return b'{"input":{"invokeModel":{"body":"%b"}}}' % base64.b64encode(inner) if wrap else inner


def _added(envelope: Envelope, found: JsonObject, headers: Sequence[Header]) -> list[tuple[str, str]]:
    added = [(name, text) for name, text in envelope.adds if name not in found.values]
    if envelope.betas_in_body and _BETA_MEMBER not in found.values:
        told = told_betas(headers, envelope)
        if told:
            added.append((_BETA_MEMBER, msgspec.json.encode(told).decode()))
    return added


def _thinking_budget(found: JsonObject) -> int:
    return tokens(mapping(decoded(found.values.get("thinking"))).get("budget_tokens")) or 0


def betas(headers: Sequence[Header]) -> list[str]:
    """The values of all `anthropic-beta` headers, in order."""
    values = b",".join(value for name, value in headers if name.lower() == BETA).decode("latin-1")
    return [beta for part in values.split(",") if (beta := part.strip())]


def told_betas(headers: Sequence[Header], envelope: Envelope) -> list[str]:
    """Those of them that the host is told of."""
    return [beta for beta in betas(headers) if _taken(beta, envelope)]


def left_out(headers: Sequence[Header], envelope: Envelope) -> list[str]:
    """The others."""
    return [beta for beta in betas(headers) if not _taken(beta, envelope)]


def _taken(beta: str, envelope: Envelope) -> bool:
    return envelope.betas is None or any(fnmatchcase(beta, pattern) for pattern in envelope.betas)


def sealed_headers(headers: Sequence[Header], envelope: Envelope, body_bytes: int) -> list[Header]:
    """The headers of the request with that body. Names in lower case, before and after."""
    drops = {_LENGTH, *(name.encode("ascii") for name in envelope.header_drops)}
    filters = envelope.betas is not None and bool(envelope.betas_in_body or left_out(headers, envelope))
    if filters:
        drops.add(BETA)
    made = [header for header in headers if header[0] not in drops]
    made += [(name.encode("ascii"), value.encode("latin-1")) for name, value in envelope.header_adds]
    told = [] if envelope.betas_in_body or not filters else told_betas(headers, envelope)
    if told:
        made.append((BETA, ",".join(told).encode("latin-1")))
    made.append((_LENGTH, b"%d" % body_bytes))
    return made


def count_path(path: str, envelope: Envelope) -> str:
    """Where tokens are counted. AWS counts for models, not for their inference profiles."""
    return _PROFILE_PATH.sub("/model/", path) if envelope.wraps_count else path


def count_answer(body: bytes) -> bytes:
    """AWS's `{"inputTokens": N}` as the vendor's answer; anything else unchanged."""
    counted = tokens(mapping(decoded(body)).get("inputTokens"))
    return body if counted is None else msgspec.json.encode({"input_tokens": counted})
