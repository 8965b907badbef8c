"""Amazon Bedrock, Anthropic's models: the messages dialect in AWS's envelope.

`InvokeModel`, `InvokeModelWithResponseStream` and `CountTokens` of the service model of bedrock-runtime 2023-09-30
(botocore 1.44.5) and docs.aws.amazon.com/bedrock/latest/userguide/inference-messages-api.html, read 2026-11-21: the
model is in the path, `anthropic_version` and `anthropic_beta` are in the body, streams come as event-stream frames. The
model is a model id, the id of an inference profile (`us.anthropic.claude-...`) or an ARN. A Bedrock API key goes as a
bearer token; without one requests are signed. `content-type` must be application/json, and `accept` names the type of
the model's own answer, JSON by default, so that a client's `text/event-stream` would mean something else there.

Bedrock answers 400 `invalid beta flag` to a whole request for one beta it does not know, and clients send it
Anthropic's. Told of are those that AWS documents (as listed in github.com/BerriAI/litellm/pull/19877, read 2026-11-21);
some models take fewer (github.com/anthropics/claude-code/issues/49370), for which `betas` is a setting.

Pictures come as data only (platform.claude.com/docs/en/build-with-claude/vision), and files kept at Anthropic are not
there. A thinking block's signature is good on Anthropic's own API, here and on Vertex AI alike (its page on extended
thinking, read 2026-11-21): the vendor of opaque tokens is Anthropic.
"""

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import AuthStyle, Endpoint, Envelope, Framing, ProviderProfile, Quirks

MESSAGES = "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-messages-api.html"
API = "https://docs.aws.amazon.com/bedrock/latest/APIReference"
BETAS = "https://github.com/BerriAI/litellm/pull/19877"
VISION = "https://platform.claude.com/docs/en/build-with-claude/vision"

ENVELOPE = Envelope(
    drops=frozenset({"model", "stream"}),
    adds=(("anthropic_version", '"bedrock-2023-05-31"'),),
    count_drops=frozenset({"model", "stream"}),
    header_drops=frozenset({"accept", "content-type", "anthropic-version"}),
    header_adds=(("accept", "application/json"), ("content-type", "application/json")),
    betas=(
        "computer-use-2024-10-22",
        "computer-use-2025-01-24",
        "context-1m-2025-08-07",
        "context-management-2025-06-27",
        "dev-full-thinking-2025-05-14",
        "effort-2025-11-24",
        "interleaved-thinking-2025-05-14",
        "output-128k-2025-02-19",
        "token-efficient-tools-2025-02-19",
        "tool-examples-2025-10-29",
        "tool-search-tool-2025-10-19",
    ),
    betas_in_body=True,
    query=False,
    framing=Framing.AWS_EVENT_STREAM,
    wraps_count=True,
    rewords_errors=True,
)

PROFILE = ProviderProfile(
    name="bedrock",
    title="Amazon Bedrock (Anthropic)",
    base_url="https://bedrock-runtime.{region}.amazonaws.com",
    endpoints={
        Dialect.ANTHROPIC_MESSAGES: Endpoint(
            path="/model/{model}/invoke",
            stream_path="/model/{model}/invoke-with-response-stream",
            count_tokens_path="/model/{model}/count-tokens",
            auth=AuthStyle.AWS_SIGV4,
            source=MESSAGES,
            envelope=ENVELOPE,
            # No system messages among the messages (platform.claude.com/docs/en/build-with-claude/
            # mid-conversation-system-messages, read 2026-11-21).
            quirks=Quirks(
                cannot=frozenset({Use.IMAGE_URL, Use.IMAGE_FILE, Use.DOCUMENT_FILE, Use.WEB_SEARCH, Use.SERVER_TOOL}),
                drops=frozenset({"messages.system"}),
            ),
        ),
    },
    gen_ai_name="aws.bedrock",
    vendor="anthropic",
    signing_name="bedrock",
    sources=tuple(f"{page} (read 2026-11-21)" for page in (MESSAGES, API, BETAS, VISION)),
)
