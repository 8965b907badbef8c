"""Asks a Prometheus what a dashboard asks: results over a stretch of time, label values, exemplars; and its parser."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import httpx

from tests.scenario.promql import Node


class Refused(Exception):
    """Prometheus does not take a query; the text is its own."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, in seconds since 1970, and the step of its graphs."""

    start: float
    end: float
    step: float = 1.0

    @property
    def seconds(self) -> int:
        return math.ceil(self.end - self.start)


class Asker:
    """A Prometheus and the time that is asked about; also a context manager."""

    def __init__(self, url: str, window: Window) -> None:
        self.window = window
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def __enter__(self) -> Asker:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def parse(self, expression: str) -> Node:
        """The tree of an expression. Raises Refused."""
        return self._data("/api/v1/parse_query", query=expression)

    def now(self, expression: str) -> int:
        """How many series an expression has at the end of the time. Raises Refused."""
        data = self._data("/api/v1/query", query=expression, time=self.window.end)
        if data["resultType"] in ("scalar", "string"):
            return 1
        return sum(_tells(one.get("values") or [one["value"]]) for one in data["result"])

    def over_time(self, expression: str) -> int:
        """How many series an expression has within the time. Raises Refused."""
        window = self.window
        data = self._data("/api/v1/query_range", query=expression, start=window.start, end=window.end, step=window.step)
        return sum(_tells(one["values"]) for one in data["result"])

    def exemplars(self, expression: str) -> int:
        """How many exemplars the series of an expression have within the time. Raises Refused."""
        data = self._data("/api/v1/query_exemplars", query=expression, start=self.window.start, end=self.window.end)
        return sum(len(one["exemplars"]) for one in data)

    def label_values(self, label: str, selector: str) -> list[str]:
        """The values of a label, of all series or those of a selector. Raises Refused."""
        more = {"match[]": selector} if selector else {}
        return self._data(f"/api/v1/label/{label}/values", start=self.window.start, end=self.window.end, **more)

    def _data(self, path: str, **form: Any) -> Any:
        answer = self._http.post(path, data=form) if "/label/" not in path else self._http.get(path, params=form)
        document = answer.json()
        if document["status"] != "success":
            raise Refused(document["error"])
        return document["data"]


def _tells(values: list[Any]) -> bool:
    """Whether a series has a number: one that is NaN all the time shows nothing."""
    return any(not math.isnan(float(value)) for _, value in values)
