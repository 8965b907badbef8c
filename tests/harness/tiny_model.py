"""Run by the Python of the model server's own environment: writes a tiny model with random weights, and serves it.

    python tiny_model.py write MODEL.gguf
    python tiny_model.py serve MODEL.gguf PORT      until its standard input ends

The model is a llama of two layers over single bytes. It says nothing sensible, but it is a real model in a real server:
it counts real tokens, stops at limits, keeps to JSON schemas and forms tool calls by grammar. Rows of the output matrix
for bytes that are not printable ASCII are zero, so that with temperature 0 it only says what is.
"""

from __future__ import annotations

import sys
from pathlib import Path

WIDTH, INNER, LAYERS, HEADS, KV_HEADS, CONTEXT = 64, 128, 2, 4, 2, 4096
CONTROL = ("<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>")
# The form in which Hermes and Qwen models are told of tools; llama.cpp knows it.
TEMPLATE = """{%- if tools %}<|im_start|>system
You may call one or more functions. Function signatures are within <tools></tools> XML tags:
<tools>
{%- for tool in tools %}
{{ tool | tojson }}
{%- endfor %}
</tools>
For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call><|im_end|>
{% endif %}
{%- for message in messages %}
{%- if message.role == "tool" %}<|im_start|>user
<tool_response>
{{ message.content }}
</tool_response><|im_end|>
{% else %}<|im_start|>{{ message.role }}
{{ message.content or "" }}
{%- for call in message.tool_calls or [] %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>
{%- endfor %}<|im_end|>
{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def byte_letters() -> list[str]:
    """The letter that GPT-2's vocabulary has for each byte: printable ones stand for themselves."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte) if byte in plain else chr(next(others)) for byte in range(256)]


def write(path: str) -> None:
    """Writes the model; the same every time."""
    import gguf
    import numpy

    chance = numpy.random.default_rng(7)
    tokens = [*byte_letters(), "th", "in", *CONTROL]
    kinds = [gguf.TokenType.NORMAL] * 258 + [gguf.TokenType.CONTROL] * 2 + [gguf.TokenType.USER_DEFINED] * 2
    file = gguf.GGUFWriter(path, "llama")
    file.add_context_length(CONTEXT)
    file.add_embedding_length(WIDTH)
    file.add_block_count(LAYERS)
    file.add_feed_forward_length(INNER)
    file.add_head_count(HEADS)
    file.add_head_count_kv(KV_HEADS)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_rope_dimension_count(WIDTH // HEADS)
    file.add_vocab_size(len(tokens))
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("gpt-2")
    file.add_token_list(tokens)
    file.add_token_types(kinds)
    file.add_token_merges(["t h", "i n"])
    file.add_bos_token_id(258)
    file.add_eos_token_id(259)
    file.add_add_bos_token(False)
    file.add_chat_template(TEMPLATE)

    def weights(name: str, rows: int, columns: int) -> None:
        made = chance.standard_normal((rows, columns)).astype(numpy.float32) * 0.3
        if name == "output.weight":
            made[[byte for byte in range(256) if not 0x20 <= byte < 0x7F]] = 0
        file.add_tensor(name, made)

    def ones(name: str) -> None:
        file.add_tensor(name, numpy.ones(WIDTH, numpy.float32))

    weights("token_embd.weight", len(tokens), WIDTH)
    weights("output.weight", len(tokens), WIDTH)
    ones("output_norm.weight")
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        ones(f"{block}.attn_norm.weight")
        ones(f"{block}.ffn_norm.weight")
        weights(f"{block}.attn_q.weight", WIDTH, WIDTH)
        weights(f"{block}.attn_k.weight", WIDTH // HEADS * KV_HEADS, WIDTH)
        weights(f"{block}.attn_v.weight", WIDTH // HEADS * KV_HEADS, WIDTH)
        weights(f"{block}.attn_output.weight", WIDTH, WIDTH)
        weights(f"{block}.ffn_gate.weight", INNER, WIDTH)
        weights(f"{block}.ffn_up.weight", INNER, WIDTH)
        weights(f"{block}.ffn_down.weight", WIDTH, INNER)
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


def serve(path: str, port: int) -> None:
    """Runs llama.cpp's own server on loopback."""
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = path
    settings.model_alias = {"tiny"}
    settings.hostnames = ["127.0.0.1"]
    settings.port = port
    settings.n_ctx = CONTEXT
    settings.n_parallel = 1
    settings.cpuparams.n_threads = 1
    settings.use_jinja = True
    settings.warmup = False
    server = xllamacpp.Server(settings)
    print(f"serves {Path(path).name} on {server.listening_address}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2])
    else:
        serve(sys.argv[2], int(sys.argv[3]))
