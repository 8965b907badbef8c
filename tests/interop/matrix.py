"""Runs every scenario in every cell: client dialect x upstream dialect x streamed or not, through one Gate.

python -m tests.interop            runs all and writes docs/reference/parity.md
python -m tests.interop --check    fails when that file would change, or when a cell does not hold
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream
from tests.interop.client_chat import ChatConversation
from tests.interop.client_gemini import GeminiConversation
from tests.interop.client_messages import MessagesConversation
from tests.interop.client_responses import ResponsesConversation
from tests.interop.neutral import Ask, Conversation, Refused
from tests.interop.scenarios import SCENARIOS
from tests.interop.trial import Place

CLIENTS: dict[str, type[Conversation]] = {
    "anthropic_messages": MessagesConversation,
    "openai_chat": ChatConversation,
    "openai_responses": ResponsesConversation,
    "gemini": GeminiConversation,
}
# Upstream dialect -> the provider that speaks it here, and its model.
PROVIDERS = {
    "anthropic_messages": ("anthropic", "claude-sonnet-4-6"),
    "openai_chat": ("compatible", "some-model"),
    "openai_responses": ("openai", "gpt-5"),
    "gemini": ("gemini", "gemini-3-pro-preview"),
}
KEY = "a-key-of-nobody-0123456789"
KEY_VARIABLE = "MATRIX_KEY"
ENVIRONMENT = {KEY_VARIABLE: KEY}
Losses = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Cell:
    """One scenario at one place. problem: why it does not hold, None when it does. losses: all reported, as (feature,
    path, action). lost: features of which something did not arrive, each among the losses."""

    client: str
    target: str
    stream: bool
    scenario: str
    problem: str | None
    losses: Losses = ()
    lost: tuple[str, ...] = ()


def model_of(target: str) -> str:
    """The name under which a client asks for the upstream of this dialect."""
    return f"speaks-{target.replace('_', '-')}"


def configuration(url: str) -> dict[str, object]:
    """A Gate with one provider for each dialect, all played by the upstream at that address. No retries; and of what
    would be lost, only a conversation that a vendor keeps holds a request back: the matrix shows what becomes of it."""
    providers = {
        f"in-{target}": {
            "kind": kind,
            "base_url": url,
            "key": f"${{{KEY_VARIABLE}}}",
            "dialects": [target],
            "catalog": False,
        }
        for target, (kind, _) in PROVIDERS.items()
    }
    routes = [
        {"provider": f"in-{target}", "model": model, "lane": "matrix", "max_output_tokens": 32_000}
        for target, (_, model) in PROVIDERS.items()
    ]
    return {
        "providers": providers,
        "lanes": {"matrix": {"cluster": "balanced-workhorse"}},
        "routes": routes,
        "models": {model_of(target): f"in-{target}/{model}" for target, (_, model) in PROVIDERS.items()},
        "policy": {"max_attempts": 1, "fidelity": dict.fromkeys(FEATURES, "allow")},
        "breaker": {"failures": 1_000_000, "rate": 1.0, "min_calls": 1_000_000, "cooldown_max_s": 0.001},
        "telemetry": {"log_level": "ERROR", "log_requests": False},
    }


FEATURES = (
    "images",
    "documents",
    "audio",
    "tool_kinds",
    "server_tools",
    "tool_choice",
    "json_schema",
    "thinking",
    "cache_hints",
    "citations",
    "sampling",
    "parameters",
    "other",
)


@contextmanager
def running() -> Iterator[Callable[[str, str, bool], Place]]:
    """A Gate and its upstream; gives what makes a place of (client dialect, upstream dialect, stream)."""
    with (
        Upstream() as upstream,
        GateProcess(configuration(upstream.url), ENVIRONMENT) as gate,
        httpx.Client(base_url=gate.url, trust_env=False) as api,
    ):

        def losses(headers: dict[str, str]) -> list[tuple[str, str, str]]:
            return reported(api, headers)

        def place(client: str, target: str, stream: bool) -> Place:
            def converse(ask: Ask) -> Conversation:
                return CLIENTS[client](gate.url, KEY, model_of(target), ask)

            return Place(client, target, stream, upstream, converse, losses)

        yield place


def reported(api: httpx.Client, headers: dict[str, str]) -> list[tuple[str, str, str]]:
    """The losses that Gate's own record of the answer with these headers names."""
    decision = next((value for name, value in headers.items() if name.lower() == "x-gate-decision-id"), None)
    if decision is None:
        return []
    for _ in range(100):  # it is kept once the answer has ended, which the client may see first
        answer = api.get(f"/gate/v1/decisions/{decision}")
        if answer.status_code == httpx.codes.OK:
            losses = answer.json()["execution"]["attempts"][-1]["losses"]
            return [(one["feature"], one["path"], one["action"]) for one in losses]
        time.sleep(0.02)
    raise AssertionError(f"Gate does not remember {decision}")


def run(place: Place, scenario: str) -> Cell:
    """One cell."""
    problem, losses, lost = None, (), ()
    try:
        trial = SCENARIOS[scenario](place)
        trial.conversation.close()
        losses, lost = tuple(sorted(trial.losses)), tuple(sorted(trial.lost))
    except (Exception, Refused) as error:  # whatever goes wrong is this cell's verdict
        problem = f"{type(error).__name__}: {error}"
    finally:
        place.upstream.rules.clear()
    return Cell(place.client, place.target, place.stream, scenario, problem, losses, lost)


def cells() -> Iterator[Cell]:
    """All of them, in the order of the tables."""
    with running() as place:
        for client in CLIENTS:
            for target in PROVIDERS:
                for scenario in SCENARIOS:
                    for stream in (False, True):
                        yield run(place(client, target, stream), scenario)
