"""The price of a route: USD per million tokens, three parts input and one part output, times the policy's weight.

Where a price is not known the policy's `unknown_price` is assumed, for ordering only; a free route costs nothing.
"""

from gate.core.money import PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION, Price
from gate.core.route import Billing
from gate.health.snapshot import RouteHealth
from gate.planner.inputs import Policy
from gate.planner.rule import ScoreRule, Seat


def usd_per_million(price: Price | None, unknown: float) -> float:
    return unknown if price is None else price.pico_per_token / PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION


class Cost(ScoreRule):
    name = "cost"
    order = 80
    reads_health = False

    def term(self, seat: Seat, health: RouteHealth, policy: Policy) -> float | None:
        if seat.route.billing is Billing.FREE:
            return 0.0
        reading = usd_per_million(seat.route.prices.input, policy.unknown_price)
        writing = usd_per_million(seat.route.prices.output, policy.unknown_price)
        return policy.price * (3 * reading + writing) / 4


RULE = Cost()
