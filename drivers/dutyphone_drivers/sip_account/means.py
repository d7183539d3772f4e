"""What every call leg works with, and what it says of us."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dutyphone_drivers.sip_account.deadlines import Deadlines
from dutyphone_drivers.sip_account.leg_table import Wait
from dutyphone_drivers.sip_account.message import Field
from dutyphone_drivers.sip_account.settings import AccountSettings
from dutyphone_drivers.sip_account.timing import Timing
from dutyphone_drivers.sip_account.transaction import Transactions

if TYPE_CHECKING:
    from dutyphone_drivers.sip_account.leg import Leg  # legs know their means

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, UPDATE, INFO"
"""The methods that are understood (RFC 3261 §20.5)."""

SUPPORTED = "timer"
"""The extensions that we offer (§20.37)."""

UNDERSTOOD = frozenset({"timer", "100rel"})
"""The extensions that may be demanded of us (§8.2.2.3). 100rel is met by sending nothing that would need it: see
`incoming`."""

SDP = "application/sdp"


@dataclass(slots=True, kw_only=True)
class Means:
    """What every leg works with; one for all of an account. `contact` is our URI as the other side reaches it."""

    settings: AccountSettings
    transactions: Transactions
    timing: Timing
    new_token: Callable[[], str]
    contact: Callable[[], str]
    due: Deadlines[tuple[Leg, Wait]] = field(default_factory=Deadlines)

    def introduction(self) -> tuple[Field, ...]:
        """What we say of us wherever a dialog begins or changes (§12.1, §13.2.1, RFC 4028 §7.1)."""
        return (
            ("Contact", f"<{self.contact()}>"),
            ("Allow", ALLOW),
            ("Supported", SUPPORTED),
            ("User-Agent", self.settings.user_agent),
        )
