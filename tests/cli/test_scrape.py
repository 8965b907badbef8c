from __future__ import annotations

from typing import Any

from prometheus_client import parser

from gate.cli.scrape import Change, Estimate, Scrape

BEFORE = """\
# TYPE gate_requests counter
gate_requests_total{intent="auto",outcome="served"} 10
gate_requests_total{intent="auto",outcome="upstream_error"} 4
# TYPE gate_request_duration_seconds histogram
gate_request_duration_seconds_bucket{intent="auto",le="0.1"} 3
gate_request_duration_seconds_bucket{intent="auto",le="1.0"} 5
gate_request_duration_seconds_bucket{intent="auto",le="+Inf"} 5
"""
AFTER = """\
# TYPE gate_requests counter
gate_requests_total{intent="auto",outcome="served"} 16
gate_requests_total{intent="auto",outcome="upstream_error"} 4
gate_requests_total{intent="new",outcome="served"} 2
# TYPE gate_request_duration_seconds histogram
gate_request_duration_seconds_bucket{intent="auto",le="0.1"} 4
gate_request_duration_seconds_bucket{intent="auto",le="1.0"} 8
gate_request_duration_seconds_bucket{intent="auto",le="+Inf"} 9
# TYPE gate_config_info gauge
gate_config_info{version="old"} 0
gate_config_info{version="abc"} 1
"""


def change(before: str = BEFORE, after: str = AFTER, seconds: float = 2.0) -> Change:
    return Change(Scrape(before, 100.0), Scrape(after, 100.0 + seconds))


def test_increases_are_added_over_the_series_that_match() -> None:
    found = change()
    assert found.added("gate_requests_total") == 8
    assert found.added("gate_requests_total", intent="auto") == 6
    assert found.added("gate_requests_total", outcome=("served", "client_gone")) == 8
    assert found.rate("gate_requests_total", intent="new") == 1


def test_a_metric_that_is_not_there_is_not_zero() -> None:
    found = change()
    assert found.added("gate_unheard_of_total") is None
    assert found.rate("gate_unheard_of_total") is None
    assert found.after.total("gate_unheard_of_total") is None
    assert found.added("gate_requests_total", intent="never") == 0


def test_a_counter_that_started_again_counts_from_zero() -> None:
    restarted = 'gate_requests_total{intent="auto",outcome="served"} 3\n'
    assert change(after=restarted).added("gate_requests_total") == 3


def test_quantiles_are_of_the_interval_and_say_when_they_are_bounds() -> None:
    found = change()
    # Added: one below 0.1 s, two from there to 1 s, one beyond; that is 1, 3 and 4 in cumulative buckets.
    assert found.quantile(0.5, "gate_request_duration_seconds") == Estimate(0.1 + 0.9 * (2 - 1) / 2, "")
    assert found.quantile(0.2, "gate_request_duration_seconds") == Estimate(0.1, "<")
    assert found.quantile(0.99, "gate_request_duration_seconds") == Estimate(1.0, ">")
    assert found.quantile(0.5, "gate_request_duration_seconds", intent="never") is None


def test_labels_of_what_informs() -> None:
    assert change().after.label("gate_config_info", "version") == "abc"
    assert change().after.by("gate_requests_total", "intent") == {"auto": 20, "new": 2}


def test_what_a_real_parser_reads_is_read() -> None:
    """Escapes, braces inside of values, values that are no plain numbers, timestamps, lines without labels."""
    text = (
        '# HELP a_total says a{b="c"} 9\n# TYPE a_total counter\n'
        r'a_total{x="q\"u}o\\t\ne",y=""} 1.5e+03'
        "\n"
        "a_total 2 1395066363000\n"
        'b{le="+Inf"} +Inf\n'
        "c NaN\n"
    )
    families: Any = parser.text_string_to_metric_families(text)
    wanted = [(one.name, one.labels, float(one.value)) for family in families for one in family.samples]
    scrape = Scrape(text, 0)
    found = [(name, dict(one.labels), one.value) for name in ("a_total", "b", "c") for one in scrape.series(name)]
    assert [str(one) for one in found] == [str(one) for one in wanted]
    assert len(found) == 4
