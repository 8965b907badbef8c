"""Thought signatures: Google's own, and other vendors' tokens in their place.

`thoughtSignature` is bytes in base64, and Google's SDKs decode it, so an envelope (`gate.protocols.opaque`) is put in
base64 too. Gemini 3 answers 400 when the first function call of a step comes back without a signature; for calls that
another model made Google documents two values that pass its check (ai.google.dev/gemini-api/docs/thought-signatures,
"FAQs", and docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures, as cited by pydantic-ai's Google
model, read 2026-11-21); the first of them is taken by both services, and Gemini CLI 0.61.0 sends it.
"""

import base64
from binascii import Error as BinasciiError

from gate.protocols.canonical.parts import Opaque
from gate.protocols.opaque import MARK, MARK64, pack, unpack

VENDOR = "google"
KIND = "thought_signature"
FOREIGN_CALL = "skip_thought_signature_validator"
"""Stands for the signature of a call no Gemini model made."""
_STAND_INS = frozenset(
    {
        FOREIGN_CALL,
        FOREIGN_CALL.replace("_", "/"),  # the same bytes in base64's other alphabet
        "context_engineering_is_the_way_to_go",
        base64.b64encode(FOREIGN_CALL.encode()).decode(),
        base64.b64encode(b"context_engineering_is_the_way_to_go").decode(),
    }
)


def write_token(opaque: Opaque) -> str:
    """A signature for a Gemini client; empty when there is none."""
    if opaque.origin == VENDOR:
        return opaque.data
    return base64.b64encode(pack(opaque, VENDOR).encode("utf-8", "surrogatepass")).decode()


def read_token(token: object) -> Opaque | None:
    """What a Gemini client sent back; None for nothing and for a stand-in."""
    if not isinstance(token, str) or not token or token in _STAND_INS:
        return None
    if token.startswith(MARK64):
        try:
            return unpack(base64.b64decode(token).decode("ascii"), VENDOR, KIND)
        except (BinasciiError, UnicodeDecodeError, ValueError):
            return Opaque("unknown", KIND, token)
    return unpack(token, VENDOR, KIND)


def is_envelope(token: object) -> bool:
    """Whether no upstream may see it."""
    return isinstance(token, str) and token.startswith((MARK64, MARK))
