"""The ring keeps the newest decisions."""

from types import SimpleNamespace
from typing import Any, cast

from gate.store.memory import MemoryStore


def kept(store: MemoryStore) -> list[str]:
    return [decision.id for decision, _ in store.latest(100)]


def put(store: MemoryStore, name: str) -> None:
    store.put(cast(Any, SimpleNamespace(id=name)), cast(Any, None))


def test_newest_first_and_bounded() -> None:
    store = MemoryStore(2)
    for name in "abc":
        put(store, name)
    assert kept(store) == ["c", "b"]
    assert store.get("a") is None
    assert store.get("c") is not None
    assert [decision.id for decision, _ in store.latest(1)] == ["c"]


def test_a_smaller_ring_forgets_the_oldest() -> None:
    store = MemoryStore(5)
    for name in "abcde":
        put(store, name)
    store.resize(2)
    assert kept(store) == ["e", "d"]
