"""Sends long requests with tools to `premium`, and short ones without any to `eco`."""

from gate.core.request import RequestFeatures

LONG, SHORT = 50_000, 2_000


class Tiers:
    """`{name: my-tiers, custom: tiers}` in `routing.rules` uses it, where and for whom the rule's `when` says."""

    name = "tiers"

    def match(self, features: RequestFeatures) -> str | None:
        """A target (an intent, `lane:NAME`, `provider/model`), or None to leave the request to the next rule.

        It is called in the event loop for every request: quick, no IO. It sees features and no texts. If it raises,
        the request goes on without it, and Gate's log says so once.
        """
        if features.tools and features.token_estimate > LONG:
            return "premium"
        if not features.tools and features.token_estimate < SHORT:
            return "eco"
        return None


RULE = Tiers()
