"""What an upstream's error means, from its status, its headers and whatever body it chose: one total function.

`Failure.detail` is Gate's wording; nothing of the body gets into it.
Sources: https://platform.claude.com/docs/en/api/errors , https://developers.openai.com/api/docs/guides/error-codes ,
https://ai.google.dev/gemini-api/docs/troubleshooting , https://openrouter.ai/docs/api-reference/errors . The words of
the others as quoted in github.com issues, all read 2026-11-21: xAI continuedev/continue#10373, Anantys-oss/koan#2412,
yihong0618/bilingual_book_maker#464; Fireworks amd/gaia#3766; Together expectedparrot/edsl#2098, truefoundry/models#919;
DeepSeek Aider-AI/aider#4851; Mistral tmc/langchaingo#1233; Anthropic's limit of spending anthropics/claude-code#2127;
AWS awslabs/llmeter#35, Ivy-Interactive/Ivy-Tendril#1756; OpenAI's models out of reach continuedev/continue#10120 and
keys without a scope continuedev/continue#10059;
paths that are none harry0703/MoneyPrinterTurbo#57 (OpenAI), microsoft/autogen#3953 (Azure).
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from gate.core.failure import Failure, FailureKind
from gate.protocols.codec import Header
from gate.protocols.error_words import Words, read_words, regained_after, retry_after, words_of
from gate.protocols.fields import mapping
from gate.protocols.overflow import is_overflow

_K = FailureKind

_QUOTA_CODES = re.compile(
    r"insufficient_quota|billing_hard_limit|quota_exceeded|usage_limit_(?:reached|exceeded)|credits?_exhausted"
    r"|spend_limit_(?:exceeded|reached)|credit_balance_exhausted"
)
# What an account has used up, whatever the status.
_SPENT_WORDS = re.compile(
    r"insufficient (?:quota|balance|credit)|out of credits|used all available credits|credit limit exceeded"
    r"|reached (?:your|its) (?:specified )?.{0,20}(?:usage|spend(?:ing)?) limits?"
    r"|(?:monthly|daily|usage|spend(?:ing)?) limit (?:reached|exceeded)",
    re.IGNORECASE,
)
# What is only said of an account together with a 429.
_QUOTA_WORDS = re.compile(
    r"exceeded your current quota|quota (?:has been )?exhausted|(?:requests?|tokens) per day|-per-day", re.IGNORECASE
)
_BILLING_WORDS = re.compile(
    r"credit balance is too low|billing (?:is )?not (?:active|enabled)|requires billing|payment required"
    r"|account \S{1,80} is suspended|failure to pay",
    re.IGNORECASE,
)
_KEY_WORDS = re.compile(
    r"api[ _-]?key (?:is |was |has been )?(?:not valid|invalid|expired|revoked|reported as leaked)"
    r"|(?:invalid|incorrect) api[ _-]?key|api_key_invalid|unregistered callers",
    re.IGNORECASE,
)
_MODEL_CODES = re.compile(
    r"model_not_found|model_decommissioned|model_not_available|dedicated_endpoint_not_running|invalid_model"
    r"|not_found_error|deploymentnotfound"
)
_MODEL_WORDS = re.compile(
    r"models?\b.{0,120}?(?:not found|not exist|decommissioned|no longer (?:available|supported)|unavailable)"
    r"|\bmodels?/\S+ is not supported|not a valid model|unknown model|no such model|no endpoints found"
    r"|model.{0,40}reached the end of its life|model is marked by provider as legacy",
    re.IGNORECASE | re.DOTALL,
)
# Narrower than for a 404: a 400 may also say that a model does not support some feature.
_MODEL_CODES_IN_400 = re.compile(
    r"model_not_found|model_decommissioned|model_not_available|dedicated_endpoint_not_running|invalid_model"
)
_MODEL_WORDS_IN_400 = re.compile(
    r"not a valid model|unknown model|invalid model:|model.{0,80}(?:not exist|decommissioned)"
    r"|model identifier is invalid|unable to access (?:non-serverless )?model|on-demand throughput isn.t supported",
    re.IGNORECASE,
)
# A key that is good, but not for this: another endpoint may take it.
_NO_SCOPE = re.compile(r"missing scopes|insufficient permissions", re.IGNORECASE)
_NO_ACCESS_TO_MODEL = re.compile(r"not have access to (?:the )?model|access to the model with the specified", re.I)
# Whoever answers knows no such path: the address leads elsewhere than it should, or the path is wrong.
_PATH_CODES = re.compile(r"unknown_url")
_PATH_WORDS = re.compile(
    r"\A\s*<|invalid url|unknown request url|no route matched|page not found|cannot (?:post|get) /"
    r"|\A\s*(?:404:? ?)?(?:resource )?not[ _]found\.?\s*\Z",
    re.IGNORECASE,
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
_WAITS = frozenset({429, 503, 529})
"""Where words about waiting are meant."""


def classify(status: int, headers: Sequence[Header], body: bytes) -> Failure:
    """The failure an error answer (status 300 and above) stands for. Never raises."""
    words = read_words(body)
    wait = retry_after(headers)
    if wait is None and status in _WAITS:
        wait = words.wait_s
    kind = _kind(status, words, wait, empty=not body.strip())
    if kind is _K.QUOTA_EXHAUSTED and wait is None:
        wait = regained_after(words.message, headers)
    return Failure(kind, f"the upstream answered {status}", status, wait)


def in_band(error: object) -> Failure:
    """The failure an error inside a stream stands for. error: its decoded JSON object."""
    words = words_of(error)
    failure = Failure(_K.STREAM_ERROR, "the upstream sent an error inside its stream")
    if is_overflow(words.all):
        return replace(failure, kind=_K.CONTEXT_OVERFLOW)
    if _QUOTA_CODES.search(words.codes):
        return replace(failure, kind=_K.QUOTA_EXHAUSTED)
    status = mapping(error).get("code")
    kind = _K.STREAM_ERROR
    if isinstance(status, int) and status in (401, 402, 403, 408, 413, 429, 503, 504, 529):
        kind = _BY_STATUS.get(status, _K.RATE_LIMITED)  # OpenRouter's codes are HTTP statuses
    return replace(failure, kind=next((named for part, named in _BY_TYPE if part in words.codes), kind))


def _kind(status: int, words: Words, wait: float | None, *, empty: bool) -> FailureKind:
    if status == 429:
        return _throttled(words, wait)
    if status in (400, 413) and empty:
        return _K.CONTEXT_OVERFLOW  # Cerebras answers a prompt that is too long like this
    if status in (400, 404, 413, 422, 500) and is_overflow(words.all):
        return _K.CONTEXT_OVERFLOW
    if status in (400, 403, 412):
        return _of_account(words) or (_bad_request(words) if status == 400 else _forbidden(status, words))
    if status in (404, 410):
        return _not_found(words, empty=empty)
    if status == 405 or status < 400:
        return _K.ENDPOINT_MISMATCH
    if status == 401 and _NO_SCOPE.search(words.message):
        return _K.PERMISSION_DENIED
    if status == 413 and "rate_limit" in words.codes:
        return _K.RATE_LIMITED  # Groq, when one request alone is beyond its tokens per minute
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return _K.OVERLOADED if "overloaded" in words.codes else _K.SERVER_ERROR
    return _K.UNEXPECTED_STATUS


def _throttled(words: Words, wait: float | None) -> FailureKind:
    if words.per_day or _QUOTA_CODES.search(words.codes) or _SPENT_WORDS.search(words.message):
        return _K.QUOTA_EXHAUSTED
    # Google words its limits per minute like an empty account; told how long to wait, it is a limit.
    return _K.QUOTA_EXHAUSTED if wait is None and _QUOTA_WORDS.search(words.message) else _K.RATE_LIMITED


def _of_account(words: Words) -> FailureKind | None:
    """What a 400, 403 or 412 says of key and account: Anthropic answers 400 for an empty account, xAI 403, Fireworks
    412; Google and xAI 400 for a wrong key."""
    if _BILLING_WORDS.search(words.message):
        return _K.BILLING
    if _SPENT_WORDS.search(words.message) or _QUOTA_CODES.search(words.codes):
        return _K.QUOTA_EXHAUSTED
    return _K.INVALID_AUTH if _KEY_WORDS.search(words.all) else None


def _bad_request(words: Words) -> FailureKind:
    """Groq, Mistral, Together and OpenRouter answer 400 for an unknown model."""
    if "rate_limit" in words.codes:
        return _K.RATE_LIMITED  # AWS, for a quota of the account
    named = _MODEL_CODES_IN_400.search(words.codes) or _MODEL_WORDS_IN_400.search(words.message)
    return _K.MODEL_UNAVAILABLE if named else _K.INVALID_REQUEST


def _forbidden(status: int, words: Words) -> FailureKind:
    if "authentication_error" in words.codes:
        return _K.INVALID_AUTH  # AWS, for credentials that are unknown or have ended
    if "model_not_found" in words.codes or _NO_ACCESS_TO_MODEL.search(words.message):
        return _K.MODEL_UNAVAILABLE
    return _BY_STATUS.get(status, _K.UNEXPECTED_STATUS)


def _not_found(words: Words, *, empty: bool) -> FailureKind:
    """A path that is none, a model that is none, or something else (a file, a stored answer)."""
    if empty or _PATH_CODES.search(words.codes) or _PATH_WORDS.search(words.message):
        return _K.ENDPOINT_MISMATCH
    named = _MODEL_CODES.search(words.codes) or _MODEL_WORDS.search(words.message)
    return _K.MODEL_UNAVAILABLE if named else _K.UNEXPECTED_STATUS
