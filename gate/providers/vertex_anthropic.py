"""Vertex AI, Anthropic's models: the messages dialect in Google's envelope.

platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai and
docs.cloud.google.com/gemini-enterprise-agent-platform/models/partner-models/claude/count-tokens, read 2026-11-21: the
model is in the path and not in the body, `anthropic_version` is in the body; for counting tokens the path is one for
all models and the model stays in the body. Streams are server-sent events as Anthropic's are. Betas stay in their
header, all of them unless `betas` in the configuration says which. The client's query (`?beta=true`) is left out,
because Google refuses parameters it does not know. Pictures come as data only
(platform.claude.com/docs/en/build-with-claude/vision). A thinking block's signature is good on Anthropic's own API and
here alike (its page on extended thinking, read 2026-11-21).
"""

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import AuthStyle, Endpoint, Envelope, ProviderProfile, Quirks
from gate.providers.vertex import BASE_URL, LOCATION, REGIONS

MESSAGES = "https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai"
COUNT = "https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/partner-models/claude/count-tokens"
VISION = "https://platform.claude.com/docs/en/build-with-claude/vision"
MODELS = LOCATION + "/publishers/anthropic/models/"

ENVELOPE = Envelope(
    drops=frozenset({"model"}),
    adds=(("anthropic_version", '"vertex-2023-10-16"'),),
    header_drops=frozenset({"anthropic-version"}),
    betas=("*",),
    query=False,
    rewords_errors=True,
)

PROFILE = ProviderProfile(
    name="vertex-anthropic",
    title="Vertex AI (Anthropic)",
    base_url=BASE_URL,
    regions=REGIONS,
    endpoints={
        Dialect.ANTHROPIC_MESSAGES: Endpoint(
            path=MODELS + "{model}:rawPredict",
            stream_path=MODELS + "{model}:streamRawPredict",
            count_tokens_path=MODELS + "count-tokens:rawPredict",
            auth=AuthStyle.GOOGLE_OAUTH,
            source=MESSAGES,
            envelope=ENVELOPE,
            # No system messages among the messages (platform.claude.com/docs/en/build-with-claude/
            # mid-conversation-system-messages, read 2026-11-21).
            quirks=Quirks(
                cannot=frozenset({Use.IMAGE_URL, Use.IMAGE_FILE, Use.DOCUMENT_FILE}),
                drops=frozenset({"messages.system"}),
            ),
        ),
    },
    gen_ai_name="gcp.vertex_ai",
    vendor="anthropic",
    sources=tuple(f"{page} (read 2026-11-21)" for page in (MESSAGES, COUNT, VISION)),
)
