"""Instant queries to a Prometheus, by its HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/)."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from gate.cli.client import Away, extra_headers, fetch
from gate.cli.main import Failed


@dataclass(frozen=True, slots=True)
class Value:
    """One series of an answer."""

    labels: Mapping[str, str]
    value: float


def instant(url: str, query: str) -> list[Value]:
    """What a query that gives a vector or a scalar gives now. Raises Failed."""
    address = f"{url.rstrip('/')}/api/v1/query?{urlencode({'query': query})}"
    try:
        answer = fetch(address, secret=extra_headers("prometheus"))
    except Away as error:
        raise Away(f"no Prometheus answers at {url}: {error}") from None
    try:
        document = answer.json()
        if document["status"] != "success":
            raise Failed(f"Prometheus at {url} refused the query: {document.get('error', answer.status)}")
        data = document["data"]
        if data["resultType"] == "scalar":
            return [Value({}, float(data["result"][1]))]
        return [Value(one["metric"], float(one["value"][1])) for one in data["result"]]
    except (ValueError, KeyError, TypeError):
        raise Failed(f"what answers at {url} ({answer.status}) is no Prometheus") from None
