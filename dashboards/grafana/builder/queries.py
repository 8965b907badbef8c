"""Turns of PromQL that many panels share."""

SERVED = 'outcome="served"'
JUDGED = 'outcome!~"client_gone|rejected"'
"""Requests that say something of Gate: not those the client gave up or got wrong."""
OK = 'error_type="none"'
PROVIDERS_OWN = 'error_type!~"client_gone|client_stalled|draining"'
"""Upstream calls that say something of the provider: not those the client or a stop of Gate ended."""
FAILED = 'error_type!~"none|client_gone|client_stalled|draining"'
EXACT = 'confidence="exact"'


def rate(counter: str, by: str = "", where: str = "") -> str:
    """Per second, summed by labels."""
    return f"sum{_by(by)} (rate({counter}{_where(where)}[$__rate_interval]))"


def total(counter: str, by: str = "", where: str = "") -> str:
    """How much a counter grew over the dashboard's time range, summed by labels.

    A series is exposed from its first event on, and `increase` does not see that one: a series that did not exist at
    the start of the range counts from zero.
    """
    series = f"{counter}{_where(where)}"
    return f"sum{_by(by)} (({series} unless {series} offset $__range) or increase({series}[$__range]))"


def quantile(share: float, histogram: str, by: str = "", where: str = "") -> str:
    """The value that `share` of the observations stay under; nothing where nothing was observed."""
    labels = f"le, {by}" if by else "le"
    buckets = f"sum by ({labels}) (rate({histogram}_bucket{_where(where)}[$__rate_interval]))"
    return f"histogram_quantile({share}, {buckets}) >= 0"


def ratio(part: str, whole: str) -> str:
    """part / whole: zero where the part has no series yet, nothing where the whole is zero."""
    return f"({part} or 0 * {whole}) / ({whole} > 0)"


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""


def _where(matchers: str) -> str:
    return f"{{{matchers}}}" if matchers else ""
