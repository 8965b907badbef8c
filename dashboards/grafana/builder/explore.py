"""Addresses of Grafana's Explore with one query in it, for links from a trace id."""

import json
import re
from urllib.parse import quote

_TEMPLATE = re.compile(r"%24%7B(\w+(?:\.\w+)*)%7D")


def trace_in(kind: str) -> str:
    """Explore on the trace of a found span, with the data source of this kind (tempo, jaeger). A table of spans has the
    trace id in a hidden column."""
    query = {"refId": "A", "query": "${__data.fields.traceIdHidden}"}
    if kind == "tempo":
        query["queryType"] = "traceql"
    span = {"from": "${__from}", "to": "${__to}"}
    panes = {"trace": {"datasource": f"${{{kind}_datasource}}", "queries": [query], "range": span}}
    encoded = _TEMPLATE.sub(r"${\1}", quote(json.dumps(panes, separators=(",", ":")), safe=""))
    return f"/explore?schemaVersion=1&panes={encoded}"
