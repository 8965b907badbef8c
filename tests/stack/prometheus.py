"""Asks a real Prometheus: instant queries, exemplars, targets, rules. https://prometheus.io/docs/prometheus/latest/querying/api/"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

POLL = 0.25


@dataclass(frozen=True, slots=True)
class Sample:
    """One series of an instant query and its value now."""

    labels: dict[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Exemplar:
    """An example measurement kept beside a series, with the trace it came from among its labels."""

    series: dict[str, str]
    labels: dict[str, str]
    value: float


class Prometheus:
    """The API at `url`; `directory` is where its targets and rules are read from."""

    def __init__(self, url: str, directory: Path) -> None:
        self.url = url
        self._directory = directory
        self._targets: dict[str, str] = {}
        self._http = httpx.Client(base_url=url, timeout=10, trust_env=False)
        (directory / "rules").mkdir(exist_ok=True)
        self._write_targets()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def scrape(self, target: str, job: str = "gate", timeout: float = 20) -> None:
        """Has `target` (`host:port`, with or without `http://`) scraped every second; returns when it is up.

        Raises AssertionError with the scrape error when it is not up after `timeout` seconds.
        """
        address = target.removeprefix("http://").rstrip("/")
        self._targets[address] = job
        self._write_targets()
        deadline = time.monotonic() + timeout
        while True:
            state = next((one for one in self.targets() if one["labels"].get("instance") == address), None)
            if state and state["health"] == "up":
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"{address} is not scraped: {state and state['lastError']}")
            time.sleep(POLL)

    def unscrape(self, target: str) -> None:
        """No longer scrapes the target. What was read from it stays."""
        self._targets.pop(target.removeprefix("http://").rstrip("/"), None)
        self._write_targets()

    def targets(self) -> list[dict[str, Any]]:
        """The active targets as the API gives them."""
        return self._data("/api/v1/targets", {"state": "active"})["activeTargets"]

    def query(self, expression: str) -> list[Sample]:
        """An instant query that gives a vector or a scalar. Raises AssertionError when refused."""
        data = self._data("/api/v1/query", {"query": expression})
        if data["resultType"] == "scalar":
            return [Sample({}, float(data["result"][1]))]
        return [Sample(dict(one["metric"]), float(one["value"][1])) for one in data["result"]]

    def value(self, expression: str) -> float | None:
        """The one value of a query, None when it gives nothing. Raises ValueError when it gives several."""
        samples = self.query(expression)
        if not samples:
            return None
        (sample,) = samples
        return sample.value

    def wait(self, expression: str, until: Callable[[list[Sample]], bool] = bool, timeout: float = 20) -> list[Sample]:
        """Asks until the answer satisfies `until` (by default: is not empty). Raises AssertionError after `timeout`."""
        deadline = time.monotonic() + timeout
        while True:
            samples = self.query(expression)
            if until(samples):
                return samples
            if time.monotonic() > deadline:
                raise AssertionError(f"after {timeout} s, {expression} gives {samples}")
            time.sleep(POLL)

    def exemplars(self, expression: str, minutes: float = 15) -> list[Exemplar]:
        """The exemplars of the series in a query, of the last `minutes`, oldest first per series."""
        now = time.time()
        data = self._data(
            "/api/v1/query_exemplars", {"query": expression, "start": str(now - minutes * 60), "end": str(now + 60)}
        )
        return [
            Exemplar(dict(series["seriesLabels"]), dict(one["labels"]), float(one["value"]))
            for series in data
            for one in series["exemplars"]
        ]

    def load_rules(self, name: str, text: str) -> None:
        """Loads a rule file (its YAML text) under a name. Raises httpx.HTTPStatusError when Prometheus refuses it."""
        (self._directory / "rules" / f"{name}.yaml").write_text(text)
        self._http.post("/-/reload").raise_for_status()

    def rules(self) -> list[dict[str, Any]]:
        """The loaded rule groups with their state."""
        return self._data("/api/v1/rules", {})["groups"]

    def _data(self, path: str, form: dict[str, str]) -> Any:
        answer = self._http.get(path, params=form)
        document = answer.json()
        assert document["status"] == "success", f"{path} {form}: {document}"
        return document["data"]

    def _write_targets(self) -> None:
        groups = [{"targets": [address], "labels": {"scrape_job": job}} for address, job in self._targets.items()]
        # Replaced in one step: Prometheus reads the file whenever it changes.
        fresh = self._directory / "targets.json.new"
        fresh.write_text(json.dumps(groups))
        fresh.replace(self._directory / "targets.json")
