"""Session timers: who says how often that a call is still there (RFC 4028)."""

from __future__ import annotations

from dataclasses import dataclass

from dutyphone_drivers.sip_account import fields, grammar
from dutyphone_drivers.sip_account.message import Field, Message, Request, Response
from dutyphone_drivers.sip_account.timing import SHORTEST_SESSION_S

LONGEST_SESSION_S = 86_400
"""More than a day is as good as no timer."""


@dataclass(frozen=True, slots=True)
class SessionTimer:
    """A call that is not refreshed for `interval_s` seconds is over. `is_ours`: we refresh it."""

    interval_s: int
    is_ours: bool

    @property
    def refresh_after_s(self) -> float:
        """When whoever refreshes does so (§7.2)."""
        return self.interval_s / 2

    @property
    def over_after_s(self) -> float:
        """When BYE is sent if no refresh came (§10)."""
        return self.interval_s - min(32.0, self.interval_s / 3)


def answering(request: Request) -> tuple[SessionTimer | None, tuple[Field, ...]]:
    """What is agreed by answering 2xx to `request`, and the fields of the answer that say so (§9).

    None where the other side wants no timer, or one so short that the RFC forbids it. Whoever can refresh by itself is
    left to it (table 2).
    """
    interval_s, refresher = _session_expires(request)
    if interval_s is None or interval_s < SHORTEST_SESSION_S:
        return None, ()
    knows_timers = supports(request, "timer")
    is_ours = refresher == "uas" or not knows_timers
    fields_ = [("Session-Expires", f"{interval_s};refresher={'uas' if is_ours else 'uac'}")]
    if not is_ours:
        fields_.append(("Require", "timer"))
    return SessionTimer(min(interval_s, LONGEST_SESSION_S), is_ours), tuple(fields_)


def asking(response: Response) -> SessionTimer | None:
    """What a 2xx to our INVITE or UPDATE agrees (§7.2). Where it does not say who refreshes, we do."""
    interval_s, refresher = _session_expires(response)
    if interval_s is None or interval_s < SHORTEST_SESSION_S:
        return None
    return SessionTimer(min(interval_s, LONGEST_SESSION_S), refresher != "uas")


def too_small(response: Response) -> int | None:
    """The shortest interval that a 422 allows (§7.3); None if it says none that could be believed."""
    value = response.headers.get("Min-SE")
    least = fields.seconds(value) if value else None
    return least if least is not None and SHORTEST_SESSION_S <= least <= LONGEST_SESSION_S else None


def wishing(interval_s: int) -> tuple[Field, ...]:
    """The fields of a request of ours that asks for a timer, and refreshes it (§7.1, §7.4)."""
    return (("Session-Expires", f"{interval_s};refresher=uac"), ("Min-SE", str(interval_s)))


def supports(message: Message, option: str) -> bool:
    """Whether an option tag stands in Supported or Require (RFC 3261 §19.2)."""
    return any(option == value.lower() for name in ("Supported", "Require") for value in message.headers.all(name))


def _session_expires(message: Message) -> tuple[int | None, str]:
    value = message.headers.get("Session-Expires")
    if value is None:
        return None, ""
    refresher = grammar.parameter(grammar.read_parameters(value.partition(";")[2]), "refresher") or ""
    return fields.seconds(value), refresher.lower()
