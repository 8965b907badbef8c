"""Decision ids name their worker."""

from hypothesis import given
from hypothesis import strategies as st

from gate.core.ids import decision_id, worker_of


@given(st.integers(0, 9_999), st.binary(min_size=10, max_size=10))
def test_the_worker_is_read_back(worker: int, random: bytes) -> None:
    assert worker_of(decision_id(worker, random)) == worker


@given(st.text())
def test_anything_else_names_no_worker(text: str) -> None:
    assert worker_of(text) is None or text.startswith("gd-")
