"""Whose credential a call would carry: the provider's configured key, else the client's own on its own vendor only.

A provider that is switched off stays so for clients with credentials of their own.
"""

from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.rule import Ask, FitRule, Seat

NOBODY = "no configured provider"


class Credential(FitRule):
    name = "credential"
    order = 50

    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        provider = seat.provider
        if provider is None:
            return reason(ReasonCode.DISABLED)
        if seat.own or provider.unusable is None:
            return None
        if not ask.request.own_credential or provider.unusable.code is ReasonCode.DISABLED:
            return provider.unusable
        vendor = " or ".join(seat.vendors) or NOBODY
        return reason(ReasonCode.NOT_OWN_VENDOR, provider=provider.name, vendor=vendor)


RULE = Credential()
