"""Acme: OpenAI chat, and Anthropic messages under a path of its own.

Say here where every fact was read, and when: acme.example/docs/api, read 2026-11-21. What is not documented is left
out.
"""

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import AuthStyle, Endpoint, ProviderProfile, Quirks, RateLimitHeaders

DOCS = "https://acme.example/docs/api"

PROFILE = ProviderProfile(
    # The name in the configuration, in route ids and in `acme/some-model`.
    name="acme",
    title="Acme",
    # Without a final slash and without /v1: the paths below carry it.
    base_url="https://api.acme.example",
    # The most faithful dialect first: it is the one that clients of other dialects are translated to.
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(
            path="/v1/chat/completions",
            source=DOCS,
            # How Acme's chat differs from OpenAI's own. Only translated requests read this.
            quirks=Quirks(
                cannot=frozenset({Use.IMAGE_URL}),
                max_tokens="max_tokens",
                thinking_field="reasoning_content",
            ),
        ),
        Dialect.ANTHROPIC_MESSAGES: Endpoint(
            path="/anthropic/v1/messages",
            auth=AuthStyle.X_API_KEY,
            headers=(("anthropic-version", "2023-06-01"),),
            source=DOCS,
        ),
    },
    # `gen_ai.provider.name` on spans and metrics.
    gen_ai_name="acme",
    key_env="ACME_API_KEY",
    base_url_env="GATE_ACME_BASE_URL",
    models_path="/v1/models",
    rate_limits=RateLimitHeaders(requests_remaining="x-ratelimit-remaining-requests"),
    key_hint="https://acme.example/keys",
    sources=(f"{DOCS} (read 2026-11-21)",),
)
