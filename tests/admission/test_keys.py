"""Keys as hashes."""

import hashlib

import pytest

from gate.admission.keys import NO_KEYS, KeyRing, hash_key, is_gate_key, new_key


def test_a_new_key_is_long_random_and_known_by_its_hash() -> None:
    key, digest = new_key(bytes(range(32)))
    assert key == "gate-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    assert len(key) >= len("gate-") + 32
    assert digest == hashlib.sha256(key.encode()).hexdigest() == hash_key(key)
    assert KeyRing({"ann": digest}).name_of(key.encode()) == "ann"
    assert new_key(bytes(32))[0] != key


def test_too_little_randomness_is_refused() -> None:
    with pytest.raises(ValueError, match="24 random bytes"):
        new_key(bytes(23))


def test_a_ring_names_its_keys_and_no_others() -> None:
    (one, first), (two, second) = new_key(b"1" * 24), new_key(b"2" * 24)
    ring = KeyRing({"one": first, "two": "sha256:" + second})
    assert (ring.name_of(one.encode()), ring.name_of(two.encode())) == ("one", "two")
    for wrong in (b"", b"gate-", one.encode()[:-1], one.encode() + b"x", first.encode(), "gäte".encode()):
        assert ring.name_of(wrong) is None


def test_an_empty_ring_is_false_and_knows_nobody() -> None:
    assert not NO_KEYS
    assert NO_KEYS.name_of(b"gate-anything") is None
    assert KeyRing({"one": "0" * 64})


@pytest.mark.parametrize("digest", ["", "gate-key-itself", "sha256:12", "G" * 64])
def test_what_is_no_hash_is_refused_without_being_repeated(digest: str) -> None:
    with pytest.raises(ValueError) as caught:
        KeyRing({"one": digest})
    assert str(caught.value) == "the hash of key one is not 64 hex digits"


def test_a_ring_does_not_show_its_hashes() -> None:
    assert "0000" not in repr(KeyRing({"one": "0" * 64}))


def test_gate_keys_are_known_by_their_beginning() -> None:
    assert is_gate_key(b"gate-anything")
    assert not is_gate_key(b"sk-ant-gate-x")
