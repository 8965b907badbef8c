"""Quantiles in constant space."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.health.sketch import EMPTY_SKETCH, HALF_S, Sketch, noted


def of(values: list[float], now: float = 0.0) -> Sketch:
    sketch = EMPTY_SKETCH
    for value in values:
        sketch = noted(sketch, value, now)
    return sketch


def test_nothing_was_seen() -> None:
    assert EMPTY_SKETCH.quantile(0.5) is None


@given(st.lists(st.floats(0.002, 900.0), min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.95, 1.0]))
def test_a_quantile_is_off_by_at_most_a_bucket(values: list[float], q: float) -> None:
    ordered = sorted(values)
    at = max(0, -(-int(q * len(ordered) * 1_000_000) // 1_000_000) - 1)
    found = of(values).quantile(q)
    assert found is not None
    near = [ordered[min(len(ordered) - 1, max(0, at + step))] for step in (-1, 0, 1)]
    assert min(near) / 1.2 <= found <= max(near) * 1.2


@pytest.mark.parametrize("value", [0.0, -1.0, 1e-9, 1e9])
def test_what_is_out_of_range_counts_at_the_end(value: float) -> None:
    found = of([value]).quantile(0.5)
    assert found is not None
    assert (found < 0.002) if value < 1 else (found > 900)


def test_old_values_are_forgotten() -> None:
    sketch = noted(of([10.0] * 50), 0.1, HALF_S + 1)
    assert sketch.quantile(0.9) == pytest.approx(10.0, rel=0.2)
    sketch = noted(sketch, 0.1, 2 * HALF_S + 2)
    assert sketch.quantile(1.0) == pytest.approx(0.1, rel=0.2)
    assert noted(sketch, 5.0, 9 * HALF_S).quantile(0.5) == pytest.approx(5.0, rel=0.2)


def test_many_values_keep_their_shares() -> None:
    sketch = EMPTY_SKETCH
    for at in range(5_000):
        sketch = noted(sketch, 8.0 if at % 10 == 0 else 0.5, 0.0)
    assert sketch.quantile(0.5) == pytest.approx(0.5, rel=0.2)
    assert sketch.quantile(0.95) == pytest.approx(8.0, rel=0.2)
    assert max(sketch.counts) <= 255
