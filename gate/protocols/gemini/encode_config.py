"""`generationConfig` for an upstream. https://ai.google.dev/api/generate-content#generationconfig

Google takes at most five stop sequences. Its models refuse penalties ("Penalty is not enabled for models/..."), so none
is sent unless a Gemini client asks for it. Before Gemini 3 a JSON answer cannot be asked for beside tools ("Function
calling with a response mime type ... is unsupported").
"""

from collections.abc import Sequence

import msgspec

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.parts import Wire
from gate.protocols.canonical.request import OutputFormat, Request
from gate.protocols.fields import mapping
from gate.protocols.gemini.encode_thinking import native_thinking, write_thinking
from gate.protocols.gemini.models import traits
from gate.protocols.gemini.schema import Subset
from gate.protocols.translation import Aim

_STOPS_MOST = 5
_SEEDS = 1 << 31
"""`seed` is a 32-bit integer."""
_JSON = "application/json"
_A = LossAction


def write_config(
    request: Request, aim: Aim, system: list[Wire], losses: list[Loss], *, tools: bool
) -> dict[str, object]:
    """tools: some are offered. system: where an output format goes that cannot be asked for otherwise."""
    native = request.dialect is Dialect.GEMINI
    config = dict(mapping(request.others.get("generationConfig"))) if native else {}
    sampling = request.sampling
    said: dict[str, object] = {
        "temperature": sampling.temperature,
        "topP": sampling.top_p,
        "topK": sampling.top_k,
        "seed": sampling.seed,
        "maxOutputTokens": request.max_tokens if native else _limit(request.max_tokens, aim, losses),
    }
    config |= {name: value for name, value in said.items() if value is not None}
    if not native and sampling.seed is not None and not -_SEEDS <= sampling.seed < _SEEDS:
        losses.append(Loss(Feature.SAMPLING, "seed", _A.DROPPED))
        del config["seed"]
    _stops(request.stop, aim, config, losses, native=native)
    _only_native(request, config, losses, native=native)
    if request.reasoning is not None:
        made = native_thinking(request.reasoning) if native else write_thinking(request.reasoning, aim, losses)
        if made:
            config["thinkingConfig"] = made
    if request.output is not None:
        if tools and not native and not traits(aim.model).mixes_tools:
            losses.append(Loss(Feature.JSON_SCHEMA, "output", _A.APPROXIMATED))
            system.append({"text": _asked_in_words(request.output)})
        else:
            _output(request.output, aim, config, losses)
    for name in sorted(aim.quirks.drops & config.keys()):
        del config[name]
        losses.append(Loss(Feature.SAMPLING, name, _A.DROPPED))
    return config


def _limit(asked: int | None, aim: Aim, losses: list[Loss]) -> int | None:
    """More than the model can give is a 400."""
    most = aim.max_output_tokens
    if asked is None or most is None or asked <= most:
        return asked
    losses.append(Loss(Feature.PARAMETERS, "max_tokens", _A.APPROXIMATED))
    return most


def _stops(stop: Sequence[str], aim: Aim, config: dict[str, object], losses: list[Loss], *, native: bool) -> None:
    most = len(stop) if native else aim.quirks.stop_most or _STOPS_MOST
    kept = list(stop[:most])
    if kept:
        config["stopSequences"] = kept
    losses += [Loss(Feature.PARAMETERS, f"stop[{index}]", _A.DROPPED) for index in range(most, len(stop))]


def _only_native(request: Request, config: dict[str, object], losses: list[Loss], *, native: bool) -> None:
    """What is only asked for on behalf of a Gemini client."""
    sampling = request.sampling
    said = {
        "presencePenalty": sampling.presence_penalty,
        "frequencyPenalty": sampling.frequency_penalty,
        "candidateCount": sampling.choices,
    }
    if native:
        config |= {name: value for name, value in said.items() if value is not None}
        if sampling.logprobs is not None:
            config["responseLogprobs"] = True
            config |= {"logprobs": sampling.logprobs} if sampling.logprobs else {}
        return
    losses += [
        Loss(Feature.SAMPLING, name, _A.DROPPED)
        for name, value, usual in (
            ("presence_penalty", sampling.presence_penalty, 0),
            ("frequency_penalty", sampling.frequency_penalty, 0),
            ("n", sampling.choices, 1),
            ("logprobs", sampling.logprobs, None),
        )
        if value is not None and value != usual
    ]


def _output(output: OutputFormat, aim: Aim, config: dict[str, object], losses: list[Loss]) -> None:
    config["responseMimeType"] = _JSON
    if output.schema is None:
        return
    if aim.quirks.schema != "gemini":
        config["responseJsonSchema"] = output.schema
        return
    subset = Subset(output.schema)
    config["responseSchema"] = subset.schema
    if subset.lossy:
        losses.append(Loss(Feature.JSON_SCHEMA, "output", _A.APPROXIMATED))


def _asked_in_words(output: OutputFormat) -> str:
    text = "When you answer without calling a tool, answer with one JSON value and nothing around it."
    if output.schema is None:
        return text
    return f"{text} It must match this JSON Schema:\n{msgspec.json.encode(output.schema).decode()}"
