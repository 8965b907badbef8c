"""Anthropic's models in Microsoft Foundry: the messages dialect at a resource of one's own.

Address, paths and the key's header: `AnthropicFoundry` of github.com/anthropics/anthropic-sdk-python 2.12.0, read
2026-11-21; it takes everything of the messages API but batches and the list of models. The model is the name of a
deployment. Anthropic's rate-limit headers are not among the answer's (platform.claude.com/docs/en/build-with-claude/
claude-in-microsoft-foundry, read 2026-11-21). All betas pass, unless `betas` in the configuration says which.
"""

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Endpoint, Envelope, ProviderProfile, Quirks

SDK = "https://github.com/anthropics/anthropic-sdk-python"

PROFILE = ProviderProfile(
    name="azure-anthropic",
    title="Anthropic in Microsoft Foundry",
    base_url="https://{resource}.services.ai.azure.com/anthropic",
    endpoints={
        Dialect.ANTHROPIC_MESSAGES: Endpoint(
            path="/v1/messages",
            auth=AuthStyle.X_API_KEY,
            headers=(("anthropic-version", "2023-06-01"),),
            count_tokens_path="/v1/messages/count_tokens",
            source=SDK,
            # No system messages among the messages (platform.claude.com/docs/en/build-with-claude/
            # mid-conversation-system-messages, read 2026-11-21).
            quirks=Quirks(drops=frozenset({"messages.system"})),
            envelope=Envelope(betas=("*",)),
        ),
    },
    gen_ai_name="azure.ai.inference",
    key_hint="https://ai.azure.com",
    vendor="anthropic",
    sources=(f"{SDK} (2.12.0, read 2026-11-21)",),
)
