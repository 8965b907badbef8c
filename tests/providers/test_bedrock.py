"""Anthropic on Bedrock: AWS's own service model and Anthropic's own client judge the addresses and the envelope."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from gate.core.dialect import Dialect
from gate.core.profile import AuthStyle, Framing
from gate.protocols.framing import CONTENT_TYPE, Frame
from gate.protocols.hosted_errors import event
from gate.providers.bedrock import ENVELOPE, PROFILE
from tests.providers.cloud_sdks import ASK, MESSAGE, catching, filled, gates, only

MODEL = "us.anthropic.claude-x-v1:0"


def service_model() -> Any:
    loaders = pytest.importorskip("botocore.loaders")
    return loaders.Loader().load_service_model("bedrock-runtime", "service-2")


@pytest.mark.parametrize(
    ("operation", "how"),
    [
        ("InvokeModel", {"stream": False}),
        ("InvokeModelWithResponseStream", {"stream": True}),
        ("CountTokens", {"stream": False, "counting": True}),
    ],
)
def test_paths_are_those_of_awss_service_model(operation: str, how: dict[str, bool]) -> None:
    template = service_model()["operations"][operation]["http"]["requestUri"]
    endpoint = PROFILE.endpoints[Dialect.ANTHROPIC_MESSAGES]
    assert endpoint.path_for("{modelId}", **how).replace("%7B", "{").replace("%7D", "}") == template


def test_it_is_signed_for_the_name_of_awss_service_model() -> None:
    metadata = service_model()["metadata"]
    assert metadata["signingName"] == PROFILE.signing_name
    assert metadata["signatureVersion"] == "v4"
    endpoint = PROFILE.endpoints[only(PROFILE)]
    assert (endpoint.auth, endpoint.envelope.framing) == (AuthStyle.AWS_SIGV4, Framing.AWS_EVENT_STREAM)
    assert CONTENT_TYPE == b"application/vnd.amazon.eventstream"


def test_every_exception_of_a_stream_is_known() -> None:
    model = service_model()
    members = model["shapes"]["ResponseStream"]["members"]
    names = [name for name, member in members.items() if model["shapes"][member["shape"]].get("exception")]
    assert len(names) >= 6
    for name in names:
        told = event(Frame({":message-type": "exception", ":exception-type": name}, b'{"message":"x"}'))
        assert told.startswith(b'event: error\ndata: {"type":"error"')


def test_anthropics_own_client_asks_the_same() -> None:
    client, sent = catching(MESSAGE)
    bedrock = pytest.importorskip("anthropic").AnthropicBedrock(aws_region="eu-west-1", api_key="k", http_client=client)
    bedrock.messages.create(model=MODEL, max_tokens=9, messages=ASK)
    path, body = gates(PROFILE, MODEL, {"model": MODEL, "max_tokens": 9, "messages": ASK, "stream": False})
    (theirs,) = sent
    # It leaves the colon of a model's id as it is; AWS's own clients encode it, and so does Gate.
    assert unquote(theirs.url) == unquote(filled(PROFILE.base_url, region="eu-west-1") + path)
    assert theirs.headers["authorization"] == "Bearer k"
    # Its newest version sends its own API's date there; AWS documents this one.
    assert body.pop("anthropic_version") == "bedrock-2023-05-31"
    theirs.body.pop("anthropic_version")
    assert theirs.body == body


def test_a_model_named_by_its_arn_is_one_segment() -> None:
    arn = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2"
    path = PROFILE.endpoints[only(PROFILE)].path_for(arn, stream=False)
    assert path.count("/") == 3
    assert unquote(path) == f"/model/{arn}/invoke"


def test_betas_that_are_told_are_dated_names() -> None:
    assert ENVELOPE.betas is not None
    assert all(beta[-10:-6].isdigit() for beta in ENVELOPE.betas)
