"""Ollama, a model server of one's own: OpenAI chat and responses, and Anthropic messages.

docs/api/{openai,anthropic}-compatibility.mdx of github.com/ollama/ollama, read 2026-11-21: a local server asks for no
key; images are taken as base64 only; `tool_choice`, `logit_bias`, `user` and `n` are ignored in chat, `tool_choice`
and `metadata` in messages, where documents, citations and prompt caching are not known either; the responses dialect
keeps no state; no endpoint counts tokens; `reasoning_effort` is high, medium, low or none. Ollama's cloud
(https://ollama.com) speaks the same with a Bearer key, in messages too
(w3cschool.cn/ollamadocs/ollamadocs-api-anthropic-compatibility.html, read 2026-11-21). Reasoning in chat comes in
`reasoning` and is taken back there (openai/openai.go of the same repository).
"""

from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.profile import Endpoint, Propagate, ProviderProfile, Quirks
from gate.core.route import RouteType

OPENAI = "https://github.com/ollama/ollama/blob/main/docs/api/openai-compatibility.mdx"
ANTHROPIC = "https://github.com/ollama/ollama/blob/main/docs/api/anthropic-compatibility.mdx"
SERVER = "https://github.com/ollama/ollama/blob/main/openai/openai.go"
CLOUD = "https://www.w3cschool.cn/ollamadocs/ollamadocs-api-anthropic-compatibility.html"

NO_FILES = frozenset({Use.IMAGE_URL, Use.IMAGE_FILE, Use.DOCUMENT_DATA, Use.DOCUMENT_URL, Use.DOCUMENT_FILE, Use.AUDIO})

PROFILE = ProviderProfile(
    name="ollama",
    title="Ollama",
    base_url="http://127.0.0.1:11434",
    endpoints={
        Dialect.OPENAI_CHAT: Endpoint(
            path="/v1/chat/completions",
            source=OPENAI,
            quirks=Quirks(
                cannot=NO_FILES | {Use.SEVERAL_CHOICES},
                drops=frozenset({"tool_choice", "logit_bias", "user", "n"}),
                max_tokens="max_tokens",
                thinking_field="reasoning",
                thinking_input=True,
                efforts=("none", "low", "medium", "high"),
            ),
        ),
        Dialect.ANTHROPIC_MESSAGES: Endpoint(
            path="/v1/messages",
            headers=(("anthropic-version", "2023-06-01"),),
            source=ANTHROPIC,
            quirks=Quirks(
                cannot=NO_FILES | {Use.CITATIONS, Use.CACHE_HINTS},
                drops=frozenset({"tool_choice", "metadata"}),
            ),
        ),
        Dialect.OPENAI_RESPONSES: Endpoint(
            path="/v1/responses",
            source=OPENAI,
            quirks=Quirks(cannot=frozenset({Use.STORED_STATE}), drops=frozenset({"truncation"})),
        ),
    },
    gen_ai_name="ollama",
    base_url_env="GATE_OLLAMA_BASE_URL",
    route_type=RouteType.LOCAL,
    models_path="/v1/models",
    propagate=Propagate.TRACEPARENT,
    sources=tuple(f"{page} (read 2026-11-21)" for page in (OPENAI, ANTHROPIC, SERVER, CLOUD)),
)
