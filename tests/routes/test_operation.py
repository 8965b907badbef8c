"""gate.routes.operation: model operations are found by their paths, with and without a model in them."""

from __future__ import annotations

import pytest

from gate.core.dialect import Dialect, Operation
from gate.routes.operation import ModelOperations, model_operations

ALL = ModelOperations(model_operations())


@pytest.mark.parametrize(
    ("path", "dialect", "operation"),
    [
        ("/v1/messages", Dialect.ANTHROPIC_MESSAGES, Operation.CHAT),
        ("/v1/messages/count_tokens", Dialect.ANTHROPIC_MESSAGES, Operation.COUNT_TOKENS),
        ("/v1/chat/completions", Dialect.OPENAI_CHAT, Operation.CHAT),
        ("/v1/responses", Dialect.OPENAI_RESPONSES, Operation.CHAT),
    ],
)
def test_a_path_that_says_nothing_of_the_model(path: str, dialect: Dialect, operation: Operation) -> None:
    found = ALL.find(path)
    assert found is not None
    assert (found[0].dialect, found[0].operation, found[1]) == (dialect, operation, None)


@pytest.mark.parametrize("version", ["v1beta", "v1", "v1alpha"])
@pytest.mark.parametrize(
    "model", ["gemini-3.8-flash", "anthropic/claude-sonnet-4.6", "models/x", "a:b", ":generateContent"]
)
@pytest.mark.parametrize(
    ("verb", "operation", "stream"),
    [
        ("generateContent", Operation.CHAT, False),
        ("streamGenerateContent", Operation.CHAT, True),
        ("countTokens", Operation.COUNT_TOKENS, False),
    ],
)
def test_a_model_in_the_path(version: str, model: str, verb: str, operation: Operation, stream: bool) -> None:
    found = ALL.find(f"/{version}/models/{model}:{verb}")
    assert found is not None
    assert found[1] == model
    assert (found[0].dialect, found[0].operation, found[0].stream) == (Dialect.GEMINI, operation, stream)
    assert found[0].path == f"/{version}/models/{{model}}:{verb}"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1/models",
        "/v1beta/models",
        "/v1beta/models/:generateContent",
        "/v1beta/models/x",
        "/v1beta/models/x:embedContent",
    ],
)
def test_what_is_none(path: str) -> None:
    assert ALL.find(path) is None
