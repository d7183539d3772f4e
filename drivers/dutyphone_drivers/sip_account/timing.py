"""Every wait and every limit of the calls of an account, in one table. All times are seconds of the monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long the signalling waits for what."""

    t1_s: float = 0.5
    """Estimate of a round trip (RFC 3261 §17.1.1.1)."""
    t2_s: float = 4.0
    """Longest pause between two resends of a request that is no INVITE, or of a final response to one (§17.1.2.2)."""
    t4_s: float = 5.0
    """How long a message may stay in the network (§17.1.2.2)."""
    ring_s: float = 180.0
    """A call that rings this long is let go: no leg stays open (a proxy does so after three minutes, §16.6 step 11)."""
    ring_again_s: float = 60.0
    """A ringing call says so again this often, or proxies on the way would take it for lost (§13.3.1.1)."""
    dial_s: float = 180.0
    """A call of ours that rings this long at the far end is cancelled."""
    glare_own_s: float = 2.1
    """A re-INVITE of ours that crossed theirs (491) is tried again after this: between 2.1 s and 4 s for the owner of
    the Call-ID (§14.1)."""
    glare_other_s: float = 0.5
    """The same where the Call-ID is theirs: between 0 s and 2 s (§14.1)."""
    strangers_s: float = 60.0
    """A stranger's address is told at most once in this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may be going on at once. Nobody may fill our memory, not even the exchange."""

    legs: int = 2_000
    """Calls at once, ringing, dialled and talking. A further INVITE is answered 503."""
    transactions: int = 20_000
    """Requests being answered at once: 32 s of what the busiest exchange sends. A further one is answered 503."""
    strangers: int = 256
    """Addresses of strangers counted each on its own; those beyond are counted together."""
    answers_to_strangers: int = 200
    """Answers to strangers in one second; those beyond are counted and not answered. A flood is not to be paid back."""


SHORTEST_SESSION_S = 90
"""The least that a session timer may be (RFC 4028 §4)."""

RETRY_AFTER_S = 3
"""What a far end is told to wait that comes in the middle of something (§14.2: between 0 s and 10 s)."""
