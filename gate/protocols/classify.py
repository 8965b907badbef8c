"""What an upstream's error means, from its status, its headers and whatever body it chose: one total function.

Vendors behind one dialect word their errors in each other's shapes (and proxies in HTML), so there is one reading of
all shapes and not one per dialect. `Failure.detail` is Gate's wording; nothing of the body gets into it.
Sources: https://platform.claude.com/docs/en/api/errors , https://platform.openai.com/docs/guides/error-codes ,
https://ai.google.dev/gemini-api/docs/troubleshooting , https://openrouter.ai/docs/api-reference/errors
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import cast

from gate.core.failure import Failure, FailureKind
from gate.protocols.codec import Header
from gate.protocols.fields import decoded, mapping
from gate.protocols.overflow import is_overflow

_TEXT_AT_MOST = 8192
_K = FailureKind

_QUOTA_CODES = re.compile(r"insufficient_quota|billing_hard_limit|quota_exceeded|usage_limit_reached|credits_exhausted")
_QUOTA_WORDS = re.compile(
    r"exceeded your current quota|insufficient (?:quota|balance|credit)|out of credits|quota (?:has been )?exhausted"
    r"|(?:monthly|daily|usage|spend(?:ing)?) limit (?:reached|exceeded)|requests? per day",
    re.IGNORECASE,
)
_BILLING_WORDS = re.compile(r"credit balance is too low|billing (?:is )?not (?:active|enabled)|payment required", re.I)
_KEY_WORDS = re.compile(r"api[ _-]?key (?:is )?(?:not valid|invalid)|invalid api[ _-]?key|api_key_invalid", re.I)
_MODEL_CODES = re.compile(
    r"model_not_found|model_decommissioned|model_not_available|not_found_error|deploymentnotfound"
)
_MODEL_WORDS = re.compile(
    r"model\b.{0,120}?(?:not found|not exist|decommissioned|no longer (?:available|supported)|unavailable)"
    r"|not a valid model|unknown model|no such model|no endpoints found",
    re.IGNORECASE | re.DOTALL,
)
_MODEL_WORDS_IN_400 = re.compile(
    r"not a valid model|unknown model|model.{0,80}(?:not exist|decommissioned)|model identifier is invalid", re.I
)
_BY_TYPE: tuple[tuple[str, FailureKind], ...] = (
    ("overloaded", _K.OVERLOADED),
    ("slow_down", _K.OVERLOADED),
    ("rate_limit", _K.RATE_LIMITED),
    ("resource_exhausted", _K.RATE_LIMITED),
    ("too_many_requests", _K.RATE_LIMITED),
    ("authentication_error", _K.INVALID_AUTH),
    ("invalid_api_key", _K.INVALID_AUTH),
    ("billing_error", _K.BILLING),
    ("permission_error", _K.PERMISSION_DENIED),
    ("request_too_large", _K.REQUEST_TOO_LARGE),
    ("timeout", _K.UPSTREAM_TIMEOUT),
    ("not_found_error", _K.MODEL_UNAVAILABLE),
    ("model_not_found", _K.MODEL_UNAVAILABLE),
    ("invalid_prompt", _K.INVALID_REQUEST),
    ("invalid_request", _K.INVALID_REQUEST),
)
_BY_STATUS: dict[int, FailureKind] = {
    401: _K.INVALID_AUTH,
    402: _K.BILLING,
    403: _K.PERMISSION_DENIED,
    408: _K.UPSTREAM_TIMEOUT,
    413: _K.REQUEST_TOO_LARGE,
    422: _K.INVALID_REQUEST,
    424: _K.SERVER_ERROR,  # Bedrock, when a model failed
    503: _K.OVERLOADED,
    504: _K.UPSTREAM_TIMEOUT,
    524: _K.UPSTREAM_TIMEOUT,  # Cloudflare's own timeout
    529: _K.OVERLOADED,
    # An upstream that will not do it whatever one repeats.
    501: _K.UNEXPECTED_STATUS,
    505: _K.UNEXPECTED_STATUS,
    508: _K.UNEXPECTED_STATUS,
}


@dataclass(frozen=True, slots=True)
class Words:
    """What an error says of itself. codes: its types and codes, in lower case; message: its text, cut."""

    codes: str = ""
    message: str = ""

    @property
    def all(self) -> str:
        return f"{self.codes} {self.message}"


def classify(status: int, headers: Sequence[Header], body: bytes) -> Failure:
    """The failure an error answer (status 300 and above) stands for. Never raises."""
    words = read_words(body)
    wait = retry_after(headers)
    kind = _kind(status, words, wait, empty=not body.strip())
    return Failure(kind, f"the upstream answered {status}", status, wait)


def in_band(error: object) -> Failure:
    """The failure an error inside a stream stands for. error: its decoded JSON object."""
    words = _words_of(error)
    kind = _K.STREAM_ERROR
    if is_overflow(words.all):
        kind = _K.CONTEXT_OVERFLOW
    elif _QUOTA_CODES.search(words.codes):
        kind = _K.QUOTA_EXHAUSTED
    else:
        status = mapping(error).get("code")
        if isinstance(status, int) and status in (401, 402, 403, 408, 413, 429, 503, 504, 529):
            kind = _BY_STATUS.get(status, _K.RATE_LIMITED)  # OpenRouter's codes are HTTP statuses
        kind = next((named for part, named in _BY_TYPE if part in words.codes), kind)
    return Failure(kind, "the upstream sent an error inside its stream")


def _kind(status: int, words: Words, wait: float | None, *, empty: bool) -> FailureKind:
    if status == 429:
        return _throttled(words, wait)
    if status in (400, 413) and empty:
        return _K.CONTEXT_OVERFLOW  # Cerebras answers a prompt that is too long like this
    if status in (400, 404, 413, 422, 500) and is_overflow(words.all):
        return _K.CONTEXT_OVERFLOW
    if status == 400:
        return _bad_request(words)
    if status == 404:
        named = _MODEL_CODES.search(words.codes) or _MODEL_WORDS.search(words.message)
        return _K.MODEL_UNAVAILABLE if named else _K.UNEXPECTED_STATUS
    if status == 403 and "authentication_error" in words.codes:
        return _K.INVALID_AUTH  # AWS, for credentials that are unknown or have ended
    if status == 413 and "rate_limit" in words.codes:
        return _K.RATE_LIMITED  # Groq, when one request alone is beyond its tokens per minute
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return _K.OVERLOADED if "overloaded" in words.codes else _K.SERVER_ERROR
    return _K.UNEXPECTED_STATUS


def _throttled(words: Words, wait: float | None) -> FailureKind:
    if _QUOTA_CODES.search(words.codes):
        return _K.QUOTA_EXHAUSTED
    # Google words its limits per minute like an empty account; told how long to wait, it is a limit.
    return _K.QUOTA_EXHAUSTED if wait is None and _QUOTA_WORDS.search(words.message) else _K.RATE_LIMITED


def _bad_request(words: Words) -> FailureKind:
    """Anthropic answers 400 for an empty account, Google for a wrong key, Groq and OpenRouter for an unknown model."""
    if _BILLING_WORDS.search(words.message):
        return _K.BILLING
    if _KEY_WORDS.search(words.all):
        return _K.INVALID_AUTH
    if "rate_limit" in words.codes:
        return _K.RATE_LIMITED  # AWS, for a quota of the account
    if re.search(r"model_not_found|model_decommissioned", words.codes) or _unknown_model(words.message):
        return _K.MODEL_UNAVAILABLE
    return _K.INVALID_REQUEST


def _unknown_model(message: str) -> bool:
    """Narrower than for a 404: a 400 may also say that a model does not support some feature."""
    return _MODEL_WORDS_IN_400.search(message) is not None


def read_words(body: bytes) -> Words:
    """Types, codes and message of an error body of any shape; of one that is not JSON, its text."""
    value = decoded(body[: 1 << 20])
    if value is None:
        return Words(message=body[:_TEXT_AT_MOST].decode("utf-8", "replace"))
    return _words_of(value)


def _words_of(value: object) -> Words:
    if isinstance(value, list) and value:
        outer = mapping(cast("list[object]", value)[0])  # Google's OpenAI dialect
    else:
        outer = mapping(cast("object", value))
    inner = outer.get("error", outer)
    if isinstance(inner, str):
        return Words(_codes(outer), inner[:_TEXT_AT_MOST])
    error = mapping(inner)
    # OpenRouter keeps what the vendor behind it said in metadata.raw; FastAPI servers say it in `detail`.
    parts = (error.get("message"), mapping(error.get("metadata")).get("raw"), error.get("detail"), outer.get("detail"))
    message = " ".join(part for part in parts if isinstance(part, str))
    return Words(f"{_codes(error)} {_codes(outer)}", message[:_TEXT_AT_MOST])


def _codes(error: Mapping[str, object]) -> str:
    parts = (error.get("type"), error.get("code"), error.get("status"))
    return " ".join(part for part in parts if isinstance(part, str))[:_TEXT_AT_MOST].lower()


_SECONDS = re.compile(rb"\d{1,9}(?:\.\d{1,9})?")


def retry_after(headers: Sequence[Header]) -> float | None:
    """Seconds to wait, as asked by `retry-after-ms` (OpenAI) or `retry-after` (RFC 9110: seconds or a date); None when
    not asked. A date only counts beside a `date` header, the one clock it can be compared with here."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        found.setdefault(name.lower(), value.strip())
    for name, unit in ((b"retry-after-ms", 1000.0), (b"retry-after", 1.0)):
        value = found.get(name, b"")
        if _SECONDS.fullmatch(value):
            return float(value) / unit
    if b"retry-after" not in found or b"date" not in found:
        return None
    try:
        until, now = (parsedate_to_datetime(found[name].decode("ascii")) for name in (b"retry-after", b"date"))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
