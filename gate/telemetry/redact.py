"""Takes credentials out of URLs and texts. The last defence: nothing should have put them there.

What counts as a credential in a query: the keys the HTTP conventions list (v1.41.1, url.full) and those vendors take
keys in (Gemini: `?key=`).
"""

import re

REDACTED = "REDACTED"

_SENSITIVE_KEYS = frozenset(
    {
        "key",
        "api_key",
        "api-key",
        "apikey",
        "access_token",
        "auth_token",
        "token",
        "password",
        "secret",
        "client_secret",
        "authorization",
        "x-api-key",
        "x-goog-api-key",
        "awsaccesskeyid",
        "signature",
        "sig",
        "x-goog-signature",
        "x-amz-signature",
        "x-amz-security-token",
        "x-amz-credential",
    }
)
_USERINFO = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]*://)[^/?#@]*@")
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")

_TEXT = (
    # name: value, name=value and JSON members that carry a credential
    (
        re.compile(
            r"(?i)([\"']?\b(?:proxy-)?authorization\b[\"']?\s*[:=]\s*[\"']?)(?:(?:bearer|basic|token)\s+)?[^\s\"',;}]+"
        ),
        r"\1" + REDACTED,
    ),
    (
        re.compile(r"(?i)([\"']?\b(?:x-api-key|x-goog-api-key|api[-_]?key)\b[\"']?\s*[:=]\s*[\"']?)[^\s\"',;&}]+"),
        r"\1" + REDACTED,
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}"), r"\1 " + REDACTED),
    # values that look like a key wherever they stand: sk-..., sk_..., gsk_..., gate-..., AIza..., xai-...
    (re.compile(r"\b(?:sk|pk|rk|gsk|csk|xai|gate)[-_](?=[\w-]*\d)[A-Za-z0-9_-]{16,}"), REDACTED),
    (re.compile(r"\bsk-[A-Za-z0-9_-]{6,}"), REDACTED),
    (re.compile(r"\bAIza[A-Za-z0-9_-]{20,}"), REDACTED),
    (re.compile(r"(?i)([?&](?:key|api_key|access_token|token)=)[^&\s\"'#]+"), r"\1" + REDACTED),
)
# Cheap signs that a text is worth looking through; lower case.
_SIGNS = (
    "authorization",
    "api-key",
    "api_key",
    "apikey",
    "bearer",
    "basic ",
    "sk-",
    "sk_",
    "pk-",
    "pk_",
    "rk-",
    "rk_",
    "xai-",
    "gate-",
    "gate_",
    "aiza",
    "key=",
    "token=",
)


def suspect(text: str) -> bool:
    """Whether a text might hold a credential; False is certain, True is not."""
    lowered = text.lower()
    return any(sign in lowered for sign in _SIGNS)


def redact_query(query: str) -> str:
    """A query string (without `?`) with the values of credentials replaced, everything else as it was."""
    if "=" not in query:
        return query
    return "&".join(_pair(pair) for pair in query.split("&"))


def redact_url(url: str) -> str:
    """A URL without user name, password and credentials in its query."""
    url = _USERINFO.sub(rf"\1{REDACTED}:{REDACTED}@", url)
    before, mark, rest = url.partition("?")
    if not mark:
        return url
    query, hash_mark, fragment = rest.partition("#")
    return before + mark + redact_query(query) + hash_mark + fragment


def redact_text(text: str) -> str:
    """A text with everything that looks like a credential replaced."""
    if not suspect(text):
        return text
    for pattern, replacement in _TEXT:
        text = pattern.sub(replacement, text)
    return text


def _pair(pair: str) -> str:
    name, mark, value = pair.partition("=")
    plain = _PERCENT.sub(lambda match: chr(int(match[0][1:], 16)), name) if "%" in name else name
    return f"{name}={REDACTED}" if mark and value and plain.lower() in _SENSITIVE_KEYS else pair
