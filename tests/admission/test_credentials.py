"""Gate's key, the client's own credential, both, or nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.admission.credentials import Admitted, admin_key_name, admit, bearer
from gate.admission.keys import NO_KEYS, KeyRing, hash_key, new_key
from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError

KEY_TEXT, DIGEST = new_key(b"k" * 24)
KEY = KEY_TEXT.encode()
STRANGE = b"operator-chosen-key-of-forty-characters"
RING = KeyRing({"ann": DIGEST})
OWN_RING = KeyRing({"ann": DIGEST, "bob": hash_key(STRANGE.decode())})
OWN = b"sk-ant-own"
MESSAGES, CHAT, GEMINI = Dialect.ANTHROPIC_MESSAGES, Dialect.OPENAI_CHAT, Dialect.GEMINI
Headers = list[tuple[bytes, bytes]]


def auth(token: bytes) -> tuple[bytes, bytes]:
    return b"authorization", b"Bearer " + token


def x_api(token: bytes) -> tuple[bytes, bytes]:
    return b"x-api-key", token


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], Admitted()),
        ([auth(OWN)], Admitted(own_credential=True)),
        ([x_api(OWN)], Admitted(own_credential=True)),
        ([(b"x-goog-api-key", OWN)], Admitted(own_credential=True)),
        ([auth(KEY)], Admitted("ann")),
        ([x_api(KEY)], Admitted("ann")),
        ([x_api(KEY), auth(OWN)], Admitted("ann", True)),
        ([auth(KEY), x_api(OWN)], Admitted("ann", True)),
        ([auth(KEY), x_api(KEY)], Admitted("ann")),
        ([auth(b""), x_api(b"  ")], Admitted()),
        ([(b"authorization", b"Basic " + OWN)], Admitted()),
        ([(b"cookie", KEY), (b"api-key", OWN)], Admitted()),
    ],
)
def test_with_keys_that_are_not_required(headers: Headers, expected: Admitted) -> None:
    assert admit(headers, RING, required=False) == expected


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ([], ErrorCode.MISSING_KEY),
        ([auth(OWN)], ErrorCode.MISSING_KEY),
        ([auth(b"gate-wrong")], ErrorCode.WRONG_KEY),
        ([x_api(KEY + b"x"), auth(OWN)], ErrorCode.WRONG_KEY),
    ],
)
def test_required_keys(headers: Headers, code: ErrorCode) -> None:
    with pytest.raises(GateError) as caught:
        admit(headers, RING, required=True)
    assert caught.value.code is code
    assert "Bearer" in caught.value.message
    for secret in (KEY, OWN, b"gate-wrong"):
        assert secret.decode() not in caught.value.message


def test_a_wrong_key_is_wrong_even_where_none_is_required() -> None:
    with pytest.raises(GateError) as caught:
        admit([auth(b"gate-wrong")], RING, required=False)
    assert caught.value.code is ErrorCode.WRONG_KEY
    assert admit([auth(b"gate-wrong"), x_api(KEY)], RING, required=True) == Admitted("ann")


def test_without_client_keys_a_gate_key_is_nobodys_and_no_credential() -> None:
    assert admit([auth(b"gate-local"), x_api(b"gate-x")], NO_KEYS, required=False) == Admitted()
    assert admit([auth(b"gate-local"), x_api(OWN)], NO_KEYS, required=False) == Admitted(own_credential=True)
    with pytest.raises(GateError):
        admit([auth(b"gate-local")], NO_KEYS, required=True)


def test_with_a_key_of_the_operators_own_shape_no_other_credential_leaves() -> None:
    assert admit([auth(STRANGE)], OWN_RING, required=True) == Admitted("bob")
    assert admit([auth(STRANGE), x_api(OWN)], OWN_RING, required=True) == Admitted("bob", False)
    assert admit([auth(KEY), x_api(OWN)], OWN_RING, required=True) == Admitted("ann", True)


@pytest.mark.parametrize(
    ("dialect", "header", "own"),
    [
        (MESSAGES, b"x-api-key", True),
        (MESSAGES, b"authorization", True),
        (MESSAGES, b"x-goog-api-key", False),
        (CHAT, b"authorization", True),
        (CHAT, b"x-api-key", False),
        (Dialect.OPENAI_RESPONSES, b"authorization", True),
        (GEMINI, b"x-goog-api-key", True),
        (GEMINI, b"x-api-key", False),
    ],
)
def test_a_vendor_takes_credentials_in_its_own_headers(dialect: Dialect, header: bytes, own: bool) -> None:
    value = b"Bearer " + OWN if header == b"authorization" else OWN
    assert admit([(header, value)], NO_KEYS, required=False, dialect=dialect).own_credential is own


def test_bearer() -> None:
    assert [bearer(v) for v in (b"Bearer a", b"bearer  a ", b"BEARER a", b"Basic a", b"a", b"")] == [
        b"a", b"a", b"a", b"", b"", b"",
    ]  # fmt: skip


def test_admin_keys() -> None:
    assert admin_key_name([auth(KEY)], RING) == "ann"
    assert admin_key_name([x_api(b"wrong"), auth(KEY)], RING) == "ann"
    assert admin_key_name([auth(OWN), (b"cookie", KEY)], RING) is None
    assert admin_key_name([auth(KEY)], NO_KEYS) is None


NAMES = st.sampled_from([b"authorization", b"x-api-key", b"x-goog-api-key", b"accept"])
VALUES = st.binary(max_size=30) | st.sampled_from([KEY, OWN, b"Bearer " + KEY, b"Bearer gate-x", b"gate-"])


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=6), st.booleans())
def test_whoever_is_let_in_where_a_key_is_required_has_shown_one(headers: Headers, required: bool) -> None:
    try:
        admitted = admit(headers, RING, required=required)
    except GateError as error:
        assert error.code in (ErrorCode.MISSING_KEY, ErrorCode.WRONG_KEY)
        return
    if required:
        assert admitted.client_key == "ann"
    assert admitted.client_key is None or any(KEY in value for _, value in headers)
